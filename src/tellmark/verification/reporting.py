"""From answers to a `Verification`: what came of each tier, the verdict over all, and the reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tellmark.statistics.anytime_interval import anytime_count_interval
from tellmark.statistics.bounds import proportion_interval
from tellmark.statistics.finite_population import count_interval
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.independence_words import independence_doubts
from tellmark.verification.fixed import fixed_verdict
from tellmark.verification.reasons import fixed_reasons, sequential_reasons
from tellmark.verification.result import Method, TierResult, Verification
from tellmark.verification.sequential import SequentialTest, false_claim_bound_of_tiers
from tellmark.verification.tier_limits import contents_of
from tellmark.verification.tier_test import TierState, TierTest
from tellmark.verification.verdict import Counts, Verdict
from tellmark.verification.wording import assumptions, reserve


@dataclass(frozen=True)
class Settings:
    """What the caller of a verification chose; see `tellmark.verification.session.verify`."""

    alpha: float
    beta: float
    confidence: float
    null_rate: float | None
    order_seed: int
    order_given: bool
    left_out: tuple[str, ...] = ()
    """Tiers of the mark that are not asked."""
    reserved: int = 0
    """Triggers of the tiers that are asked which are not."""


def result_of_sequence(
    public: MarkDocument, test: SequentialTest, settings: Settings, *, failure: str | None = None
) -> Verification:
    """What came of asking one trigger after another, until the end or until the suspect's `failure`."""
    tiers = tuple(_tier_of_state(state, settings) for state in test.states)
    return _verification(
        public,
        tiers,
        settings,
        method="sequential",
        e_value=_finite(test.wealth) if test.testable else None,
        p_value=test.p_value,
        p_value_opposite=None,
        verdict=test.verdict,
        reasons=sequential_reasons(test, public, settings.null_rate, order_seed=settings.order_seed, failure=failure),
        failure=failure,
    )


def result_of_counts(
    public: MarkDocument, tests: tuple[TierTest, ...], counts: tuple[Counts, ...], settings: Settings
) -> Verification:
    """What came of asking numbers of triggers that were settled beforehand."""
    decision = fixed_verdict(list(zip(tests, counts, strict=True)), alpha=settings.alpha)
    return _verification(
        public,
        tuple(_tier_of_counts(test, count, settings) for test, count in zip(tests, counts, strict=True)),
        settings,
        method="fixed",
        e_value=None,
        p_value=decision.p_value,
        p_value_opposite=decision.p_value_opposite,
        verdict=decision.verdict,
        reasons=fixed_reasons(tests, counts, decision, public, settings.null_rate, alpha=settings.alpha),
    )


def _verification(
    public: MarkDocument,
    tiers: tuple[TierResult, ...],
    settings: Settings,
    *,
    method: Method,
    e_value: float | None,
    p_value: float | None,
    p_value_opposite: float | None,
    verdict: Verdict,
    reasons: tuple[str, ...],
    failure: str | None = None,
) -> Verification:
    return Verification(
        method=method,
        triggers=public.triggers,
        queries=sum(tier.queries for tier in tiers),
        matches=sum(tier.matches for tier in tiers),
        confidence=settings.confidence,
        tiers=tiers,
        null_rate=settings.null_rate,
        alpha=settings.alpha,
        beta=settings.beta if method == "sequential" else None,
        e_value=e_value,
        p_value=p_value,
        p_value_opposite=p_value_opposite,
        false_claim_bound=_false_claim_bound(public, settings),
        verdict=verdict,
        reasons=(*reasons, *_assumptions(public, tiers, settings)),
        failure=failure,
        recipe_digests=tuple(tier.recipe_digest for tier in public.tiers),
        model_digest=public.source.digest,
        order_seed=settings.order_seed,
        order_given=settings.order_given,
    )


def _tier_of_state(state: TierState, settings: Settings) -> TierResult:
    tested = state.tier.testable and state.queries > 0
    matching = anytime_count_interval(
        state.matches, state.queries, population=state.tier.triggers, confidence=settings.confidence
    )
    return _tier_result(
        state.tier,
        Counts(state.matches, state.queries, state.tier.triggers),
        settings,
        interval=None,
        matching=matching,
        e_value=_finite(state.wealth) if tested else None,
        given_up=state.futile_at(settings.beta),
    )


def _tier_of_counts(test: TierTest, counts: Counts, settings: Settings) -> TierResult:
    interval, matching = None, (0, counts.triggers)
    if counts.queries:
        interval = proportion_interval(counts.matches, counts.queries, confidence=settings.confidence)
        matching = count_interval(
            counts.matches, counts.queries, population=counts.triggers, confidence=settings.confidence
        )
    return _tier_result(test, counts, settings, interval=interval, matching=matching, e_value=None, given_up=False)


def _tier_result(
    test: TierTest,
    counts: Counts,
    settings: Settings,
    *,
    interval: tuple[float, float] | None,
    matching: tuple[int, int],
    e_value: float | None,
    given_up: bool,
) -> TierResult:
    origin = "mark" if settings.null_rate is None else "stated"
    return TierResult.model_validate(
        {
            "recipe": test.name,
            "triggers": counts.triggers,
            "queries": counts.queries,
            "matches": counts.matches,
            "rate": counts.matches / counts.queries if counts.queries else None,
            "interval": interval,
            "matching": matching,
            "limit": test.limit,
            "limit_from": None if test.limit is None else origin,
            "claim": test.claim,
            "e_value": e_value,
            "given_up": given_up,
        }
    )


def _assumptions(public: MarkDocument, tiers: tuple[TierResult, ...], settings: Settings) -> tuple[str, ...]:
    """What is taken for granted.

    Of the references, where limits come from them; of the order, where chance is left; and of items, where an interval
    leans on them.
    """
    chance_left = any(0 < tier.queries < tier.triggers for tier in tiers)
    leaning = any(
        tier.recipe.candidates.reuse_items and result.interval is not None
        for tier, result in zip(public.tiers, tiers, strict=True)
    )
    doubts = ()
    if settings.null_rate is None and any(tier.null is not None for tier in public.tiers):
        doubts = independence_doubts(public.references.independence)
    return (
        *reserve(settings.reserved, public.triggers),
        *doubts,
        *assumptions(
            order_given=settings.order_given and chance_left, items_reused=leaning, left_out=settings.left_out
        ),
    )


def _false_claim_bound(public: MarkDocument, settings: Settings) -> float | None:
    """Where the limits are measured: a rate stated by the caller comes with no content."""
    contents = contents_of(public)
    if settings.null_rate is not None or not contents:
        return None
    return false_claim_bound_of_tiers(settings.alpha, contents)


def _finite(wealth: float) -> float | None:
    return wealth if math.isfinite(wealth) else None
