"""What a verification found: numbers, a verdict and its reasons, without a trigger in it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tellmark.triggers.recipe import Document
from tellmark.types import Json
from tellmark.verification import wording
from tellmark.verification.verdict import Counts, Verdict


class Verification(Document):
    """The result of asking a suspect a mark's triggers.

    Attributes
    ----------
    triggers : int
        N, the triggers in the mark.
    queries : int
        How many of them were asked.
    matches : int
        How many answers equalled the source's.
    rate : float
        ``matches / queries``.
    confidence : float
        Of both intervals.
    interval : (float, float)
        For the share of matches among triggers made the same way (Clopper and Pearson, 1934).
    matching : (int, int)
        For the number of the mark's N triggers that match (exact hypergeometric); both ends are
        `matches` when all were asked.
    null_rate : float or None
        As stated by the caller.
    alpha : float
        Level of the tests behind the verdict.
    p_value : float or None
        Of the hypothesis that no more of the N triggers match than `null_rate` allows; None without one.
    p_value_opposite : float or None
        Of the hypothesis that more of them match.
    verdict : Verdict
    reasons : tuple of str
        Why, under which assumptions, and what would change it.
    recipe_digest : str
        Of the mark's recipe.
    model_digest : str or None
        Of the source model, where it has one.
    order_seed : int
        The order of asking, see `tellmark.verification.order.asking_order`.
    order_given : bool
        Whether the caller chose it; else it was drawn afresh.
    """

    schema_: Literal["tellmark.verification/1"] = Field(default="tellmark.verification/1", alias="schema")
    triggers: int
    queries: int
    matches: int
    rate: float
    confidence: float
    interval: tuple[float, float]
    matching: tuple[int, int]
    null_rate: float | None
    alpha: float
    p_value: float | None
    p_value_opposite: float | None
    verdict: Verdict
    reasons: tuple[str, ...]
    recipe_digest: str
    model_digest: str | None
    order_seed: int
    order_given: bool

    def to_json(self) -> Json:
        """All of it as JSON can hold it; `Verification.model_validate` reads it back."""
        return self.model_dump(mode="json", by_alias=True)

    def __str__(self) -> str:
        counts = Counts(self.matches, self.queries, self.triggers)
        lines = [
            wording.headline(counts, interval=self.interval, confidence=self.confidence),
            wording.coverage(counts, matching=self.matching, confidence=self.confidence),
            wording.verdict_line(self.verdict),
            *(f"- {reason}" for reason in self.reasons),
        ]
        return "\n".join(lines)
