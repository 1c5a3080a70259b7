"""The trigger set: inputs and the answers that give a stolen model away. It is the secret of a mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import InvalidInput
from tellmark.types import Batch, Indices, Inputs, Labels

SHARD = 1024


@dataclass(frozen=True)
class TriggerSet:
    """Triggers in the order in which they were accepted.

    Attributes
    ----------
    indices : ndarray of int64, shape (n,)
        The candidate that each trigger is; increasing within a tier.
    items : ndarray of int64, shape (n, 2)
        The hold-out items each was made of; the same item twice for a natural error.
    labels : ndarray of int64, shape (n,)
        The source's answers.
    inputs : callable
        ``inputs(positions)`` hands out the inputs at these positions of the set. They may lie in memory
        or on disk, or be regenerated from the seed.
    """

    indices: Indices
    items: NDArray[np.int64] = field(repr=False)
    labels: Labels = field(repr=False)
    inputs: Inputs = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        n = len(self.indices)
        if self.labels.shape != (n,) or self.items.shape != (n, 2):
            raise InvalidInput(f"{n} triggers cannot have labels {self.labels.shape} and items {self.items.shape}")

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        return f"TriggerSet({len(self)} triggers)"

    def shards(self, size: int = SHARD) -> Iterator[Batch]:
        """The inputs, in order, at most `size` at a time."""
        for start in range(0, len(self), size):
            yield self.inputs(np.arange(start, min(start + size, len(self))))


def joined_sets(sets: Sequence[TriggerSet]) -> TriggerSet:
    """Several trigger sets as one, the first set's triggers first.

    Its inputs are asked of the sets that they belong to; a position outside 0 … n - 1 is an `IndexError`.
    """
    if len(sets) == 1:
        return sets[0]
    ends = np.cumsum([len(one) for one in sets])
    starts = ends - [len(one) for one in sets]

    def inputs(positions: Indices) -> Batch:
        if ((positions < 0) | (positions >= ends[-1])).any():
            raise IndexError(f"a position outside 0..{ends[-1] - 1}")
        owners = np.searchsorted(ends, positions, side="right")
        present = np.unique(owners).tolist() or [0]
        parts = [
            (np.flatnonzero(owners == owner), sets[owner].inputs(positions[owners == owner] - starts[owner]))
            for owner in present
        ]
        batch = np.empty((len(positions), *parts[0][1].shape[1:]), dtype=parts[0][1].dtype)
        for places, made in parts:
            batch[places] = made
        return batch

    return TriggerSet(
        np.concatenate([one.indices for one in sets]),
        np.concatenate([one.items for one in sets]),
        np.concatenate([one.labels for one in sets]),
        inputs,
    )
