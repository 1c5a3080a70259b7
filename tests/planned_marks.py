"""Marks with numbers chosen by hand: how many triggers every family and every reference matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from golden.make_marks import SEED, golden_mark
from tellmark.proxies.thefts import TheftClass
from tellmark.statistics.tolerance import ToleranceLimit, lower_tolerance_limit, upper_tolerance_limit
from tellmark.triggers.document import IndependenceRecord, MarkDocument, ModelRecord, ReferencesRecord
from tellmark.triggers.mark import Mark
from tellmark.triggers.recipe import CandidateRecipe, DiscriminationRecipe, ProxyRecipe, Recipe, RecipeName
from tellmark.triggers.tier import FamilyRecord, Limit, NullRecord, SelectionRecord, TierRecord
from tellmark.triggers.trigger_set import TriggerSet
from tellmark.verification.plan import Plan
from tellmark.verification.planning import plan_verification

CLASSES: dict[str, TheftClass] = {
    "weight-noise-relative": "copy",
    "weight-noise-absolute": "copy",
    "weight-ball": "copy",
    "quantised": "copy",
    "pruned": "copy",
    "fine-tuned": "derived",
    "distilled-soft": "distilled",
    "distilled-hard": "distilled",
    "distilled-rgt": "distilled",
}
LABELS = 3
SELECTING = 2

COPY_REFERENCES = (52, 55, 57, 59)
COPY_FAMILIES = {"weight-noise-relative": (100, 99, 100, 100), "pruned": (88, 93, 91), "distilled-soft": (60, 66)}
DISTILLED_REFERENCES = (59, 61, 62, 63)
DISTILLED_FAMILIES = {
    "weight-noise-relative": (145, 144, 146, 145),
    "pruned": (120, 125, 115),
    "distilled-soft": (90, 94),
}


def tier(
    name: RecipeName,
    triggers: int,
    *,
    references: Sequence[int] = (),
    families: Mapping[str, Sequence[int]] | None = None,
) -> TierRecord:
    """A tier whose limits follow from the numbers of matches."""
    recipe = Recipe(
        name=name,
        triggers=triggers,
        candidates=CandidateRecipe(kind="mixup"),
        proxies=ProxyRecipe(family="none", magnitude=0.0, count=0),
        discrimination=None if name == "paper" else _ranking(tuple(families or ())),
    )
    return TierRecord(
        recipe=recipe,
        recipe_digest=recipe.digest,
        selection=SelectionRecord(
            drawn=9 * triggers,
            asked=8 * triggers,
            kept=triggers,
            survived=triggers,
            commonest_label=-(-triggers // LABELS),
            admitted=(),
            divergence=None if name == "paper" else (1.0, 2.0),
        ),
        guarantee=None,
        families=tuple(
            _family(each, counts, triggers, selecting=0 if name == "paper" else 4)
            for each, counts in (families or {}).items()
        ),
        null=_null(references, triggers) if references else None,
    )


def public_of(*tiers: TierRecord) -> MarkDocument:
    """The public part of a mark with these tiers."""
    image = golden_mark("image").public
    calibration = 0 if tiers[0].null is None else len(tiers[0].null.matches)
    model = ModelRecord(kind="callable", digest=None)
    agreements = (0.55,) * (SELECTING + calibration)
    return image.model_copy(
        update={
            "tiers": tiers,
            "references": ReferencesRecord(
                selection=(model,) * SELECTING,
                calibration=(model,) * calibration,
                independence=IndependenceRecord(
                    candidates=400, copies=0.97, agreements=agreements, alike=0, unclear=0, accepted=False
                ),
            ),
            "holdout": image.holdout.model_copy(update={"items": 2 * sum(each.recipe.triggers for each in tiers)}),
        }
    )


@cache
def one_tier() -> MarkDocument:
    """Triggers for copies; four references."""
    return public_of(tier("copy", 100, references=COPY_REFERENCES, families=COPY_FAMILIES))


@cache
def two_tiers() -> MarkDocument:
    """Triggers for copies and triggers for students; four references."""
    return public_of(
        tier("copy", 100, references=COPY_REFERENCES, families=COPY_FAMILIES),
        tier("distilled", 150, references=DISTILLED_REFERENCES, families=DISTILLED_FAMILIES),
    )


@cache
def left_tiers() -> MarkDocument:
    """Triggers for copies, of which noisy ones alone were asked, and triggers for students; four references."""
    noisy = {"weight-noise-relative": COPY_FAMILIES["weight-noise-relative"], "distilled-soft": (60, 66)}
    return public_of(
        tier("copy", 100, references=COPY_REFERENCES, families=noisy),
        tier("distilled", 150, references=DISTILLED_REFERENCES, families=DISTILLED_FAMILIES),
    )


@cache
def plan_of(tiers: int, budget: int = 300) -> Plan:
    """The plan for `one_tier`, `two_tiers`, or with 0 for a mark without references; made once."""
    public = {0: lambda: public_of(tier("paper", 50)), 1: one_tier, 2: two_tiers}[tiers]()
    return plan_verification(public, budget=budget)


def mark_of(public: MarkDocument) -> Mark:
    """A whole mark, to be saved, with images that show nothing."""
    n, space = public.triggers, public.holdout.space
    labels = np.concatenate([np.arange(stretch.stop - stretch.start) % LABELS for stretch in public.stretches])
    shape = (space.height, space.width, space.channels)
    triggers = TriggerSet(
        np.concatenate([np.arange(each.stop - each.start) for each in public.stretches]),
        np.arange(2 * n).reshape(n, 2),
        labels,
        lambda positions: np.zeros((len(positions), *shape), dtype=np.uint8),
    )
    return Mark(public, SEED, triggers)


def _ranking(families: tuple[str, ...]) -> DiscriminationRecipe:
    return DiscriminationRecipe(pool=5000, families=families, references=SELECTING, smoothing=0.5)


def _family(name: str, counts: Sequence[int], triggers: int, *, selecting: int) -> FamilyRecord:
    limit = _limit(lower_tolerance_limit(np.array(counts) / triggers, triggers=triggers)) if len(counts) > 1 else None
    return FamilyRecord(
        family=name,
        theft_class=CLASSES[name],
        origin="made",
        made="by hand",
        selection=selecting,
        matches=tuple(counts),
        limit=limit,
    )


def _null(counts: Sequence[int], triggers: int) -> NullRecord:
    limit = _limit(upper_tolerance_limit(np.array(counts) / triggers, triggers=triggers)) if len(counts) > 1 else None
    return NullRecord(matches=tuple(counts), limit=limit)


def _limit(found: ToleranceLimit) -> Limit:
    return Limit(value=found.value, method=found.method, content=found.content, confidence=found.confidence)
