"""Run a lab: make what is missing, measure it, examine it, sum up; and go on where an earlier run stopped."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tellmark.errors import FileError, InvalidInput, ModelError
from tellmark.files import check_replaceable
from tellmark.theft.lab.configuration import Configuration
from tellmark.theft.lab.dossier import Dossier
from tellmark.theft.lab.errands import Outcome, unheeded
from tellmark.theft.lab.form import Result
from tellmark.theft.lab.jobs import Job
from tellmark.theft.lab.plan import OWNERS
from tellmark.theft.lab.publishing import publish
from tellmark.theft.lab.results import Results
from tellmark.theft.lab.skill import Skill
from tellmark.theft.lab.summary import summarise
from tellmark.theft.lab.worker_process import Errand
from tellmark.theft.lab.workers import Workers
from tellmark.theft.lab.workplace import Workplace
from tellmark.types import Progress, silent

MAKING, MEASURING, EXAMINING = "making networks", "measuring models", "examining models"
"""Stages of the progress."""


@dataclass(frozen=True)
class Run:
    """What came of running a lab.

    Attributes
    ----------
    result : Result or None
        None where time was up before the lab was through.
    failures : mapping of str to str
        What could not be made or examined, and why.
    missing : int
        Networks that are still to be made.
    written : tuple of Path
        Summary, page and figure.
    """

    result: Result | None
    failures: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    written: tuple[Path, ...] = ()


def run_lab(
    lab: Configuration,
    results: Path,
    cache: Path,
    *,
    workers: int = 2,
    minutes: float | None = None,
    device: str | None = None,
    command: str = "",
    progress: Progress = silent,
) -> Run:
    """Run a lab, or go on with it.

    It may be killed at any point: whatever was made, measured or found stays, a training goes on at its last
    checkpoint, and the networks that come out are the same as if nothing had happened.

    Parameters
    ----------
    lab : Configuration
    results : Path
        Folder for results; created if need be.
    cache : Path
        Folder for networks and decoded data, which labs share; see `tellmark.theft.lab.zoo.cache_folder`.
    workers : int
        Processes, each on one thread.
    minutes : float, optional
        After which to stop, if the lab is not through.
    device : str, optional
        A GPU where there is one, when left out.
    command : str
        That runs the lab again, for the summary.
    progress : callable

    Raises
    ------
    TellmarkError
        If the configuration does not fit the data, something cannot be written, or the source cannot be made.
    """
    if workers < 1:
        raise InvalidInput(f"at least 1 worker is needed, not {workers}")
    if minutes is not None and minutes <= 0:
        raise InvalidInput(f"a run takes more than 0 minutes, not {minutes:g}")
    until = None if minutes is None else time.monotonic() + 60 * minutes
    _prepare_folders(results, cache)
    Results(results).begin(lab)
    place = Workplace.of(results, cache, device=device)
    line = [sys.executable, "-m", "tellmark.theft.lab.worker", str(results), str(cache)]
    with Workers([*line, *([device] if device else [])], count=workers, logs=place.results.logs) as crew:
        return _LabRun(place, crew, until, progress).run(command)


def _prepare_folders(*folders: Path) -> None:
    """See that something can be written there, before hours go into it."""
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot write {folder}: {(error.strerror or 'failed').lower()}") from error
        check_replaceable(folder / "trial")


@dataclass(eq=False)
class _LabRun:
    place: Workplace
    crew: Workers
    until: float | None
    progress: Progress
    failures: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> Run:
        for stage, errands in ((MAKING, self._making), (MEASURING, self._measuring), (EXAMINING, self._examining)):
            outcome = self._round(stage, errands())
            if not outcome.finished:
                return Run(None, self.failures, missing=len(self._to_make()))
        result = summarise(self.place, command=command, failures=self.failures)
        return Run(result, self.failures, written=tuple(publish(result, self.place.results.folder)))

    def _round(self, stage: str, errands: Sequence[Errand]) -> Outcome:
        if not errands:
            return Outcome()
        outcome = self.crew.run(
            errands,
            until=self.until,
            progress=lambda done, total: self.progress(stage, done, total),
            spent=self.place.results.add_times if stage == MAKING else unheeded,
        )
        words = {errand.key: errand.words for errand in errands}
        self.failures |= {words[key]: reason for key, reason in outcome.failed.items()}
        source = self.place.plan.lineages[OWNERS].source.address
        if source in outcome.failed:
            raise ModelError(f"the source could not be made: {outcome.failed[source]}")
        return outcome

    def _to_make(self) -> list[Job]:
        return [job for job in self.place.plan.jobs() if not self.place.zoo.has(job.address)]

    def _making(self) -> list[Errand]:
        missing = self._to_make()
        addresses = {job.address for job in missing}
        return [
            Errand(
                key=job.address,
                words=job.name,
                message={"make": job.address},
                needs=tuple(address for address in job.task.needs if address in addresses),
                weight=job.task.epochs,
            )
            for job in missing
        ]

    def _measuring(self) -> list[Errand]:
        there = [
            (address, subject)
            for address, subject in self.place.subjects.items()
            if self.place.measured(address) is None
            and self.place.zoo.has(subject.job.address)
            and self.place.zoo.has(self.place.plan.lineages[subject.lineage].source.address)
        ]
        return [Errand(key=address, words=subject.name, message={"measure": address}) for address, subject in there]

    def _examining(self) -> list[Errand]:
        plan, skill = self.place.plan, Skill.of(self.place)
        dossiers = [
            Dossier.of(self.place, name, skill)
            for name in plan.detectors
            if self.place.zoo.has(plan.lineage_of(name).source.address)
        ]
        return [
            Errand(
                key=one.detector,
                words=f"detector {one.detector}",
                message={"examine": one.detector},
                weight=len(one.suspects),
            )
            for one in dossiers
            if not one.complete
        ]
