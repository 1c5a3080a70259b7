"""What an ONNX graph takes and gives, as far as it concerns a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto
from onnxruntime import InferenceSession

from tellmark.errors import ModelError
from tellmark.models.batching import Bounds
from tellmark.models.inputs import as_numbers, as_rows, is_image, is_text
from tellmark.models.onnx.file import all_nodes
from tellmark.models.preprocessing import Preprocessing
from tellmark.types import Batch

_DTYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(string)": np.object_,
}
_SCORE_TYPES = ("tensor(float)", "tensor(float16)", "tensor(double)")
_LABEL_TYPES = ("tensor(int64)", "tensor(int32)", "tensor(string)")
_WANTED: tuple[tuple[tuple[str, ...], int, Literal["scores", "labels"]], ...] = (
    (_SCORE_TYPES, 2, "scores"),
    (_LABEL_TYPES, 1, "labels"),
    (_SCORE_TYPES, 0, "scores"),
    (_LABEL_TYPES, 0, "labels"),
)
"""Types and rank in order of preference; a shape that is not declared reads as rank 0."""

_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Input:
    """The one input of a graph.

    Attributes
    ----------
    name : str
    dtype : type
        Of NumPy; ``object_`` for strings.
    shape : tuple of int or None
        None where an axis may have any length.
    """

    name: str
    dtype: type[np.generic]
    shape: tuple[int | None, ...]

    @property
    def bounds(self) -> Bounds:
        """How many inputs at a time."""
        return Bounds() if self.shape[0] is None else Bounds(self.shape[0], self.shape[0])

    def default_preprocessing(self) -> Preprocessing:
        """Where nothing is said: the layout that the shape tells, and raw pixels for a graph of integers."""
        last_is_channels = len(self.shape) == 4 and self.shape[3] in _CHANNELS and self.shape[1] not in _CHANNELS
        layout: Literal["nchw", "nhwc"] = "nhwc" if last_is_channels or len(self.shape) == 2 else "nchw"
        return Preprocessing(scale=1.0 if np.issubdtype(self.dtype, np.integer) else 255.0, layout=layout)

    def feed(self, batch: Batch, preprocessing: Preprocessing) -> NDArray[Any]:
        """The batch as the graph takes it; images as rows if it takes rows.

        Raises
        ------
        ModelError
            If the graph cannot take it.
        """
        if self.dtype is np.object_ or is_text(batch):
            return self._fitting(self._texts(batch))
        rows = is_image(batch) and len(self.shape) == 2
        numbers = as_rows(batch, preprocessing) if rows else as_numbers(batch, preprocessing)
        if np.issubdtype(self.dtype, np.integer):
            numbers = np.rint(numbers)
        return self._fitting(numbers.astype(self.dtype, copy=False))

    def _texts(self, batch: Batch) -> NDArray[Any]:
        if self.dtype is not np.object_ or not is_text(batch):
            wanted = "texts" if self.dtype is np.object_ else "numbers"
            raise ModelError(f"the graph's input {self.name!r} takes {wanted}, the data are others")
        return batch.reshape(-1, *(1,) * (len(self.shape) - 1))

    def _fitting(self, array: NDArray[Any]) -> NDArray[Any]:
        same = len(array.shape) == len(self.shape) and all(
            wanted is None or wanted == given for wanted, given in zip(self.shape[1:], array.shape[1:], strict=True)
        )
        if not same:
            wanted = ", ".join("any" if size is None else str(size) for size in self.shape[1:])
            given = ", ".join(map(str, array.shape[1:]))
            raise ModelError(f"the graph's input {self.name!r} takes ({wanted}) per input, the data give ({given})")
        return array


@dataclass(frozen=True)
class Output:
    """The output that is asked for: scores, or labels where there are no scores."""

    name: str
    holds: Literal["scores", "labels"]


def input_of(session: InferenceSession) -> Input:
    """The graph's input.

    Raises
    ------
    ModelError
        If there is more than one, or it is no batch.
    """
    found = session.get_inputs()
    if len(found) != 1:
        names = ", ".join(one.name for one in found[:4])
        raise ModelError(f"the graph takes {len(found)} inputs ({names}); export one that takes a single batch")
    argument = found[0]
    if argument.type not in _DTYPES or not argument.shape:
        raise ModelError(f"the graph's input {argument.name!r} is {argument.type} {argument.shape}, which is no batch")
    shape = tuple(size if isinstance(size, int) and size > 0 else None for size in argument.shape)
    return Input(argument.name, _DTYPES[argument.type], shape)


def output_of(session: InferenceSession) -> Output:
    """The first output that holds scores ``(n, classes)``; else the first that holds labels ``(n,)``.

    Raises
    ------
    ModelError
        If there is neither.
    """
    outputs = session.get_outputs()
    for types, rank, holds in _WANTED:
        for argument in outputs:
            if argument.type in types and len(argument.shape) == rank and argument.shape[1:] != [1]:
                return Output(argument.name, holds)
    if any(argument.type.startswith("seq(map") for argument in outputs):
        raise ModelError("the graph gives its scores as maps; convert it again with options={'zipmap': False}")
    listed = "; ".join(f"{argument.name}: {argument.type} {argument.shape}" for argument in outputs[:4])
    raise ModelError(f"the graph has no output of scores (inputs, classes) or of labels (inputs,), but {listed}")


def classes_of(model: ModelProto) -> tuple[str, ...] | None:
    """Class names that a converted scikit-learn classifier carries, or None."""
    found = {names for node in all_nodes(model) if (names := _class_labels(node.attribute))}
    return found.pop() if len(found) == 1 else None


def renamed(named: tuple[str, ...] | None, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The class names that a user gives, in the order of those that the graph carries; its own if none are given.

    Raises
    ------
    ModelError
        If they are more or fewer, or the same ones in another order, which contradicts the graph.
    """
    if named is None or given is None or named == given:
        return given or named
    if len(named) != len(given):
        raise ModelError(f"the graph knows {len(named)} classes, {len(given)} names were given")
    if set(named) == set(given):
        raise ModelError("the graph names its own classes, in another order than classes= does; leave classes= out")
    return given


def _class_labels(attributes: Sequence[Any]) -> tuple[str, ...]:
    for attribute in attributes:
        if attribute.name == "classlabels_strings" and attribute.strings:
            return tuple(name.decode("utf-8", "replace") for name in attribute.strings)
        if attribute.name in ("classlabels_int64s", "classlabels_ints") and attribute.ints:
            return tuple(map(str, attribute.ints))
    return ()
