"""All conditions of the verdict ``supports``, and the outcome that follows."""

from __future__ import annotations

from tellmark.evidence.conditions.base import AllOf
from tellmark.evidence.conditions.circumstances import (
    DateProven,
    EarlierClaimsKnown,
    JudgeKnown,
    NonceDrawn,
    SuspectYounger,
)
from tellmark.evidence.conditions.comparison import (
    IndependentAsked,
    NoBaseClaimed,
    NoIndependentClaimed,
    SuspectApart,
)
from tellmark.evidence.conditions.rule import AuditAgrees, LimitsMeasured, RuleSupports, SourceAnswers
from tellmark.evidence.grounds import Grounds
from tellmark.evidence.verdict_predicate import Outcome

SUPPORTED = AllOf(
    RuleSupports(),
    LimitsMeasured(),
    DateProven(),
    SuspectYounger(),
    NonceDrawn(),
    EarlierClaimsKnown(),
    JudgeKnown(),
    SourceAnswers(),
    AuditAgrees(),
    IndependentAsked(),
    NoIndependentClaimed(),
    NoBaseClaimed(),
    SuspectApart(),
)
"""What the verdict ``supports`` takes, beside a bundle in which everything verifies."""


def outcome_of(grounds: Grounds) -> tuple[Outcome, tuple[str, ...]]:
    """The outcome, and every reason why it is not ``supports``.

    ``does not support`` where the committed test gives the claim up, whatever else is missing; ``inconclusive`` where
    anything at all is missing.
    """
    if grounds.suspect.finding.outcome == "does not support":
        return "does not support", tuple(RuleSupports().missing(grounds))
    missing = tuple(SUPPORTED.missing(grounds))
    return ("inconclusive" if missing else "supports"), missing
