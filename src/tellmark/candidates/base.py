"""The interface of a candidate source: numbered inputs, each a pure function of the seed and its number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tellmark.types import Batch, Indices

WINDOW = 1024
"""Single candidates are drawn with their neighbours, this many at a time, however far they lie apart."""


@dataclass(frozen=True)
class Draws:
    """What candidates are made of, before any input is made: cheap to draw, cheap to filter.

    Attributes
    ----------
    indices : ndarray of int64, shape (n,)
        Candidate numbers, increasing. Numbers that yield no candidate are left out.
    items : ndarray of int64, shape (n, 2)
        The hold-out items; the same one twice where only one is used.
    shares : ndarray of uint32, shape (n,)
        λ, the first item's share, in parts of `tellmark.candidates.blending.SHARE_ONE`.
    excluded : ndarray of int64, shape (n, 2)
        Labels that the source must not answer.
    """

    indices: Indices
    items: NDArray[np.int64]
    shares: NDArray[np.uint32]
    excluded: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, which: NDArray[np.bool_] | Indices) -> Draws:
        """The draws at these positions, or where the mask is true."""
        return Draws(self.indices[which], self.items[which], self.shares[which], self.excluded[which])


Sort = Literal["mixup", "same-class", "natural-error"]
"""How an input is made: a blend of two items of different classes, of one class, or an item as it is."""


@dataclass(frozen=True)
class Origin:
    """What a candidate follows from, given the hold-out data, that tells nothing of other candidates.

    Attributes
    ----------
    sort : str
    seed : bytes
        32 bytes. A blend's items and share follow from it; an item as it is has its place in the order from it.
    """

    sort: Sort
    seed: bytes = field(repr=False)


def joined(parts: list[Draws]) -> Draws:
    """Several draws as one, sorted by candidate number."""
    indices = np.concatenate([part.indices for part in parts])
    order = np.argsort(indices, kind="stable")
    return Draws(
        indices[order],
        np.concatenate([part.items for part in parts])[order],
        np.concatenate([part.shares for part in parts])[order],
        np.concatenate([part.excluded for part in parts])[order],
    )


class CandidateSource(Protocol):
    """Numbered candidates. Everything about candidate k follows from the seed, the hold-out data and k."""

    @property
    def size(self) -> int | None:
        """How many numbers there are; None when they never end."""
        ...

    def draw(self, start: int, stop: int) -> Draws:
        """What the candidates numbered `start` to `stop - 1` are made of."""
        ...

    def make(self, draws: Draws) -> Batch:
        """The inputs themselves, quantised to what a client can send."""
        ...

    def origin(self, number: int) -> Origin:
        """What candidate `number` follows from; it must be one that `draw` yields."""
        ...


def draw_at(source: CandidateSource, indices: Indices) -> Draws:
    """The draws with these candidate numbers, in this order.

    Raises
    ------
    KeyError
        If one of the numbers yields no candidate.
    """
    wanted = [source.draw(0, 0)]
    for window in np.unique(indices // WINDOW).tolist():
        near = source.draw(window * WINDOW, (window + 1) * WINDOW)
        wanted.append(near.take(np.isin(near.indices, indices)))
    near = joined(wanted)
    positions = np.searchsorted(near.indices, indices)
    if (positions >= len(near)).any() or (near.indices[positions] != indices).any():
        raise KeyError("a candidate number that yields no candidate")
    return near.take(positions)
