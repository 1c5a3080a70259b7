"""Labelled inputs in memory, in the space a client can send."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from tellmark.digests import digest_inputs, digest_json
from tellmark.errors import DataError, Mismatch
from tellmark.spaces import InputSpace
from tellmark.types import Batch, Digest, Indices, Labels


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and, where known, their labels.

    Attributes
    ----------
    inputs : Batch
        In `space`; see `tellmark.types.Batch` for shapes and dtypes.
    labels : ndarray of int64, shape (n,), or None
        Indices into `classes`; None when the file has no labels.
    classes : tuple of str
        Class names. Without labels they may still be known, in the order of the model's output; else empty.
    space : InputSpace
    name : str
        What messages call the data; the file's name.

    Raises
    ------
    DataError
        If there are no inputs, or a number is NaN or infinite, or a label is out of range.
    """

    inputs: Batch = field(repr=False)
    labels: Labels | None = field(repr=False)
    classes: tuple[str, ...]
    space: InputSpace
    name: str = "data"

    def __post_init__(self) -> None:
        self.space.check(self.inputs)
        if len(self.inputs) == 0:
            raise DataError(f"{self.name} holds no inputs")
        if self.inputs.dtype.kind == "f" and not np.isfinite(self.inputs).all():
            row, column = np.argwhere(~np.isfinite(self.inputs))[0]
            raise DataError(
                f"{self.name} has NaN or infinity, first in row {row}, column {column}: remove or impute such rows"
            )
        if self.labels is not None:
            if len(self.labels) != len(self.inputs):
                raise DataError(f"{self.name} has {len(self.inputs)} inputs and {len(self.labels)} labels")
            if self.labels.min() < 0 or self.labels.max() >= len(self.classes):
                raise DataError(f"{self.name} has a label outside 0..{len(self.classes) - 1}")

    def __len__(self) -> int:
        return len(self.inputs)

    @cached_property
    def digest(self) -> Digest:
        """Digest of inputs, labels and class names, in order; independent of the file format."""
        labels = None if self.labels is None else self.labels.tolist()
        return digest_json({"inputs": digest_inputs(self.inputs), "labels": labels, "classes": list(self.classes)})

    def take(self, positions: Indices) -> Dataset:
        """The items at `positions`, in that order."""
        labels = None if self.labels is None else self.labels[positions]
        return Dataset(self.inputs[positions], labels, self.classes, self.space, self.name)

    def in_order_of(self, classes: tuple[str, ...]) -> Dataset:
        """The same items, their labels positions in `classes`.

        Raises
        ------
        Mismatch
            If the data's classes are others.
        """
        if set(classes) != set(self.classes):
            raise Mismatch(f"{self.name} has the classes {self._named(self.classes)}, not {self._named(classes)}")
        positions = np.array([classes.index(name) for name in self.classes], dtype=np.int64)
        return replace(self, labels=None if self.labels is None else positions[self.labels], classes=classes)

    @staticmethod
    def _named(classes: tuple[str, ...], *, most: int = 5) -> str:
        more = f" and {len(classes) - most} more" if len(classes) > most else ""
        return f"{', '.join(classes[:most])}{more}"

    def with_labels(self, labels: Labels, classes: tuple[str, ...]) -> Dataset:
        """The same inputs under other labels."""
        return Dataset(self.inputs, labels, classes, self.space, self.name)
