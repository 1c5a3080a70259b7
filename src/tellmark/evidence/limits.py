"""How sure the limits of a registration are, and what they bound."""

from __future__ import annotations

from tellmark.evidence.predicates import NullBasis, RegistrationPredicate, TierCommitment
from tellmark.verification.sequential import false_claim_bound_of_tiers


def stated_tiers(registration: RegistrationPredicate) -> tuple[str, ...]:
    """Names of the tiers that can decide something by a limit that the owner stated and nobody measured."""
    return tuple(tier.name for tier in _testable(registration) if tier.null is None)


def bases_of_limits(registration: RegistrationPredicate) -> tuple[NullBasis, ...]:
    """What the limits of the tiers that can decide something rest on, as far as they were measured."""
    return tuple(tier.null for tier in _testable(registration) if tier.null is not None)


def false_claim_bound(registration: RegistrationPredicate) -> float:
    """Largest probability that a further innocent model is claimed, if the measured limits hold; at most 1.

    Alpha, and for every tier the share of innocent models beyond its limit.
    """
    contents = [null.content for null in bases_of_limits(registration)]
    return min(1.0, false_claim_bound_of_tiers(registration.rule.alpha, contents))


def sureness(registration: RegistrationPredicate) -> float:
    """Smallest probability that all measured limits hold: they may fail in different draws of references."""
    return max(0.0, 1 - sum(1 - null.confidence for null in bases_of_limits(registration)))


def _testable(registration: RegistrationPredicate) -> list[TierCommitment]:
    return [tier for tier in registration.tiers if tier.limit is not None and tier.limit < tier.triggers]
