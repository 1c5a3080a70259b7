"""From what a mark says of its tiers to what is tested in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tellmark.errors import InvalidInput
from tellmark.statistics.finite_population import largest_count
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.family_words import NOISE, family_matches, is_meant_for
from tellmark.triggers.tier import Limit, TierRecord
from tellmark.triggers.tier_words import null_matches
from tellmark.verification.tier_test import TierTest
from tellmark.verification.verdict import check_null_rate


def tier_tests(public: MarkDocument, *, null_rate: float | None = None) -> tuple[TierTest, ...]:
    """What is tested in each tier of a mark.

    Parameters
    ----------
    null_rate : float or None
        In [0, 1): takes the place of the limit that a mark of one tier states, or lacks.

    Raises
    ------
    InvalidInput
        If a rate is given for a mark of several tiers, or lies outside its range.
    """
    check_null_rate(null_rate)
    if null_rate is not None and len(public.tiers) > 1:
        raise InvalidInput(
            f"one null rate cannot speak for the {len(public.tiers)} tiers of this mark, whose triggers innocent "
            "models match at different rates: leave it out, and the limits in the mark are used"
        )
    return tuple(
        TierTest(
            tier.recipe.name,
            tier.recipe.triggers,
            limit=_limit(tier, null_rate),
            claim=claim_of(tier),
            promising=promising_of(tier),
        )
        for tier in public.tiers
    )


def with_reserve(tests: Sequence[TierTest], reserve: Sequence[Sequence[int]]) -> tuple[TierTest, ...]:
    """The tests of tiers of which some triggers are not asked.

    Parameters
    ----------
    tests : sequence of TierTest
    reserve : sequence of sequence of int
        Positions, tier by tier; empty where every trigger of every tier may be asked.

    Raises
    ------
    InvalidInput
        If a tier has no trigger beside its reserve.
    """
    if not reserve:
        return tuple(tests)
    return tuple(replace(test, reserved=len(left_out)) for test, left_out in zip(tests, reserve, strict=True))


def contents_of(public: MarkDocument) -> tuple[float, ...]:
    """Content of each limit in the mark that a tier is tested against."""
    return tuple(limit.content for limit in _usable_limits(public))


def limit_confidences_of(public: MarkDocument) -> tuple[float, ...]:
    """Confidence of each limit in the mark that a tier is tested against."""
    return tuple(limit.confidence for limit in _usable_limits(public))


def _usable_limits(public: MarkDocument) -> list[Limit]:
    """Those that some number of matching triggers exceeds."""
    return [
        tier.null.limit
        for tier in public.tiers
        if tier.null is not None and tier.null.limit is not None and null_matches(tier) != tier.recipe.triggers
    ]


def _limit(tier: TierRecord, null_rate: float | None) -> int | None:
    if null_rate is not None:
        return largest_count(null_rate, population=tier.recipe.triggers)
    return null_matches(tier)


def claim_of(tier: TierRecord) -> int | None:
    """Fewest triggers that a model of the theft families which the tier is made for matches; None if not measured.

    The lowest of the families' limits, each of members that were made or of members that were supplied. One fresh
    member shows no limit: then it is unknown how few its like match, and nothing is given up on account of the others.
    A copy with noise on its weights is no theft: thieves may match far fewer triggers than it does, so nothing is
    given up on its account either.
    """
    records = [record for record in tier.families if is_meant_for(tier, record) and record.family not in NOISE]
    counts = [family_matches(record, triggers=tier.recipe.triggers) for record in records]
    known = [count for count in counts if count is not None]
    return min(known, default=None) if len(known) == len(counts) else None


def promising_of(tier: TierRecord) -> int | None:
    """The lowest limit there is of what the tier is made for, copies with noise on their weights included."""
    records = (record for record in tier.families if is_meant_for(tier, record))
    counts = (family_matches(record, triggers=tier.recipe.triggers) for record in records)
    return min((count for count in counts if count is not None), default=None)
