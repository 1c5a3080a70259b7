"""The plan of a verification: what it would take, and what is promised of innocent models."""

from __future__ import annotations

from dataclasses import dataclass

from tellmark.statistics.tolerance import models_needed
from tellmark.triggers.tier import Limit, NullRecord
from tellmark.types import Json
from tellmark.verification import plan_wording as wording
from tellmark.verification.forecasting import Forecast, Models
from tellmark.verification.projecting import Projection
from tellmark.verification.tier_test import TierTest
from tellmark.verification.wording import left_out_by_choice

SCHEMA = "tellmark.plan/1"

AT_LIMIT = "at the null limit"
"""Name of the innocent model that is claimed most often: it matches M0 triggers of each tier."""


@dataclass(frozen=True)
class FalseClaims:
    """How often an innocent model is claimed, at most.

    Attributes
    ----------
    bound : float
        Upper bound on the probability (`false_claim_bound_of_tiers`).
    confidence : float or None
        With which it holds: that all measured limits do. None where every limit was stated; the bound then
        holds for models that keep to the stated rate, and only for them.
    """

    bound: float
    confidence: float | None


@dataclass(frozen=True)
class TierPlan:
    """The plan for one tier.

    Attributes
    ----------
    test : TierTest
        N, M0 and M1.
    classes : tuple of str
        Classes of theft that the tier is made for.
    doubtful : tuple of str
        Families that the tier is made for whose limit θ₁, as far as there is one, does not exceed M0.
    null : NullRecord or None
        How the calibration references match.
    null_rate : float or None
        The stated rate that M0 follows from, if there is one.
    level : float or None
        At which the tier's own null must be refuted; None if it cannot be tested.
    forecasts : tuple of Forecast
        Counting the tier's own queries only: families that it is made for, other families, innocents. Empty if
        it cannot be tested.
    hardest : Models or None
        Of those that the tier is made for, the ones that match least: for whom projections are made.
    projections : tuple of Projection
    """

    test: TierTest
    classes: tuple[str, ...]
    doubtful: tuple[str, ...]
    null: NullRecord | None
    null_rate: float | None
    level: float | None
    forecasts: tuple[Forecast, ...]
    hardest: Models | None
    projections: tuple[Projection, ...]

    @property
    def measured(self) -> Limit | None:
        """θ₀ as the mark has it, if M0 follows from it."""
        return self.null.limit if self.null is not None and self.null_rate is None else None

    @property
    def references(self) -> int:
        """How many were kept for calibration."""
        return 0 if self.null is None else len(self.null.matches)

    @property
    def only_supposed(self) -> bool:
        """Whether no fresh model of the kind that the tier is made for was asked."""
        return any(each.models.role == "supposed" for each in self.forecasts)

    @property
    def foundation(self) -> str | None:
        """Where M0 comes from, in a sentence; None if the tier cannot be tested."""
        if not self.test.testable:
            return None
        return wording.foundation(self.test, self.measured, references=self.references, needed=self.models_needed)

    @property
    def models_needed(self) -> int | None:
        """References that a null limit takes which assumes no distribution; None with a stated rate."""
        limit = self.measured
        return None if limit is None else models_needed(content=limit.content, confidence=limit.confidence)

    def to_json(self) -> dict[str, Json]:
        """The tier's part of the document."""
        limit = self.measured
        return {
            "name": self.test.name,
            "theft_classes": list(self.classes),
            "triggers": self.test.triggers,
            "limit": self.test.limit,
            "limit_rate": self.null_rate if limit is None else limit.value,
            "limit_method": _method(self),
            "content": None if limit is None else limit.content,
            "confidence": None if limit is None else limit.confidence,
            "references": self.references,
            "references_for_any_distribution": self.models_needed,
            "claim": self.test.claim,
            "foundation": self.foundation,
            "level": self.level,
            "forecasts": [
                {**each.to_json(), "matches": list(each.models.matches[self.test.name])} for each in self.forecasts
            ],
            "projections": [each.to_json() for each in self.projections],
        }


@dataclass(frozen=True)
class Plan:
    """What a sequential verification with a mark would take.

    Attributes
    ----------
    alpha, beta : float
        Levels of ``supports`` and of futility.
    budget : int
        Queries that may be asked, at most.
    null_rate : float or None
        Stated, in place of the limit that was measured.
    tiers : tuple of TierPlan
        In the order of asking.
    overall : tuple of Forecast
        For all tiers that can be tested together, asked in order.
    false_claims : FalseClaims or None
        None where no tier can be tested: no model is then claimed.
    left_out : tuple of str
        Tiers of the mark that are not asked, by choice.
    """

    alpha: float
    beta: float
    budget: int
    null_rate: float | None
    tiers: tuple[TierPlan, ...]
    overall: tuple[Forecast, ...]
    false_claims: FalseClaims | None
    left_out: tuple[str, ...] = ()

    @property
    def decidable(self) -> bool:
        """Whether a verdict other than ``inconclusive`` is possible."""
        return any(tier.test.testable for tier in self.tiers)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the plan rests on, and what it cannot say."""
        testable = [tier.test for tier in self.tiers if tier.test.testable]
        obstacles = [wording.obstacle(tier.test, tier.references) for tier in self.tiers]
        sentences = [text for text in obstacles if text is not None]
        sentences.extend(left_out_by_choice(self.left_out))
        if self.false_claims is None:
            return (*sentences, wording.advice(len(self.tiers)))
        sentences.extend(wording.no_no(len(self.tiers) - len(testable)))
        sentences.append(wording.false_claims(self.false_claims.bound, self.false_claims.confidence))
        sentences.extend(wording.doubtful(tier.test.name, tier.doubtful) for tier in self.tiers if tier.doubtful)
        sentences.extend(wording.several_tiers(len(testable)))
        left = testable if len(testable) > 1 else []
        sentences.extend(wording.leaving(test.name) for test in left if test.leaving is not None)
        sentences.extend(wording.supposed(tier.test.name) for tier in self.tiers if tier.only_supposed)
        triggers = sum(test.triggers for test in testable)
        if self.budget > triggers:
            sentences.append(wording.ample(self.budget, triggers))
        return (*sentences, wording.AVERAGE)

    def to_json(self) -> dict[str, Json]:
        """The plan as a JSON document of schema ``tellmark.plan/1``."""
        bound = self.false_claims
        return {
            "schema": SCHEMA,
            "alpha": self.alpha,
            "beta": self.beta,
            "budget": self.budget,
            "null_rate": self.null_rate,
            "decidable": self.decidable,
            "false_claim_bound": None if bound is None else bound.bound,
            "false_claim_confidence": None if bound is None else bound.confidence,
            "tiers": [tier.to_json() for tier in self.tiers],
            "overall": [each.to_json() for each in self.overall],
            "remarks": list(self.remarks),
        }


def _method(tier: TierPlan) -> str | None:
    if tier.null_rate is not None:
        return "stated"
    return None if tier.measured is None else tier.measured.method
