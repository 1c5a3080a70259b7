"""What a verification found: numbers, a verdict and its reasons, without a trigger in it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tellmark.documents import Document
from tellmark.triggers.recipe import RecipeName
from tellmark.types import Json
from tellmark.verification import wording
from tellmark.verification.conduct_record import ConductRecord
from tellmark.verification.verdict import Counts, Verdict

Method = Literal["sequential", "fixed"]


class TierResult(Document):
    """What came of asking the triggers of one tier.

    Attributes
    ----------
    recipe : str
        ``paper``, ``copy``, ``derived`` or ``distilled``.
    triggers : int
        N, the triggers in the tier.
    queries, matches : int
        How many of them were asked, and how many answers equalled the source's.
    rate : float or None
        ``matches / queries``; None where nothing was asked.
    interval : (float, float) or None
        For the share of matches among triggers made the same way (Clopper and Pearson, 1934); None where asking
        stopped depending on the answers, and where nothing was asked.
    matching : (int, int)
        For the number of the tier's N triggers that match: exact hypergeometric where the number of queries was
        fixed, else from the betting processes, valid whenever one stops. Both ends are `matches` when all were asked.
    limit : int or None
        M0, how many of the N an innocent model matches at most.
    limit_from : str or None
        ``mark``: measured on references; ``stated`` by the caller.
    claim : int or None
        M1, how many of the N a model of the tier's theft families matches at least; copies with noise on their
        weights are none. None where that is unknown of one of them.
    e_value : float or None
        The wealth of the bets against "at most M0 match" when asking stopped; None where it is infinite, as more
        matched, and where nothing was tested.
    given_up : bool
        Whether "at least M1 match" (and more than M0) was refuted, so that asking on was futile: the verdict
        ``does not support`` takes that in every tier, and so that every tier can be tested.
    """

    recipe: RecipeName
    triggers: int
    queries: int
    matches: int
    rate: float | None
    interval: tuple[float, float] | None
    matching: tuple[int, int]
    limit: int | None
    limit_from: Literal["mark", "stated"] | None
    claim: int | None
    e_value: float | None
    given_up: bool


class Verification(Document):
    """The result of asking a suspect a mark's triggers.

    Attributes
    ----------
    method : str
        ``sequential``: asked one by one until the verdict was out; ``fixed``: as many as the budget allowed, and
        tested once.
    triggers, queries, matches : int
        Of all tiers that the verification is about, together.
    confidence : float
        Of all intervals.
    tiers : tuple of TierResult
        All of the mark, or those that the caller named.
    null_rate : float or None
        As stated by the caller.
    alpha : float
        Level of ``supports``.
    beta : float or None
        Level at which asking is given up; None where the number of queries was fixed.
    e_value : float or None
        The average wealth over the tiers that could be tested; None where it is infinite, as more triggers matched
        than the limit allows, and where nothing was tested.
    p_value : float or None
        Of the hypothesis that in no tier more triggers match than its limit allows; None where nothing was tested.
    p_value_opposite : float or None
        Of the opposite: that in some tier more match. Of the tiers that can be tested only, so that the verdict
        ``does not support`` takes more where there are others. None where asking was sequential.
    false_claim_bound : float or None
        Largest probability that an innocent model is called ``supports``, if the limits in the mark hold.
    verdict : Verdict
    reasons : tuple of str
        Why, under which assumptions, and what would change it.
    failure : str or None
        What kept the suspect from answering on, where asking ended for that reason.
    recipe_digests : tuple of str
        Of the recipe of each of the tiers.
    model_digest : str or None
        Of the source model, where it has one.
    order_seed : int
        The order of asking, see `tellmark.verification.order.asking_order`.
    order_given : bool
        Whether the caller chose it; else it was drawn afresh.
    conduct : ConductRecord or None
        What else was asked and written down; None where triggers were asked and nothing more.
    """

    schema_: Literal["tellmark.verification/1"] = Field(default="tellmark.verification/1", alias="schema")
    method: Method
    triggers: int
    queries: int
    matches: int
    confidence: float
    tiers: tuple[TierResult, ...]
    null_rate: float | None
    alpha: float
    beta: float | None
    e_value: float | None
    p_value: float | None
    p_value_opposite: float | None
    false_claim_bound: float | None
    verdict: Verdict
    reasons: tuple[str, ...]
    failure: str | None = None
    recipe_digests: tuple[str, ...]
    model_digest: str | None
    order_seed: int
    order_given: bool
    conduct: ConductRecord | None = None

    @property
    def rate(self) -> float:
        """``matches / queries``, over all tiers."""
        return self.matches / self.queries

    @property
    def interval(self) -> tuple[float, float] | None:
        """That of the only tier that was asked; None if there are several."""
        asked = [tier for tier in self.tiers if tier.queries]
        return asked[0].interval if len(asked) == 1 else None

    @property
    def matching(self) -> tuple[int, int] | None:
        """That of the only tier that was asked; None if there are several."""
        asked = [tier for tier in self.tiers if tier.queries]
        return asked[0].matching if len(asked) == 1 else None

    def to_json(self) -> Json:
        """All of it as JSON can hold it; `Verification.model_validate` reads it back."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def findings(self) -> tuple[str, ...]:
        """What was asked and matched: two sentences for one tier, a line for each of several."""
        if len(self.tiers) == 1:
            return self._findings_of(self.tiers[0])
        lines = [f"{tier.recipe}: {'. '.join(self._findings_of(tier))}" for tier in self.tiers]
        return (f"{self.queries} {'query' if self.queries == 1 else 'queries'} in all", *lines)

    def _findings_of(self, tier: TierResult) -> tuple[str, ...]:
        if not tier.queries:
            return (f"none of {tier.triggers} triggers asked",)
        counts = Counts(tier.matches, tier.queries, tier.triggers)
        headline = wording.headline(counts, interval=tier.interval, confidence=self.confidence)
        whenever = ", valid whenever one stops" if self.method == "sequential" else ""
        interval = f"{100 * self.confidence:g} % interval{whenever}"
        covered = wording.coverage(counts, matching=tier.matching, interval=interval)
        exact = counts.exhausted and tier.interval is not None
        return (headline, f"{covered} {wording.INTERVAL_MEANING}" if exact else covered)

    def __str__(self) -> str:
        return "\n".join(
            [*self.findings, wording.verdict_line(self.verdict), *(f"- {reason}" for reason in self.reasons)]
        )
