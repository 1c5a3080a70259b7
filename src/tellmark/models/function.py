"""``callable:package.module:function``: any function that answers a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import ModelError
from tellmark.models.answers import answers_from_array, refusal_named
from tellmark.models.base import Answers, ModelInfo
from tellmark.models.batching import Batcher, estimated_from_input
from tellmark.models.importing import import_callable
from tellmark.models.inputs import is_image
from tellmark.models.spec import ModelSpec
from tellmark.types import Batch


class CallableModel:
    """A function from a batch to labels ``(n,)``, as indices or class names, or to scores ``(n, classes)``.

    Parameters
    ----------
    function : callable
        It gets the inputs as `tellmark.types.Batch` describes them. Images are preprocessed for it only if
        the spec says how.
    spec : ModelSpec
        ``classes`` is needed for a function that answers class names.
    name : str
        What errors call it.
    """

    def __init__(self, function: Callable[[Batch], Any], spec: ModelSpec, *, name: str) -> None:
        self.info = ModelInfo("callable", None, spec.classes, spec.preprocessing)
        self._function = function
        self._spec = spec
        self._name = name
        self._batcher = Batcher(estimated_from_input, size=spec.batch_size)

    def __repr__(self) -> str:
        return f"CallableModel({self._name})"

    def with_classes(self, classes: tuple[str, ...]) -> CallableModel:
        """The same function, whose answers are positions in `classes` or names among them."""
        return CallableModel(self._function, replace(self._spec, classes=classes), name=self._name)

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`."""
        return self._batcher.answer(self._ask, batch)

    def _ask(self, piece: Batch) -> Answers:
        preprocessing = self.info.preprocessing
        inputs = preprocessing.apply(piece) if preprocessing is not None and is_image(piece) else piece.copy()
        with refusal_named(self._name, piece):
            output = _as_array(self._function(inputs), self._name)
        return answers_from_array(output, asked=len(piece), model=self._name, classes=self.info.classes)


def from_spec(spec: ModelSpec) -> CallableModel:
    """Import the function that the spec names.

    Raises
    ------
    ModelError
        If it cannot be imported or called.
    """
    spec.allow()
    return CallableModel(import_callable(spec.target), spec, name=spec.target)


def from_function(function: Callable[[Batch], Any], spec: ModelSpec) -> CallableModel:
    """Adapt a function at hand."""
    return CallableModel(function, spec, name=getattr(function, "__qualname__", type(function).__name__))


def _as_array(output: object, name: str) -> NDArray[Any]:
    if callable(getattr(output, "detach", None)):  # a tensor of PyTorch, wherever it lies
        output = output.detach().cpu()  # pyright: ignore[reportAttributeAccessIssue]
    try:
        array = np.asarray(output)
    except ValueError:
        raise ModelError(f"{name} answers with rows of different lengths") from None
    if array.dtype == np.object_ and array.ndim != 1:
        raise ModelError(f"{name} answers with objects, not with numbers or class names")
    return array
