"""Who has learnt the task: a model near chance says nothing about detectors, and is left out by a stated rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tellmark.errors import ModelError
from tellmark.theft.lab.jobs import Job
from tellmark.theft.lab.plan import OWNERS
from tellmark.theft.lab.results import Measured
from tellmark.theft.lab.subjects import Subject
from tellmark.theft.lab.suspects import Suspect
from tellmark.types import Digest

if TYPE_CHECKING:
    from tellmark.theft.lab.workplace import Workplace


@dataclass(frozen=True, eq=False)
class Skill:
    """Which models take part.

    Attributes
    ----------
    place : Workplace
        With the accuracies of all models that could be made.
    floor : float
        Accuracy that a model must reach: chance, and a share of what the source exceeds it by.
    """

    place: Workplace
    floor: float

    @classmethod
    def of(cls, place: Workplace) -> Skill:
        """The rule of a lab whose models were measured.

        Raises
        ------
        ModelError
            If the source was not measured, or is itself no better than chance.
        """
        source = place.measured(place.plan.lineages[OWNERS].source.address)
        if source is None:
            raise ModelError("the source was not measured, so nobody can be compared with it: run the lab again")
        chance = 1 / len(place.data.test.classes)
        if source.accuracy <= chance:
            raise ModelError(
                f"the source failed to learn: its accuracy is {source.accuracy:.3f}, and chance is {chance:.3f}; "
                f"train it longer"
            )
        return cls(place, floor_for(source.accuracy, chance=chance, least=place.lab.protocol.least_skill))

    def learnt(self, address: Digest) -> bool:
        """Whether this model was made, and reaches the floor."""
        measured = self.place.measured(address)
        return measured is not None and measured.accuracy >= self.floor

    def of_jobs(self, jobs: Iterable[Job]) -> list[Job]:
        """Those that have learnt."""
        return [job for job in jobs if self.learnt(job.address)]

    def of_suspects(self, suspects: Iterable[Suspect]) -> list[Suspect]:
        """Those that have learnt."""
        return [suspect for suspect in suspects if self.learnt(suspect.address)]


def floor_for(accuracy: float, *, chance: float, least: float) -> float:
    """Chance, and the share `least` of what the source's accuracy exceeds it by.

    Examples
    --------
    >>> floor_for(0.9, chance=0.1, least=0.25)
    0.3
    """
    return round(chance + least * (accuracy - chance), 6)


def failed_to_learn(place: Workplace, skill: Skill) -> list[Measured]:
    """Models below the floor, whatever their part was to be."""
    found = [place.measured(address) for address in place.subjects]
    return [one for one in found if one is not None and one.accuracy < skill.floor]


def not_made(place: Workplace) -> list[Subject]:
    """Models that nobody could measure: they, or what they are made from, could not be made."""
    return [subject for address, subject in place.subjects.items() if place.measured(address) is None]
