"""What goes with a verification, and what it is about, as the caller chose them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tellmark.data.dataset import Dataset
from tellmark.errors import InvalidInput
from tellmark.verification.drift import fewest_controls
from tellmark.verification.result import Method


@dataclass(frozen=True)
class Conduct:
    """What goes with a verification.

    Attributes
    ----------
    transcript : Path or None
        Where the run is written down, and goes on from if it was stopped.
    cost_per_query : float or None
        None takes what the suspect's description says.
    max_cost : float or None
        The most that all queries may cost.
    decoys : float
        In [0, 1): share of natural inputs among the queries.
    repeats : int
        How many triggers are asked a second time.
    controls : int
        How many natural inputs are asked twice at the start and once at the end: 0, or at least `fewest_controls`.
    natural : Dataset or None
        Where decoys and controls come from.

    Raises
    ------
    InvalidInput
        If a number lies outside its range, or natural inputs are wanted and not given.
    """

    transcript: Path | None = None
    cost_per_query: float | None = None
    max_cost: float | None = None
    decoys: float = 0.0
    repeats: int = 0
    controls: int = 0
    natural: Dataset | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.decoys < 1:
            raise InvalidInput(f"the share of decoys must be at least 0 and below 1, not {self.decoys}")
        for name, number in (("repeats", self.repeats), ("controls", self.controls)):
            if number < 0:
                raise InvalidInput(f"the number of {name} must be at least 0, not {number}")
        if 0 < self.controls < (fewest := fewest_controls()):
            raise InvalidInput(
                f"{self.controls} controls cannot show a change, whatever they answer: ask at least {fewest}, or none"
            )
        if self.natural_needed and self.natural is None:
            raise InvalidInput("decoys and controls are natural inputs: say with --decoy-data where they come from")

    @property
    def natural_needed(self) -> int:
        """How many natural inputs it takes at least."""
        return self.controls + (1 if self.decoys else 0)

    @property
    def plain(self) -> bool:
        """Whether nothing goes with the verification."""
        return self == Conduct(natural=self.natural)


@dataclass(frozen=True)
class Choice:
    """What is tested, and how; see `tellmark.verification.session.verify`."""

    method: Method | None = None
    tiers: Sequence[str] | None = None
    null_rate: float | None = None
    max_queries: int | None = None
    alpha: float = 0.01
    beta: float = 0.05
    confidence: float = 0.95
    order_seed: int | None = field(default=None, repr=False)
    reserve: tuple[tuple[int, ...], ...] = field(default=(), repr=False)
