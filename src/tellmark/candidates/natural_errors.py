"""Candidates that are hold-out items as they are, kept where the source errs on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tellmark.candidates.base import Draws, Origin
from tellmark.candidates.blending import SHARE_ONE
from tellmark.data.dataset import Dataset
from tellmark.randomness import seed_of, seed_words
from tellmark.types import Batch, Indices, Labels


@dataclass(frozen=True)
class NaturalErrors:
    """Hold-out items in an order that the seed decides; each to be answered as another class than its own."""

    data: Dataset
    labels: Labels = field(repr=False)
    key: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """One number for each hold-out item."""
        return len(self.data)

    @cached_property
    def _order(self) -> Indices:
        return np.argsort(seed_words(self.key, 0, len(self.data))[:, 0], kind="stable").astype(np.int64)

    def draw(self, start: int, stop: int) -> Draws:
        """Number k is the k-th item in the seed's order; numbers beyond the last item yield nothing."""
        stop = min(stop, len(self.data))
        indices = np.arange(min(start, stop), stop, dtype=np.int64)
        items = np.stack([self._order[indices]] * 2, axis=1)
        return Draws(indices, items, np.full(len(indices), SHARE_ONE, dtype=np.uint32), self.labels[items])

    def make(self, draws: Draws) -> Batch:
        """The items themselves."""
        return self.data.inputs[draws.items[:, 0]]

    def origin(self, number: int) -> Origin:
        """The seed of its item, which by it has this place in the order."""
        return Origin("natural-error", seed_of(seed_words(self.key, int(self._order[number]), 1)[0]))
