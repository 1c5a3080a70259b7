"""How a verification of a model goes whose numbers of matching triggers are known.

**Exact**, over the order of asking: everything within one tier, and so the whole of a mark with one tier
that can be tested. The wealth depends on the counts alone, and all pairs of counts are walked through
(`tellmark.statistics.planning`).

**With several tiers** the average of their wealths must reach ``1 / alpha``
(`tellmark.verification.sequential`). Of T tiers that can be tested, the first alone must reach
``T / alpha - (T - 1)``, since the others still count 1: exact. When tier i is asked, those before it were
left, and what wealth they kept is counted as 0 here; likewise that of all the others when a tier is asked
again. Their orders of asking are independent, so the times add up (`tellmark.verification.visiting`). Hence
the probability of detection within any number of queries is, beyond the first visit to the first tier, never
overstated, and the queries until then never understated.

What is not known is which model one will meet: a forecast for a family averages over its fresh members,
and holds for the next member only as far as they resemble it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tellmark.errors import InvalidInput
from tellmark.statistics.planning import DecisionTimes, StoppingRule, average_times
from tellmark.types import Json
from tellmark.verification.tier_test import TierTest
from tellmark.verification.visiting import VisitRule, VisitTimes, in_turn

Role = Literal["thief", "supposed", "innocent"]
"""A fresh member of a theft family, a model merely supposed to match so many, or an independent model."""

LIKELY = 0.95
"""Within how many queries a decision falls is said for this probability."""


@dataclass(frozen=True)
class Models:
    """Models of one kind, and how many triggers of each tier each of them matches.

    Attributes
    ----------
    name : str
    role : "thief", "supposed" or "innocent"
    matches : mapping of str to tuple of int
        By name of tier; the models stand in the same order in each. Tiers they were not asked are left out.
    theft_class : str or None
        Of a thief.
    """

    name: str
    role: Role
    matches: dict[str, tuple[int, ...]]
    theft_class: str | None = None


@dataclass(frozen=True)
class Forecast:
    """How the verification of a model drawn at random from some goes.

    Attributes
    ----------
    models : Models
    members : int
        How many models are averaged over.
    budget : int
        Queries that may be asked, at most.
    times : DecisionTimes
        When asking ends, and how.
    """

    models: Models
    members: int
    budget: int
    times: DecisionTimes = field(repr=False, compare=False)

    @property
    def expected_queries(self) -> float:
        """Until the decision or the budget."""
        return self.times.expected_queries(self.budget)

    @property
    def likely_queries(self) -> int | None:
        """Within which a decision falls with probability 0.95, whatever the budget; None if never."""
        return self.times.queries_to_decide(LIKELY)

    @property
    def detection(self) -> float:
        """Probability of ``supports`` within the budget."""
        return self.times.detection_probability(self.budget)

    @property
    def futility(self) -> float:
        """Probability that asking stops within the budget because it is futile."""
        return self.times.futility_probability(self.budget)

    def to_json(self) -> dict[str, Json]:
        """The numbers of a row."""
        return {
            "model": self.models.name,
            "role": self.models.role,
            "theft_class": self.models.theft_class,
            "models": self.members,
            "budget": self.budget,
            "expected_queries": round(self.expected_queries, 6),
            "queries_95": self.likely_queries,
            "detection_probability": round(self.detection, 6),
            "futility_probability": round(self.futility, 6),
        }


@dataclass(frozen=True)
class TierForecaster:
    """Forecasts within one tier that can be tested.

    Attributes
    ----------
    test : TierTest
    earlier, tested : int
        How many tiers that can be tested are asked before this one, and how many there are in all.
    alpha, beta : float
        Levels of the whole verification, in (0, 1).

    Examples
    --------
    >>> tier = TierForecaster(TierTest("copy", triggers=100, limit=60), alpha=0.01, beta=0.05)
    >>> times = tier.times((95, 97))
    >>> times.queries_to_detect(0.95), round(times.expected_queries(100), 1)
    (21, 14.6)
    """

    test: TierTest
    earlier: int = 0
    tested: int = 1
    alpha: float = field(kw_only=True)
    beta: float = field(kw_only=True)

    @property
    def level(self) -> float:
        """Level at which the tier's own null must be refuted: ``1 / (T / alpha - tiers still to come)``."""
        to_come = self.tested - 1 - self.earlier
        return 1 / (self.tested / self.alpha - to_come)

    @cached_property
    def _visits(self) -> VisitRule | None:
        """When asking in this tier stops, as one of several; on the second visit no other tier counts."""
        again = self.alpha / self.tested
        return VisitRule.at(self.test, level=self.level, level_again=again, beta=self.beta)

    @cached_property
    def rule(self) -> StoppingRule:
        """When asking in this tier stops, if no other is waiting."""
        if self.test.null is None:
            raise self._untestable()
        return StoppingRule.at(self.test.null, alpha=self.level, futility=self.test.futility, beta=self.beta)

    def times(self, matches: Sequence[int]) -> DecisionTimes:
        """Decision times averaged over models with these numbers of matching triggers."""
        return average_times([self._times_of(count) for count in matches])

    def forecast(self, models: Models, *, budget: int) -> Forecast:
        """How it goes with models that were asked this tier; only its own queries count."""
        matches = models.matches[self.test.name]
        return Forecast(models, len(matches), min(budget, self.test.triggers), self.times(matches))

    def visits(self, count: int) -> VisitTimes:
        """When asking a model with this number of matching triggers stops, where other tiers are waiting."""
        if self._visits is None:
            raise self._untestable()
        return self._visits.times(count)

    def _times_of(self, count: int) -> DecisionTimes:
        if count not in self._computed:
            self._computed[count] = self.rule.times(count)
        return self._computed[count]

    @cached_property
    def _computed(self) -> dict[int, DecisionTimes]:
        return {}

    def _untestable(self) -> InvalidInput:
        return InvalidInput(f"tier '{self.test.name}' cannot be tested, so there is nothing to forecast")


def overall_forecast(tiers: Sequence[TierForecaster], models: Models, *, budget: int) -> Forecast | None:
    """How it goes with models when the tiers are asked in order, each until left, and once more when all are.

    Parameters
    ----------
    tiers : sequence of TierForecaster
        Those that can be tested.
    models : Models
    budget : int
        For all tiers together.

    Returns
    -------
    Forecast or None
        None if the models were not asked every tier.
    """
    columns = [models.matches.get(tier.test.name) for tier in tiers]
    counts = [column for column in columns if column is not None]
    if len(counts) < len(tiers) or len({len(column) for column in counts}) != 1:
        return None
    members = [
        in_turn([tier.visits(count) for tier, count in zip(tiers, row, strict=True)])
        for row in zip(*counts, strict=True)
    ]
    triggers = sum(tier.test.triggers for tier in tiers)
    return Forecast(models, len(members), min(budget, triggers), average_times(members))
