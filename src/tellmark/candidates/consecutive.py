"""Candidate sources one after the other: the numbers of a later one begin where those of the earlier end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tellmark.candidates.base import CandidateSource, Draws, Origin, joined
from tellmark.types import Batch


@dataclass(frozen=True)
class Consecutive:
    """Candidate k is candidate k of the first source; beyond its last, candidate ``k - length`` of the second.

    Attributes
    ----------
    first, second : CandidateSource
    length : int
        How many numbers the first has.
    """

    first: CandidateSource
    second: CandidateSource
    length: int

    @property
    def size(self) -> int | None:
        """Numbers run on until the second source ends."""
        return None if self.second.size is None else self.length + self.second.size

    def draw(self, start: int, stop: int) -> Draws:
        """The draws of either source that fall on these numbers, in order."""
        early = self.first.draw(min(start, self.length), min(stop, self.length))
        late = self.second.draw(max(start - self.length, 0), max(stop - self.length, 0))
        return joined([early, replace(late, indices=late.indices + self.length)])

    def make(self, draws: Draws) -> Batch:
        """Each input by the source that its number belongs to."""
        late = draws.indices >= self.length
        first = self.first.make(draws.take(~late))
        second = draws.take(late)
        made = self.second.make(replace(second, indices=second.indices - self.length))
        batch = np.empty((len(draws), *first.shape[1:]), dtype=first.dtype)
        batch[~late], batch[late] = first, made
        return batch

    def origin(self, number: int) -> Origin:
        """As the source says that the number belongs to."""
        if number < self.length:
            return self.first.origin(number)
        return self.second.origin(number - self.length)
