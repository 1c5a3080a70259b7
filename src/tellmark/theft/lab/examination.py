"""Measure every model, and let every detector examine every suspect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tellmark.errors import InvalidInput
from tellmark.models.base import Model
from tellmark.proxies.thefts import TheftFamilyName
from tellmark.randomness import derive_key, seed_from_int
from tellmark.theft.lab.detectors.base import Detector, Prepared
from tellmark.theft.lab.dossier import Dossier
from tellmark.theft.lab.grounds import grounds_of_measurement
from tellmark.theft.lab.plan import Lineage
from tellmark.theft.lab.results import Measured
from tellmark.theft.lab.serving import Serving, accuracy_and_agreement
from tellmark.theft.lab.skill import Skill
from tellmark.theft.lab.subjects import Subject
from tellmark.theft.lab.suspects import Suspect
from tellmark.types import Digest

if TYPE_CHECKING:
    from tellmark.theft.lab.workplace import Workplace


class Examination:
    """Measures and examines the models of a lab, which are in the zoo already.

    Parameters
    ----------
    place : Workplace
    """

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._serving = Serving(place)
        self._sources: dict[str, Model] = {}

    def measure(self, address: Digest) -> None:
        """Write how good a model is, and how much it is like its source.

        Raises
        ------
        TellmarkError
            If it cannot be loaded, or does not answer.
        """
        subject = self._place.subjects[address]
        source = self._source(subject.lineage)
        accuracy, agreement = accuracy_and_agreement(self._model(subject, source), source, self._place)
        card = self._place.zoo.card(subject.job.address)
        self._place.results.keep_measured(
            address,
            Measured(
                name=subject.name,
                role="thief" if subject.suspect is not None and not subject.suspect.innocent else subject.job.role,
                kind=None if subject.suspect is None else subject.suspect.kind,
                lineage=subject.lineage,
                weights=card.weights,
                accuracy=round(accuracy, 4),
                agreement=round(agreement, 4),
                asked=card.asked,
                seconds=card.seconds,
                grounds=grounds_of_measurement(self._place, subject),
            ),
        )

    def examine(self, name: str, *, after_each: Callable[[], None] = lambda: None) -> None:
        """Prepare a detector, and let it examine every suspect that it has not examined yet.

        Models that failed to learn, or could not be made, have no part in it. What it found before it was changed, or
        prepared with others, is found anew.

        Parameters
        ----------
        name : str
            The detector's.
        after_each : callable
            Called after each suspect.

        Raises
        ------
        TellmarkError
            If the detector can find no questions, or a suspect is one that it was prepared with.
        """
        dossier = Dossier.of(self._place, name, self._skill)
        lineage = self._place.plan.lineage_of(name)
        self._check_unseen(lineage, dossier.suspects)
        waiting = dossier.waiting()
        for _ in range(len(dossier.suspects) - len(waiting)):
            after_each()
        if dossier.complete:
            return
        source = self._source(lineage.name)
        prepared = self._prepared(self._place.plan.detectors[name], lineage, source)
        dossier.keep_terms(prepared.terms)
        for suspect in waiting:
            model = self._serving.suspect(suspect, source)
            dossier.keep(suspect, prepared.examine(model, seed=self._asking_seed(suspect)))
            after_each()

    def _prepared(self, detector: Detector, lineage: Lineage, source: Model) -> Prepared:
        protocol = self._place.lab.protocol
        shadows: Mapping[TheftFamilyName, Sequence[Model]] = {
            family: [self._serving.job(job) for job in self._skill.of_jobs(jobs)]
            for family, jobs in lineage.shadows.items()
        }
        return detector.prepare(
            source,
            holdout=self._place.data.holdout,
            references=[self._serving.job(job) for job in self._skill.of_jobs(self._place.plan.references)],
            shadows={family: models for family, models in shadows.items() if models},
            budget=protocol.queries,
            alpha=protocol.alpha,
            seed=self._place.lab.seed,
        )

    def _asking_seed(self, suspect: Suspect) -> int:
        """Decides the order of questions, in [0, 2^63); the same for all detectors."""
        key = derive_key(seed_from_int(self._place.lab.seed), f"lab/asking/{suspect.address}")
        return int.from_bytes(key[:8], "big") >> 1

    def _check_unseen(self, lineage: Lineage, suspects: Sequence[Suspect]) -> None:
        """No suspect may have the weights of a model that detectors are prepared with."""
        panel = [*self._place.plan.references, *(job for jobs in lineage.shadows.values() for job in jobs)]
        known = {self._place.zoo.card(job.address).weights: job.name for job in self._skill.of_jobs(panel)}
        for suspect in suspects:
            twin = known.get(self._place.zoo.card(suspect.job.address).weights)
            if twin is not None:
                raise InvalidInput(
                    f"{suspect.name} has the very weights of {twin}, with which detectors are prepared: a model under "
                    f"examination must be new to them; ask for other settings"
                )

    @cached_property
    def _skill(self) -> Skill:
        return Skill.of(self._place)

    def _source(self, lineage: str) -> Model:
        if lineage not in self._sources:
            self._sources[lineage] = self._serving.job(self._place.plan.lineages[lineage].source)
        return self._sources[lineage]

    def _model(self, subject: Subject, source: Model) -> Model:
        if subject.suspect is None:
            return self._serving.job(subject.job)
        return self._serving.suspect(subject.suspect, source)
