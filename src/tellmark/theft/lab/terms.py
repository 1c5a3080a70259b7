"""The terms of a verdict: what a detector asks, how much of it innocent models match, and the levels of its test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from tellmark.statistics.tolerance import Method
from tellmark.verification.sequential import false_claim_bound_of_tiers

RULE = (
    "`supports` once the betting wealth against the hypothesis that no tier matches more questions than its null "
    "limit, averaged over the tiers, reaches 1/α; `does not support` once it is refuted in every tier at level β that "
    "the model matches more than the limit, and as many as thieves do where that was measured; `inconclusive` where "
    "every question was asked and neither is so"
)
"""Of all detectors alike."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TierTerms(_Part):
    """One set of questions, and its null limit.

    Attributes
    ----------
    name : str
    questions : int
        N.
    references : int
        k, the calibration references behind the limit, with which no question was selected.
    null_limit : float or None
        θ₀, the share of the questions that innocent models keep to; None where too few references were there.
    most_matches : int or None
        θ₀ in whole questions.
    method : str or None
        Kind of limit: ``order statistic``, which assumes nothing of the distribution of rates, or ``logit-normal``.
    content, confidence : float or None
        1 - γ and 1 - δ: at least this share of innocent models keep to the limit, with this confidence.
    """

    name: str
    questions: int = Field(ge=1)
    references: int = Field(ge=0)
    null_limit: float | None = Field(default=None, ge=0, le=1)
    most_matches: int | None = Field(default=None, ge=0)
    method: Method | None = None
    content: float | None = Field(default=None, gt=0, lt=1)
    confidence: float | None = Field(default=None, gt=0, lt=1)

    @property
    def testable(self) -> bool:
        """Whether some answers would exceed the limit."""
        return self.most_matches is not None and self.most_matches < self.questions


class Terms(_Part):
    """What the verdicts of one detector rest on.

    Attributes
    ----------
    tiers : tuple of TierTerms
    alpha : float
        Level of ``supports``.
    beta : float
        Level at which asking is given up.
    false_claim_bound : float or None
        Largest probability that an innocent model is claimed, if every limit holds; None where no tier can be tested,
        so that nobody is claimed.
    shadows : dict
        How many stolen models of each theft family the detector was prepared with: the thefts it knew in advance.
    """

    tiers: tuple[TierTerms, ...] = Field(min_length=1)
    alpha: float = Field(gt=0, lt=1)
    beta: float = Field(gt=0, lt=1)
    false_claim_bound: float | None = Field(default=None, ge=0, le=1)
    shadows: dict[str, int] = Field(default_factory=dict)


def terms_of(
    tiers: Sequence[TierTerms], *, alpha: float, beta: float, shadows: Mapping[str, int] | None = None
) -> Terms:
    """The terms, with the bound that follows from them (`false_claim_bound_of_tiers`).

    Examples
    --------
    >>> tier = TierTerms(name="t", questions=60, references=9, most_matches=20, content=0.95, confidence=0.95)
    >>> terms_of([tier], alpha=0.01, beta=0.05).false_claim_bound
    0.0595
    """
    contents = [tier.content for tier in tiers if tier.testable and tier.content is not None]
    bound = round(false_claim_bound_of_tiers(alpha, contents), 6) if contents else None
    return Terms(tiers=tuple(tiers), alpha=alpha, beta=beta, false_claim_bound=bound, shadows=dict(shadows or {}))
