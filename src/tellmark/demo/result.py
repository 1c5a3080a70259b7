"""What the demonstration found, row by row and in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tellmark.demo.remarks import remarks
from tellmark.triggers.document import MarkDocument
from tellmark.types import Json
from tellmark.verification.result import Verification

SCHEMA = "tellmark.demo/1"

Kind = Literal["source", "thief", "twin"]


@dataclass(frozen=True)
class Row:
    """One network under examination.

    Attributes
    ----------
    name : str
    kind : "source", "thief" or "twin"
    made_by : str
        Every setting of the training or the attack that made it.
    accuracy : float
        On the test part, in [0, 1].
    verification : Verification
        Of the network against the source's mark.
    """

    name: str
    kind: Kind
    made_by: str
    accuracy: float
    verification: Verification

    def to_json(self) -> Json:
        """The row as JSON can hold it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "made_by": self.made_by,
            "accuracy": self.accuracy,
            "verification": self.verification.to_json(),
        }


@dataclass(frozen=True)
class Story:
    """The whole demonstration.

    Attributes
    ----------
    seed : int
        Decides every random choice.
    mark : MarkDocument
        The public part of the source's mark; it bears the time, so it does not count in comparisons.
    rows : tuple of Row
        The source, the thieves, the twins.
    """

    seed: int
    mark: MarkDocument = field(compare=False)
    rows: tuple[Row, ...]

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What the rows show and what they cannot show, one sentence or two each."""
        return remarks(self.rows, self.mark)

    def to_json(self) -> Json:
        """All of it as JSON can hold it; the same for the same seed, so without the mark's time."""
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "mark": self.mark.model_dump(mode="json", by_alias=True, exclude={"created"}),
            "rows": [row.to_json() for row in self.rows],
            "remarks": list(self.remarks),
        }
