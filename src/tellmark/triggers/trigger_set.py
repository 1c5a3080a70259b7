"""The trigger set: inputs and the answers that give a stolen model away. It is the secret of a mark."""

from __future__ import annotations

from collections.abc import Iterator
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
        The candidate that each trigger is; increasing.
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
