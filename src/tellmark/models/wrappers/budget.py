"""What asking may cost: queries, and money."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tellmark.errors import BudgetSpent, InvalidInput
from tellmark.models.base import Answers, Model, ModelInfo
from tellmark.models.wrappers.exchanging import ExchangingModel
from tellmark.types import Batch


@dataclass
class Budget:
    """Counts queries before they are sent, and sends none that goes beyond.

    Every query counts that the suspect may have answered, or charged for: also one that was sent and never answered,
    and once more for each time that it was sent again after such a failure.

    Attributes
    ----------
    max_queries : int or None
        At least 1; None sets no limit.
    cost_per_query : float
        Money, in any currency.
    max_cost : float or None
        In the same currency; None sets no limit.
    sent : int
        Queries sent so far.
    repeated : int
        Of these, how many were sent again after a failure that may have been an answer.
    held_back : int
        Of the queries allowed, how many are kept for later.

    Raises
    ------
    InvalidInput
        If a number lies outside its range, or not even one query can be paid.
    """

    max_queries: int | None = None
    cost_per_query: float = 0.0
    max_cost: float | None = None
    sent: int = 0
    repeated: int = 0
    held_back: int = 0

    def __post_init__(self) -> None:
        if self.max_queries is not None and self.max_queries < 1:
            raise InvalidInput(f"a budget of {self.max_queries} queries asks nothing; give at least 1, or none")
        if not (math.isfinite(self.cost_per_query) and self.cost_per_query >= 0):
            raise InvalidInput(f"the cost per query must be 0 or more, not {self.cost_per_query}")
        if self.max_cost is None:
            return
        if not (math.isfinite(self.max_cost) and self.max_cost >= 0):
            raise InvalidInput(f"the most that asking may cost must be 0 or more, not {self.max_cost}")
        if self.cost_per_query == 0:
            raise InvalidInput("a limit of the cost needs the cost per query beside it")
        if self.max_cost < self.cost_per_query:
            raise InvalidInput(f"a cost of at most {self.max_cost:g} pays no query of {self.cost_per_query:g}")

    @property
    def cost(self) -> float:
        """Of the queries sent so far."""
        return self.sent * self.cost_per_query

    @property
    def allowed(self) -> int | None:
        """Queries in all that both limits allow; None where there is none."""
        # Rounding must not cost a query: 0.3 pays three of 0.1.
        paid = None if self.max_cost is None else math.floor(self.max_cost / self.cost_per_query * (1 + 1e-12))
        limits = [limit for limit in (self.max_queries, paid) if limit is not None]
        return min(limits, default=None)

    def charge(self, queries: int) -> None:
        """Count queries that are about to be sent.

        Raises
        ------
        BudgetSpent
            If they would go beyond; then none is counted.
        """
        allowed = self.allowed
        if allowed is not None and self.sent + queries > allowed - self.held_back:
            raise BudgetSpent(f"the budget of {allowed} queries is spent: {self.sent} were sent{self._kept()}")
        self.sent += queries

    def charge_again(self, queries: int) -> None:
        """Count queries that are about to be sent again, as `charge` does."""
        self.charge(queries)
        self.repeated += queries

    def _kept(self) -> str:
        return f", and {self.held_back} are kept for the end" if self.held_back else ""


class BudgetedModel:
    """Charges every query to a budget before it is sent.

    Parameters
    ----------
    model : Model
    budget : Budget
    """

    def __init__(self, model: Model, budget: Budget) -> None:
        self._model = model
        self._budget = budget

    def __repr__(self) -> str:
        return f"BudgetedModel({self._model!r})"

    @property
    def info(self) -> ModelInfo:
        """The model's."""
        return self._model.info

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`.

        Raises
        ------
        BudgetSpent
            If it would go beyond; nothing of it is then sent.
        """
        self._budget.charge(len(batch))
        return self._model.query(batch)


@contextmanager
def repeats_charged(model: Model, budget: Budget) -> Iterator[None]:
    """While this lasts, queries that `model` sends again over a network are charged, and not sent beyond the budget."""
    if not isinstance(model, ExchangingModel):
        yield
        return
    before = model.on_repeat
    model.on_repeat = lambda inputs: budget.charge_again(len(inputs))
    try:
        yield
    finally:
        model.on_repeat = before
