"""Candidates that are blends of two hold-out items drawn at random.

Candidate k has a seed of its own, number k under the source's key: its words choose the items and the share
λ ~ U(0, 1) (`tellmark.candidates.blending.chosen`). Shown to somebody, it tells nothing of other candidates.

References
----------
M. Pautov, N. Bogdanov, S. Pyatkin, O. Rogov, I. Oseledets. Probabilistically Robust Watermarking of Neural
Networks. IJCAI 2024, Algorithm 1. doi 10.24963/ijcai.2024/528
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tellmark.candidates.base import Draws, Origin
from tellmark.candidates.blending import blend, chosen
from tellmark.data.dataset import Dataset
from tellmark.randomness import seed_of, seed_words
from tellmark.types import Batch, Labels


@dataclass(frozen=True)
class Mixup:
    """Blends of two items of different classes, to be answered as neither (the paper, Algorithm 1)."""

    data: Dataset
    labels: Labels = field(repr=False)
    key: bytes = field(repr=False)
    size: None = None

    def draw(self, start: int, stop: int) -> Draws:
        """Number k yields no candidate when its two items are of one class."""
        draws = _draw_pairs(self.key, start, stop, self.labels)
        return draws.take(draws.excluded[:, 0] != draws.excluded[:, 1])

    def make(self, draws: Draws) -> Batch:
        """The blends; see `tellmark.candidates.blending`."""
        return _blend_items(self.data, draws)

    def origin(self, number: int) -> Origin:
        """Its own seed."""
        return Origin("mixup", _seed(self.key, number))


@dataclass(frozen=True)
class SameClassBlends:
    """Blends of two items of one class, to be answered as another.

    With two classes no answer can avoid both parents of a mixup; these can be answered against both.
    """

    data: Dataset
    labels: Labels = field(repr=False)
    key: bytes = field(repr=False)
    size: None = None

    def draw(self, start: int, stop: int) -> Draws:
        """Number k yields no candidate when its items are of two classes, or one and the same."""
        draws = _draw_pairs(self.key, start, stop, self.labels)
        distinct = draws.items[:, 0] != draws.items[:, 1]
        return draws.take(distinct & (draws.excluded[:, 0] == draws.excluded[:, 1]))

    def make(self, draws: Draws) -> Batch:
        """The blends; see `tellmark.candidates.blending`."""
        return _blend_items(self.data, draws)

    def origin(self, number: int) -> Origin:
        """Its own seed."""
        return Origin("same-class", _seed(self.key, number))


def _seed(key: bytes, number: int) -> bytes:
    return seed_of(seed_words(key, number, 1)[0])


def _blend_items(data: Dataset, draws: Draws) -> Batch:
    first, second = draws.items.T
    return blend(data.space, data.inputs[first], data.inputs[second], draws.shares)


def _draw_pairs(key: bytes, start: int, stop: int, labels: Labels) -> Draws:
    words = seed_words(key, start, stop - start)
    items, shares = chosen(words, items=len(labels))
    return Draws(np.arange(start, stop, dtype=np.int64), items, shares, labels[items])
