"""What must hold within a registration: its numbers go together, and those that follow from others do follow."""

from __future__ import annotations

from dataclasses import replace

from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence.model_files import check_files
from tellmark.evidence.predicates import NullBasis, RegistrationPredicate, TierCommitment
from tellmark.evidence.reserve import first_of
from tellmark.statistics.tolerance import upper_tolerance_limit
from tellmark.verification.tier_test import TierTest
from tellmark.verification.verdict import check_alpha, check_beta

MOST_TIERS = 64
"""Each tier costs whoever checks an order of opening."""

_ROUNDING = 1e-6
"""Absolute, of a rate: libraries of mathematics differ in a quantile of the noncentral t distribution."""


def check_registration(predicate: RegistrationPredicate) -> None:
    """Check all that can be checked of a registration without opening anything.

    The limit M0 of every tier is computed anew from the matches of the calibration references that it states.

    Raises
    ------
    EvidenceError
        If something does not hold.
    """
    _check_holdout(predicate)
    check_files(predicate.files)
    _check_rule(predicate)
    if len(predicate.tiers) > MOST_TIERS:
        raise EvidenceError(f"the registration has more than {MOST_TIERS} tiers")
    names = [tier.name for tier in predicate.tiers]
    if len(set(names)) < len(names):
        raise EvidenceError("the registration has two tiers of one name")
    for tier in predicate.tiers:
        _check_tier(tier)
    leaves = [leaf for tier in predicate.tiers for leaf in tier.leaves]
    if len(set(leaves)) < len(leaves):
        raise EvidenceError("the registration lists one trigger twice")


def _check_holdout(predicate: RegistrationPredicate) -> None:
    classes = predicate.holdout.classes
    if len(classes) < 2 or len(set(classes)) < len(classes):
        raise EvidenceError("the registration names fewer than two classes, or one twice")
    if predicate.holdout.items >= 1 << 32:
        raise EvidenceError("the registration speaks of more hold-out items than candidates can be drawn from")


def _check_rule(predicate: RegistrationPredicate) -> None:
    rule, triggers = predicate.rule, sum(tier.triggers for tier in predicate.tiers)
    try:
        check_alpha(rule.alpha)
        check_beta(rule.beta)
    except InvalidInput as error:
        raise EvidenceError(f"the rule of the registration cannot serve: {error}") from None
    if rule.budget > triggers:
        raise EvidenceError(f"the registration allows {rule.budget} questions, and has {triggers} triggers")


def _check_tier(tier: TierCommitment) -> None:
    if len(tier.leaves) != tier.triggers:
        raise EvidenceError(f"tier '{tier.name}' has {tier.triggers} triggers, and {len(tier.leaves)} leaves")
    if len(tier.reserve) >= tier.triggers or tier.reserve != first_of(tier.leaves, len(tier.reserve)):
        raise EvidenceError(f"tier '{tier.name}' has another reserve than its leaves decide")
    if tier.turn > tier.triggers:
        raise EvidenceError(f"tier '{tier.name}' has {tier.triggers} triggers, and a turn takes {tier.turn}")
    try:
        test = TierTest(tier.name, tier.triggers, tier.limit, claim=tier.claim, promising=tier.promising)
    except InvalidInput as error:
        raise EvidenceError(f"the registration cannot serve: {error}") from None
    if tier.turn and not test.testable:
        raise EvidenceError(f"tier '{tier.name}' can decide nothing, and takes turns all the same")
    if tier.null is not None:
        _check_limit(tier, tier.null)


def _check_limit(tier: TierCommitment, null: NullBasis) -> None:
    triggers = tier.triggers
    if tier.limit is None or any(count > triggers for count in null.matches):
        raise EvidenceError(f"tier '{tier.name}' states matches of references that go with no limit")
    try:
        limit = upper_tolerance_limit(
            [count / triggers for count in null.matches],
            triggers=triggers,
            content=null.content,
            confidence=null.confidence,
        )
        least, most = (
            replace(limit, value=min(1.0, max(0.0, limit.value + rounding))).matches_of(triggers)
            for rounding in (-_ROUNDING, _ROUNDING)
        )
    except (InvalidInput, ArithmeticError, ValueError):
        raise EvidenceError(f"tier '{tier.name}' states levels of its limit that no references support") from None
    if not least <= tier.limit <= most:
        raise EvidenceError(
            f"tier '{tier.name}' states that innocent models match at most {tier.limit} of its triggers, and "
            f"{limit.matches_of(triggers)} follows from its references"
        )
