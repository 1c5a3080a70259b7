"""The one noisy copy of a model, made once and overwritten by each perturbation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Generic, TypeVar

from tellmark.errors import InvalidInput
from tellmark.models.base import Answers, Model, ModelInfo
from tellmark.types import Batch, Labels

T = TypeVar("T")


class Scratch(Generic[T]):
    """Something large that is made when first needed, kept, and lent to one user at a time."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._kept: T | None = None
        self._lent = False

    @contextmanager
    def lent(self) -> Iterator[T]:
        """Lend it for the length of a ``with`` block.

        Raises
        ------
        InvalidInput
            If it is lent already.
        """
        if self._lent:
            raise InvalidInput("a noisy copy of this model is in use; leave its with block before the next one")
        if self._kept is None:
            self._kept = self._make()
        self._lent = True
        try:
            yield self._kept
        finally:
            self._lent = False


class NoisyCopy:
    """A perturbed model; it answers until its ``with`` block ends."""

    def __init__(self, info: ModelInfo, ask: Callable[[Batch], Answers], label: Callable[[Batch], Labels]) -> None:
        self.info = replace(info, digest=None)
        self._ask = ask
        self._label = label
        self._open = True

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`."""
        self._check()
        return self._ask(batch)

    def labels(self, batch: Batch) -> Labels:
        """Labels alone; see `tellmark.models.base.LabellingModel.labels`."""
        self._check()
        return self._label(batch)

    def close(self) -> None:
        """Answer no more."""
        self._open = False

    def _check(self) -> None:
        if not self._open:
            raise InvalidInput("this noisy copy is gone: it answers within its with block only")


@contextmanager
def answering(
    info: ModelInfo, ask: Callable[[Batch], Answers], *, label: Callable[[Batch], Labels] | None = None
) -> Iterator[Model]:
    """A `NoisyCopy` that is closed when the block ends; without `label` its labels are those it answers."""
    copy = NoisyCopy(info, ask, label or (lambda batch: ask(batch).labels))
    try:
        yield copy
    finally:
        copy.close()
