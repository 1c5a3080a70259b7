"""What one detector has found so far, as far as it still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tellmark.theft.lab.detectors.base import Evidence
from tellmark.theft.lab.grounds import grounds_of_finding, grounds_of_preparation
from tellmark.theft.lab.results import Finding, Preparation
from tellmark.theft.lab.skill import Skill
from tellmark.theft.lab.suspects import Suspect
from tellmark.theft.lab.terms import Terms
from tellmark.types import Digest

if TYPE_CHECKING:
    from tellmark.theft.lab.workplace import Workplace

_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Dossier:
    """Reads and writes findings; those made on other grounds than today's are as good as none.

    Attributes
    ----------
    place : Workplace
    detector : str
        Its name.
    suspects : tuple of Suspect
        Whom it has to examine: all that have learnt.
    grounds : str
        Of its preparation (`tellmark.theft.lab.grounds`).
    """

    place: Workplace
    detector: str
    suspects: tuple[Suspect, ...]
    grounds: Digest

    @classmethod
    def of(cls, place: Workplace, detector: str, skill: Skill) -> Self:
        """The one of this detector.

        Raises
        ------
        FileError
            If the source is not in the zoo.
        """
        suspects = (*place.plan.twins, *place.plan.lineage_of(detector).thieves)
        grounds = grounds_of_preparation(place, detector, skill)
        return cls(place, detector, tuple(skill.of_suspects(suspects)), grounds)

    @property
    def terms(self) -> Terms | None:
        """What its verdicts rest on; None while it has not been prepared."""
        kept = self.place.results.preparation(self.detector)
        return kept.terms if kept is not None and kept.grounds == self.grounds else None

    def keep_terms(self, terms: Terms) -> None:
        """Write what its verdicts rest on."""
        self.place.results.keep_preparation(Preparation(detector=self.detector, terms=terms, grounds=self.grounds))

    def finding(self, suspect: Suspect) -> Finding | None:
        """What it found about the suspect; None while it has not examined it."""
        kept = self.place.results.finding(self.detector, suspect.address)
        return kept if kept is not None and kept.grounds == self._grounds_of(suspect) else None

    def findings(self) -> list[Finding]:
        """All that there are."""
        return [one for suspect in self.suspects if (one := self.finding(suspect)) is not None]

    def waiting(self) -> list[Suspect]:
        """Whom it has to examine yet."""
        return [one for one in self.suspects if self.finding(one) is None]

    @property
    def complete(self) -> bool:
        """Whether everybody was examined, and on what terms is known."""
        return self.terms is not None and not self.waiting()

    def keep(self, suspect: Suspect, evidence: Evidence) -> None:
        """Write what it found about the suspect."""
        self.place.results.keep_finding(
            suspect.address,
            Finding(
                detector=self.detector,
                suspect=suspect.name,
                kind=suspect.kind,
                innocent=suspect.innocent,
                score=round(evidence.score, _DIGITS),
                matched=round(evidence.matched, _DIGITS),
                queries=evidence.queries,
                verdict=evidence.verdict,
                p_value=evidence.p_value,
                grounds=self._grounds_of(suspect),
            ),
        )

    def _grounds_of(self, suspect: Suspect) -> Digest:
        return grounds_of_finding(self.place, self.grounds, suspect)
