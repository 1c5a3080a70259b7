"""Where Tellmark's recipes stand against the other detectors, kind by kind, and whether the lab's goals are reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tellmark.theft.lab.form import DetectorResult, Result
from tellmark.theft.lab.table import kinds_of

PAPER, ERRORS = "tellmark-paper", "source-errors"
"""Those that Tellmark's best recipe is to be ahead of: the paper's selection, and agreement on errors (AKH)."""
DEFAULT = "tellmark"
"""Tellmark as it comes."""
CERTAIN = 0.99
"""An area from which on nobody has to be ahead."""

_RECIPES = "tellmark-"


@dataclass(frozen=True)
class Standing:
    """One of Tellmark's detectors beside another one, on one kind of theft.

    Attributes
    ----------
    kind : str
    ours, rival : str
        Names.
    area, rival_area : float
        Under the ROC curve.
    """

    kind: str
    ours: str
    area: float
    rival: str
    rival_area: float

    @property
    def settled(self) -> bool:
        """Whether both tell nearly every stolen model from nearly every twin."""
        return min(self.area, self.rival_area) >= CERTAIN

    @property
    def behind(self) -> bool:
        """Whether the other one does better, and not both do well enough."""
        return self.rival_area > self.area and not self.settled

    @property
    def ahead(self) -> bool:
        """Whether ours does better, or both do well enough."""
        return self.area > self.rival_area or self.settled


@dataclass(frozen=True)
class Goal:
    """Something that was to be reached.

    Attributes
    ----------
    words : str
        What it is.
    misses : tuple of str
        Where it is not reached.
    judged : int
        How many cases there were; with none nothing is said.
    """

    words: str
    misses: tuple[str, ...]
    judged: int


def recipes_of(result: Result) -> list[str]:
    """Tellmark's recipes in this lab, without the paper's."""
    return [name for name in result.detectors if name.startswith(_RECIPES) and name != PAPER]


def best_recipes(result: Result) -> Mapping[str, str]:
    """By kind of theft, the recipe with the largest area; with hindsight, as nobody knows the theft beforehand."""
    found: dict[str, str] = {}
    for kind in kinds_of(result):
        areas = {name: area for name in recipes_of(result) if (area := _area(result.detectors[name], kind)) is not None}
        if areas:
            found[kind] = max(areas, key=lambda name: areas[name])
    return found


def standings(result: Result, ours: Mapping[str, str]) -> list[Standing]:
    """One of ours on each kind, beside every detector that is not one of Tellmark's recipes of today.

    Parameters
    ----------
    result : Result
    ours : mapping of str to str
        By kind of theft, the name of the detector.
    """
    return list(_standings(result, ours))


def goals(result: Result) -> list[Goal]:
    """What a lab is to show, and where this one does not."""
    best = best_recipes(result)
    rivals = [name for name in (ERRORS, PAPER) if name in result.detectors]
    absent = [f" ({name} is not in this lab)" for name in (ERRORS, PAPER) if name not in rivals]
    against = [one for one in standings(result, best) if one.rival in rivals]
    changed = {kind: name for kind, name in best.items() if _class(result, kind) == "alteration"}
    claims = {name: found for name, found in result.detectors.items() if found.innocents and found.terms}
    return [
        Goal(
            f"Tellmark's best recipe has a larger AUC than {' and '.join(rivals or (ERRORS, PAPER))} on every kind of "
            f"theft, except where both reach {CERTAIN}{''.join(absent)}",
            tuple(_in_words(one) for one in against if not one.ahead),
            len(against),
        ),
        Goal(
            f"its AUC is at least {CERTAIN} on every kind of stolen weights that were changed",
            tuple(
                f"{kind}: {area:.3f} ({name})"
                for kind, name in changed.items()
                if (area := _area(result.detectors[name], kind)) is not None and area < CERTAIN
            ),
            len(changed),
        ),
        Goal(
            "no detector claims more twins than the bound that its limits and levels state allows, as far as so few "
            "twins can tell",
            tuple(f"{name}: {beyond}" for name, found in claims.items() for beyond in beyond_bound(found)),
            len(claims),
        ),
    ]


def beyond_bound(found: DetectorResult) -> list[str]:
    """In words, of which twins more were claimed than the stated bound allows: the exact interval lies above it."""
    if found.innocents is None or found.terms is None:
        return []
    bound = found.terms.false_claim_bound or 0.0  # without a limit nobody can be claimed
    groups = {"twins": found.innocents} | {f"twins ({kind})": one for kind, one in found.innocents.kinds.items()}
    return [
        f"{one.false_claims} of {one.models} {name} were claimed, and the bound is {bound:.3g}"
        for name, one in groups.items()
        if one.rate_ci95[0] > bound
    ]


def _standings(result: Result, ours: Mapping[str, str]) -> Iterator[Standing]:
    rivals = [name for name in result.detectors if name not in (*recipes_of(result), DEFAULT)]
    for kind, name in ours.items():
        area = _area(result.detectors[name], kind)
        for rival in rivals:
            other = _area(result.detectors[rival], kind)
            if area is not None and other is not None:
                yield Standing(kind, name, area, rival, other)


def _area(found: DetectorResult, kind: str) -> float | None:
    return found.kinds[kind].auc if kind in found.kinds else None


def _class(result: Result, kind: str) -> str | None:
    return result.settings.get("in_full", {}).get("thefts", {}).get(kind, {}).get("class")


def _in_words(one: Standing) -> str:
    relation = "behind" if one.rival_area > one.area else "level with"
    return f"{one.kind}: {one.ours} {one.area:.3f}, {relation} {one.rival} {one.rival_area:.3f}"
