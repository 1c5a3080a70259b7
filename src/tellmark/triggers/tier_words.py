"""What the limits of a tier say, in sentences that name the method and what it takes for granted.

Numbers in them are rounded to the side on which the sentence stays true.
"""

from __future__ import annotations

import math
from typing import Literal

from tellmark.statistics.certification import transfer_curve
from tellmark.statistics.conformal import smallest_supported_level
from tellmark.statistics.tolerance import ToleranceLimit, models_needed
from tellmark.triggers.document import ReferencesRecord
from tellmark.triggers.recipes import TRAITS
from tellmark.triggers.tier import FamilyRecord, Limit, NullRecord, TierRecord

CONFIDENCE = 0.95
"""Of statements about a family for which no limit, and so no confidence, was settled."""

_LIKE_THIS = {
    "weight-noise-absolute": "with noise of this size on their weights",
    "weight-noise-relative": "with noise of this size on their weights",
    "weight-ball": "as near to the source as this",
    "quantised": "quantised this way",
    "pruned": "pruned this way",
    "fine-tuned": "fine-tuned this way",
    "fine-tuned-last": "whose last layers were fine-tuned this way",
    "distilled": "distilled this way",
    "distilled-soft": "distilled this way from scores",
    "distilled-hard": "distilled this way from labels",
    "distilled-rgt": "distilled this way with true labels",
}

NOT_MEASURED = (
    "specificity was not measured: no independent model was kept to be asked, so how often such models match is "
    "unknown, and a high rate of a suspect says nothing about where it comes from"
)
TRANSFER_NOT_MEASURED = (
    "not measured: no fresh proxy was asked, so how often stolen models match is known from nothing but the selection"
)


def models_of(family: str) -> str:
    """The members of a theft family in words.

    Examples
    --------
    >>> models_of("distilled")
    'models distilled this way'
    """
    return f"models {_LIKE_THIS.get(family, f'of the family {family}')}"


def tolerance_limit(limit: Limit, *, side: Literal["upper", "lower"], models: int) -> ToleranceLimit:
    """A limit that was written down, as `tellmark.statistics.tolerance` has it; `models` of them showed it."""
    return ToleranceLimit(limit.value, side, limit.method, limit.content, limit.confidence, models)


def null_matches(tier: TierRecord) -> int | None:
    """The most triggers that an independent model matches, by θ₀; None where there is no such limit."""
    if tier.null is None or tier.null.limit is None:
        return None
    limit = tolerance_limit(tier.null.limit, side="upper", models=len(tier.null.matches))
    return limit.matches_of(tier.recipe.triggers)


def family_matches(record: FamilyRecord, *, triggers: int) -> int | None:
    """The fewest triggers that a member of the family matches, by θ₁; None where there is no such limit."""
    if record.limit is None:
        return None
    return tolerance_limit(record.limit, side="lower", models=len(record.matches)).matches_of(triggers)


def family_sentences(record: FamilyRecord, *, triggers: int) -> tuple[str, ...]:
    """How often members of a family match: by the tolerance limit θ₁, and whatever the distribution of their rates."""
    if record.limit is None:
        only = (
            f"the one fresh member of {record.family} matches {_counts(record.matches, triggers)}: one cannot show how "
            f"such models differ, so there is no limit for them"
        )
        return (only,)
    limit = record.limit
    seen = _seen(limit, record.matches, "fresh models", triggers)
    by_limit = (
        f"{_confident(limit)} of {models_of(record.family)} match {_or_more(limit.value)} of the triggers ({seen})"
    )
    if limit.method == "order statistic":
        return (by_limit,)
    return (by_limit, distribution_free_sentence(record, triggers=triggers))


def distribution_free_sentence(record: FamilyRecord, *, triggers: int) -> str:
    """How many members of a family reach what the worst of the fresh ones did (Clopper and Pearson, 1934).

    The bound of a transfer curve at the lowest score. Elsewhere on the curve a threshold must be settled before the
    scores are seen; at the lowest score the bound is the order statistic's own (Wilks, 1941) and needs no such care.
    """
    scores = [count / triggers for count in record.matches]
    confidence = CONFIDENCE if record.limit is None else record.limit.confidence
    found = transfer_curve(scores, confidence=confidence).at(min(scores))
    return (
        f"{found.passed} of {found.models} fresh models reached {_down(found.threshold)}: with "
        f"{100 * confidence:g} % confidence at least {_down(found.share)} of {models_of(record.family)} do so, "
        f"whatever the distribution of their rates (Clopper-Pearson)"
    )


def null_sentences(tier: TierRecord, references: ReferencesRecord) -> tuple[str, ...]:
    """How often independent models match: by the tolerance limit θ₀, and what so few of them can support at all."""
    if tier.null is None:
        used = len(references.selection)
        helped = f"; {_references(used)} helped to select the triggers and cannot say" if used else ""
        return (NOT_MEASURED + helped,)
    triggers, matches = tier.recipe.triggers, tier.null.matches
    if tier.null.limit is None:
        only = (
            f"the one reference that took no part in the selection matches {_counts(matches, triggers)}: one cannot "
            f"show how independent models differ, so there is no limit for them"
        )
        return (only, _support(tier.null))
    limit = tier.null.limit
    seen = _seen(limit, matches, "references that took no part in the selection", triggers)
    by_limit = f"{_confident(limit)} of independent models match at most {_up(limit.value)} of the triggers ({seen})"
    return (by_limit,) if limit.method == "order statistic" else (by_limit, _support(tier.null))


def warnings_of(tier: TierRecord) -> tuple[str, ...]:
    """What the tier cannot do: where the limits of stolen and of independent models leave no gap."""
    at_most = null_matches(tier)
    if at_most is None:
        return ()
    triggers = tier.recipe.triggers
    if at_most == triggers:
        untestable = (
            f"independent models may match all {triggers} triggers of this tier, as far as so few references can "
            f"tell: no answers to it can support a claim"
        )
        return (untestable,)
    said = []
    for record in tier.families:
        at_least = family_matches(record, triggers=triggers)
        if at_least is not None and at_least <= at_most:
            meant = "" if is_meant_for(tier, record) else "; it was not made for them"
            said.append(
                f"this tier cannot tell {models_of(record.family)} from independent ones reliably: the former match "
                f"{at_least} of {triggers} triggers or more, the latter up to {at_most}{meant}"
            )
    return tuple(said)


def is_meant_for(tier: TierRecord, record: FamilyRecord) -> bool:
    """Whether the tier's triggers were to catch this class of theft; the paper's are made for copies."""
    return record.theft_class in (TRAITS[tier.recipe.name].families or ("copy",))


def _confident(limit: Limit) -> str:
    return f"with {100 * limit.confidence:g} % confidence at least {100 * limit.content:g} %"


def _seen(limit: Limit, matches: tuple[int, ...], models: str, triggers: int) -> str:
    """From which models the limit comes, by which method, on which assumption."""
    assumption = {
        "logit-normal": "if the logits of their rates are normally distributed",
        "order statistic": "whatever the distribution of their rates",
    }[limit.method]
    return f"{limit.method} limit from {len(matches)} {models}: {_counts(matches, triggers)}; {assumption}"


def _counts(matches: tuple[int, ...], triggers: int) -> str:
    low, high = min(matches), max(matches)
    return f"{low} of {triggers}" if low == high else f"{low}-{high} of {triggers}"


def _support(null: NullRecord) -> str:
    """What the references support without assumptions, and how many it takes to do without them."""
    count, limit = len(null.matches), null.limit
    level = smallest_supported_level(count)
    said = f"whatever the distribution of rates, {_references(count)} cannot support a level below {_level(level)}"
    if limit is None:
        return said
    needed = models_needed(content=limit.content, confidence=limit.confidence)
    return f"{said}; {needed} would give a limit that assumes nothing about it"


def _or_more(share: float) -> str:
    return "all" if share == 1 else f"{_down(share)} or more"


def _references(count: int) -> str:
    return "one reference" if count == 1 else f"{count} references"


def _level(level: float) -> str:
    return f"1 in {round(1 / level)} ({_down(level)})"


def _down(share: float) -> str:
    """In percent, one decimal, rounded down; the millionth spares 0.29 the rounding of its product with 1000."""
    return f"{math.floor(1000 * share + 1e-6) / 10:g} %"


def _up(share: float) -> str:
    return f"{math.ceil(1000 * share - 1e-6) / 10:g} %"
