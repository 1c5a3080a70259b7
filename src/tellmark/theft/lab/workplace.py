"""What everybody who works on a lab has before them: configuration, data, zoo, plan, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tellmark.theft.lab.configuration import Configuration
from tellmark.theft.lab.data import LabData, load_lab_data
from tellmark.theft.lab.grounds import grounds_of_measurement
from tellmark.theft.lab.jobs import Job
from tellmark.theft.lab.plan import Plan
from tellmark.theft.lab.planning import plan_lab
from tellmark.theft.lab.results import Measured, Results
from tellmark.theft.lab.subjects import Subject, subjects_of
from tellmark.theft.lab.zoo import Zoo
from tellmark.types import Digest


@dataclass(frozen=True)
class Workplace:
    """A lab at work.

    Attributes
    ----------
    lab : Configuration
    data : LabData
    zoo : Zoo
    plan : Plan
    results : Results
    device : str or None
        None takes a GPU where there is one.
    """

    lab: Configuration
    data: LabData
    zoo: Zoo
    plan: Plan
    results: Results
    device: str | None = None

    @classmethod
    def of(cls, results: Path, cache: Path, *, device: str | None = None) -> Workplace:
        """The lab whose configuration lies in the folder of results.

        Raises
        ------
        TellmarkError
            If the folder holds no configuration, the data are missing, or something does not fit together.
        """
        kept = Results(results)
        lab = kept.configuration()
        data = load_lab_data(lab.data, seed=lab.seed, folder=cache / "data")
        zoo = Zoo(cache / "lab")
        return cls(lab, data, zoo, plan_lab(lab, data, zoo, device=device), kept, device)

    @cached_property
    def _jobs(self) -> dict[Digest, Job]:
        return {job.address: job for job in self.plan.jobs()}

    @cached_property
    def subjects(self) -> Mapping[Digest, Subject]:
        """Every model that is measured, by address."""
        return {subject.address: subject for subject in subjects_of(self.plan)}

    def measured(self, address: Digest) -> Measured | None:
        """How good the model at this address is; None while nobody knows, or what is known no longer holds."""
        kept, subject = self.results.measured(address), self.subjects[address]
        there = self.zoo.has(subject.job.address) and self.zoo.has(self.plan.lineages[subject.lineage].source.address)
        return kept if kept and there and kept.grounds == grounds_of_measurement(self, subject) else None

    def job(self, address: Digest) -> Job:
        """The job that makes the network at this address."""
        return self._jobs[address]
