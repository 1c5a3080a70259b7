"""What a verification with a mark would take, from the public part of the mark alone.

The mark says how often fresh members of the theft families match its triggers, and how often references
kept for calibration do. From these counts follows how many queries a verdict takes, for thieves and for
innocents, before anybody is asked anything (`tellmark.verification.forecasting` says what is exact).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tellmark.errors import InvalidInput
from tellmark.statistics.finite_population import largest_count
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.family_words import family_matches, is_meant_for, name_of
from tellmark.triggers.recipes import TRAITS
from tellmark.triggers.tier import NullRecord, TierRecord
from tellmark.verification.forecasting import Models, TierForecaster, overall_forecast
from tellmark.verification.plan import AT_LIMIT, FalseClaims, Plan, TierPlan
from tellmark.verification.projecting import Projection, more_references, more_triggers
from tellmark.verification.sequential import false_claim_bound_of_tiers
from tellmark.verification.tier_choice import names_left_out, only_tiers, tier_positions
from tellmark.verification.tier_limits import contents_of, tier_tests
from tellmark.verification.tier_test import TierTest
from tellmark.verification.verdict import check_alpha, check_beta

SUPPOSED = (1.0, 0.9, 0.8)
"""Shares of triggers that a model is supposed to match where no fresh member of a family was asked."""


def plan_verification(
    public: MarkDocument,
    *,
    tiers: Sequence[str] | None = None,
    budget: int = 300,
    alpha: float = 0.01,
    beta: float = 0.05,
    null_rate: float | None = None,
) -> Plan:
    """Plan a sequential verification from the public part of a mark.

    Parameters
    ----------
    public : MarkDocument
    tiers : sequence of str, optional
        Names of the tiers that are to be asked, as if the mark had no others; all when left out.
    budget : int
        Queries that may be asked, at least 1; never more than there are triggers are.
    alpha, beta : float
        Levels of ``supports`` and of futility, in (0, 0.5].
    null_rate : float, optional
        In [0, 1): a stated upper limit on the matching rate of independent models, which takes the place of
        the limit that the mark states, or lacks, where one tier is to be asked.

    Returns
    -------
    Plan

    Raises
    ------
    InvalidInput
        If an argument lies outside its range, the mark has no such tier, or a rate is given for several tiers.
    """
    if budget < 1:
        raise InvalidInput(f"a verification takes a budget of at least 1 query, not {budget}")
    check_alpha(alpha)
    check_beta(beta)
    positions = tier_positions(public, tiers)
    left_out = names_left_out(public, positions)
    public = only_tiers(public, positions)
    tests = tier_tests(public, null_rate=null_rate)
    models = _models_of_mark(public, tests)
    tested = [test for test in tests if test.testable]
    forecasters = {
        test.name: TierForecaster(test, position, len(tested), alpha=alpha, beta=beta)
        for position, test in enumerate(tested)
    }
    planned = []
    for record, test in zip(public.tiers, tests, strict=True):
        # A tier that cannot be tested is forecast for a mark in which it could, beside those that can.
        forecaster = forecasters.get(test.name) or TierForecaster(
            test, len(tested), len(tested) + 1, alpha=alpha, beta=beta
        )
        planned.append(_plan_tier(record, forecaster, models, null_rate=null_rate, budget=budget))
    overall = [overall_forecast(list(forecasters.values()), each, budget=budget) for each in models] if tested else []
    return Plan(
        alpha=alpha,
        beta=beta,
        budget=budget,
        null_rate=null_rate,
        tiers=tuple(planned),
        overall=tuple(each for each in overall if each is not None),
        false_claims=_false_claims(public, tests, alpha=alpha, null_rate=null_rate),
        left_out=left_out,
    )


def _plan_tier(
    record: TierRecord, forecaster: TierForecaster, models: Sequence[Models], *, null_rate: float | None, budget: int
) -> TierPlan:
    test, null = forecaster.test, record.null
    asked = [each for each in models if test.name in each.matches]
    own = TRAITS[record.recipe.name].families or ("copy",)
    asked.sort(key=lambda each: (each.role == "innocent", each.role == "thief" and each.theft_class not in own))
    ours = [each for each in asked if each.role == "supposed" or (each.role == "thief" and each.theft_class in own)]
    hardest = min(ours, key=lambda each: float(np.mean(each.matches[test.name])), default=None)
    projections: tuple[Projection, ...] = ()
    if hardest is not None:
        if null_rate is None and null is not None and null.limit is not None:
            projections += more_references(forecaster, null, hardest, budget=budget)
        if test.limit is not None:
            projections += more_triggers(forecaster, null, hardest, null_rate=null_rate, budget=budget)
    return TierPlan(
        test=test,
        classes=own,
        doubtful=_doubtful(record, test) if test.testable else (),
        null=null,
        null_rate=null_rate,
        level=forecaster.level if test.testable else None,
        forecasts=tuple(forecaster.forecast(each, budget=budget) for each in asked) if test.testable else (),
        hardest=hardest,
        projections=projections,
    )


def _doubtful(record: TierRecord, test: TierTest) -> tuple[str, ...]:
    """Families that the tier is made for whose own limit leaves no gap to that of independent models."""
    limits = {
        name_of(family): family_matches(family, triggers=test.triggers) or 0
        for family in record.families
        if family.matches and is_meant_for(record, family)
    }
    return tuple(name for name, fewest in limits.items() if test.limit is not None and fewest <= test.limit)


def _models_of_mark(public: MarkDocument, tests: Sequence[TierTest]) -> list[Models]:
    """Every kind of model that there are counts of: families, supposed models, innocents."""
    families: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
    supposed: dict[str, dict[str, tuple[int, ...]]] = {}
    innocents: dict[str, dict[str, tuple[int, ...]]] = {}
    for record, test in zip(public.tiers, tests, strict=True):
        for family in record.families:
            if family.matches:
                families.setdefault((name_of(family), family.theft_class), {})[test.name] = family.matches
        if not any(family.matches and is_meant_for(record, family) for family in record.families):
            for share in SUPPOSED:
                count = largest_count(share, population=test.triggers)
                supposed.setdefault(f"supposed to match {100 * share:g} %", {})[test.name] = (count,)
        for name, count in _innocent_counts(record.null, test):
            innocents.setdefault(name, {})[test.name] = (count,)
    return [
        *(Models(family, "thief", matches, kind) for (family, kind), matches in families.items()),
        *(Models(name, "supposed", matches) for name, matches in supposed.items()),
        *(Models(name, "innocent", matches) for name, matches in innocents.items()),
    ]


def _innocent_counts(null: NullRecord | None, test: TierTest) -> list[tuple[str, int]]:
    counts = []
    if null is not None and null.matches:
        # The upper one of two middle counts: a model that exists.
        middle = sorted(null.matches)[len(null.matches) // 2]
        counts = [("median reference", middle), ("highest reference", max(null.matches))]
    return counts if test.limit is None else [*counts, (AT_LIMIT, test.limit)]


def _false_claims(
    public: MarkDocument, tests: Sequence[TierTest], *, alpha: float, null_rate: float | None
) -> FalseClaims | None:
    if not any(test.testable for test in tests):
        return None
    if null_rate is not None:
        return FalseClaims(alpha, None)
    limits = [record.null.limit for record in public.tiers if record.null is not None and record.null.limit is not None]
    tested = [limit for limit, test in zip(limits, tests, strict=True) if test.testable]
    return FalseClaims(
        false_claim_bound_of_tiers(alpha, contents_of(public)),
        max(0.0, 1 - sum(1 - limit.confidence for limit in tested)),
    )
