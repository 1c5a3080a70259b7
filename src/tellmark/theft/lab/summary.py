"""The summary of a lab: every figure, and all that the figures depend on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tellmark.theft.lab.describing import settings_of
from tellmark.theft.lab.dossier import Dossier
from tellmark.theft.lab.form import DetectorResult, Result
from tellmark.theft.lab.plan import OWNERS, Lineage
from tellmark.theft.lab.provenance import now, this_machine, version_at_work
from tellmark.theft.lab.results import Measured
from tellmark.theft.lab.scoring import score_detector
from tellmark.theft.lab.skill import Skill, failed_to_learn, not_made
from tellmark.theft.lab.terms import RULE, Terms
from tellmark.theft.lab.workplace import Workplace
from tellmark.types import Json

INDEPENDENT_ROLES = ("reference", "twin")


def summarise(place: Workplace, *, command: str, failures: Mapping[str, str]) -> Result:
    """What a lab found that is through.

    Parameters
    ----------
    place : Workplace
    command : str
        That runs it again.
    failures : mapping of str to str
        What could not be made or examined, and why.

    Raises
    ------
    ModelError
        If the source failed to learn.
    """
    skill = Skill.of(place)
    measured = [one for address in place.subjects if (one := place.measured(address))]
    detectors = {name: _scored(place, name, skill, measured) for name in place.plan.detectors}
    headed_by = detectors[place.lab.detectors.names[0]]
    return Result(
        name=place.lab.name,
        command=command,
        commit=version_at_work(),
        date=now(),
        machine=this_machine(),
        seed=place.lab.seed,
        settings=_settings(place, skill, measured, failures),
        kinds=headed_by.kinds,
        innocents=headed_by.innocents,
        detectors=detectors,
        figures=_figures(place, skill, measured),
    )


def _scored(place: Workplace, detector: str, skill: Skill, measured: Sequence[Measured]) -> DetectorResult:
    dossier = Dossier.of(place, detector, skill)
    lineage = place.plan.lineage_of(detector)
    source = place.measured(lineage.source.address)
    terms = dossier.terms
    return score_detector(
        dossier.findings(),
        levels=place.lab.protocol.levels,
        accuracy_lost={one.name: source.accuracy - one.accuracy for one in measured} if source else {},
        seed=place.lab.seed,
        terms=terms,
        known=None if terms is None else _known(place, lineage, terms),
    )


def _known(place: Workplace, lineage: Lineage, terms: Terms) -> set[str]:
    """The rows of the table whose theft was among those of the detector's shadows, whatever its settings."""
    practised = {shadow.kind for shadow in place.lab.shadows if shadow.family in terms.shadows}
    return {suspect.kind for suspect in lineage.thieves if suspect.theft in practised}


def _settings(
    place: Workplace, skill: Skill, measured: Sequence[Measured], failures: Mapping[str, str]
) -> dict[str, Json]:
    lab = place.lab.model_dump(mode="json", exclude={"name", "seed"}, exclude_none=True)
    return {
        **lab,
        "in_full": {
            "training": repr(place.plan.lineages[OWNERS].source.task),
            **settings_of(place.plan),
        },
        "headed_by": place.lab.detectors.names[0],
        "data_digests": {name: data.digest for name, data in place.data.parts.items()},
        "rule_of_verdicts": RULE,
        "rule_of_exclusion": (
            f"a model whose accuracy is below {skill.floor:.4f}, which is chance and "
            f"{place.lab.protocol.least_skill:g} of what the source exceeds it by, has failed to learn and has no part "
            f"in any figure"
        ),
        "failed_to_learn": [
            {"name": one.name, "role": one.role, "accuracy": one.accuracy} for one in failed_to_learn(place, skill)
        ],
        "not_made": dict(failures) | {one.name: failures.get(one.name, "") for one in not_made(place)},
        "models": [one.model_dump(mode="json", exclude={"weights", "grounds"}, exclude_none=True) for one in measured],
    }


def _figures(place: Workplace, skill: Skill, measured: Sequence[Measured]) -> dict[str, float]:
    counts = Counter(one.role for one in measured)
    clock = place.results.clock()
    figures = {f"models/{role}": float(count) for role, count in counts.items()}
    figures["accuracy/source"] = next(one.accuracy for one in measured if one.role == "source")
    figures["accuracy/floor"] = skill.floor
    independent = [one for one in measured if one.role in INDEPENDENT_ROLES]
    for name, values in (
        ("accuracy/independents", [one.accuracy for one in independent]),
        ("agreement/independents", [one.agreement for one in independent]),
        ("agreement/thieves", [one.agreement for one in measured if one.role == "thief"]),
    ):
        if values:
            figures[name] = round(sum(values) / len(values), 4)
    made = {one.weights: one.seconds for one in measured}
    figures["seconds/training"] = round(sum(made.values()), 1)
    if clock.overhead is not None:
        figures["overhead"] = round(clock.overhead, 4)
        figures["seconds/bare"], figures["seconds/busy"] = round(clock.bare, 1), round(clock.busy, 1)
    return figures
