"""Several candidate sources taking turns: number k belongs to source k mod s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tellmark.candidates.base import CandidateSource, Draws, Origin, joined
from tellmark.types import Batch


@dataclass(frozen=True)
class Interleaved:
    """Candidate k is candidate k // s of source k mod s."""

    sources: Sequence[CandidateSource]

    @property
    def size(self) -> int | None:
        """Numbers run on until the longest source ends."""
        sizes = [source.size for source in self.sources]
        known = [size * len(sizes) for size in sizes if size is not None]
        return max(known) if len(known) == len(sizes) else None

    def draw(self, start: int, stop: int) -> Draws:
        """The draws of every source that fall on these numbers, in order."""
        turns = len(self.sources)
        parts = []
        for turn, source in enumerate(self.sources):
            draws = source.draw(-(-(start - turn) // turns), -(-(stop - turn) // turns))
            parts.append(replace(draws, indices=draws.indices * turns + turn))
        return joined(parts)

    def make(self, draws: Draws) -> Batch:
        """Each input by the source whose turn it is."""
        turns = len(self.sources)
        made: list[tuple[np.ndarray, Batch]] = []
        for turn, source in enumerate(self.sources):
            mine = np.flatnonzero(draws.indices % turns == turn)
            own = draws.take(mine)
            made.append((mine, source.make(replace(own, indices=own.indices // turns))))
        batch = np.empty((len(draws), *made[0][1].shape[1:]), dtype=made[0][1].dtype)
        for mine, inputs in made:
            batch[mine] = inputs
        return batch

    def origin(self, number: int) -> Origin:
        """As the source says whose turn it is."""
        turns = len(self.sources)
        return self.sources[number % turns].origin(number // turns)
