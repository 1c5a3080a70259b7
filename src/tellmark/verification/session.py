"""One verification: a mark, a suspect, and answers until a verdict or the end of the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from tellmark.errors import BudgetSpent, InvalidInput, Mismatch, ModelError
from tellmark.models.base import Model
from tellmark.models.classes import aligned
from tellmark.statistics.arguments import check_confidence
from tellmark.triggers.mark import Mark
from tellmark.types import Indices, Progress, silent
from tellmark.verification.asking import SLICE, Asker
from tellmark.verification.endings import failure_in_words
from tellmark.verification.order import DrawnSeed, fresh_order_seed, tier_orders
from tellmark.verification.reporting import Settings, result_of_counts, result_of_sequence
from tellmark.verification.result import Method, Verification
from tellmark.verification.sequential import SequentialTest
from tellmark.verification.tier_choice import names_left_out, only_tiers, tier_positions
from tellmark.verification.tier_limits import tier_tests, with_reserve
from tellmark.verification.tier_test import TierTest
from tellmark.verification.verdict import Counts, check_alpha, check_beta


def verify(
    mark: Mark,
    suspect: Model,
    *,
    method: Method | None = None,
    tiers: Sequence[str] | None = None,
    null_rate: float | None = None,
    max_queries: int | None = None,
    alpha: float = 0.01,
    beta: float = 0.05,
    confidence: float = 0.95,
    order_seed: int | None = None,
    reserve: Sequence[Sequence[int]] = (),
    progress: Progress = silent,
) -> Verification:
    """Ask the suspect the mark's triggers in random order and say what the answers are worth.

    Only labels are used. Each trigger is asked at most once. A suspect that fails after its first answers has its
    result from these, if it is asked one by one: stopping for any reason leaves the levels as they are. A number of
    queries that was settled beforehand has to be reached.

    Parameters
    ----------
    mark : Mark
    suspect : Model
        Its class names, where it has them, must be the mark's, in any order.
    method : "sequential", "fixed" or None
        Ask one trigger after another and stop when the verdict is out; or ask as many as the budget allows and
        test once, exactly. None is sequential where a limit for innocent models is known, and fixed where not.
        Either asks a tier that can decide nothing only if none can decide anything.
    tiers : sequence of str or None
        Names of the tiers to ask and test, as if the mark had no others; None takes all. Settle it before any answer:
        whoever chooses by the answers has tested the others as well.
    null_rate : float or None
        In [0, 1): an upper limit on the share of triggers that independent models match, where one tier is asked.
        It is taken as stated, and in place of the limit in the mark. Without either the verdict is ``inconclusive``.
    max_queries : int or None
        Query budget, at least 1; None allows every trigger. With the fixed method settle it before any answer.
    alpha : float
        Level of ``supports``, in (0, 0.5].
    beta : float
        Level at which a tier is left for the others, and given up, in (0, 0.5]; the fixed method has no use for it.
    confidence : float
        Of the intervals, in (0, 1).
    order_seed : int or None
        Order of asking, for a repetition; None draws a fresh one. A `DrawnSeed` is one that this run drew before.
    reserve : sequence of sequence of int
        For each tier of the mark the positions in it that are not asked; empty where all may be. They must be a random
        subset, drawn before any answer: then the others are a random draw from all, and every level holds.
    progress : Progress

    Returns
    -------
    Verification

    Raises
    ------
    InvalidInput
        If a setting lies outside its range, the mark has no such tier, or the suspect is no model.
    Mismatch
        If the suspect has another label set, or cannot take the mark's inputs; later, where the number of queries was
        settled beforehand, if it gives an answer that is no class of the mark.
    ModelError
        If the suspect does not answer the first question, or fails later where the number of queries was settled
        beforehand.
    BudgetSpent
        If a budget that the suspect itself keeps to is spent before so many are asked.
    """
    _check(suspect, method=method, max_queries=max_queries, alpha=alpha, beta=beta, confidence=confidence)
    positions = tier_positions(mark.public, tiers)
    public = only_tiers(mark.public, positions)
    tests = with_reserve(tier_tests(public, null_rate=null_rate), [reserve[one] for one in positions if reserve])
    seed = DrawnSeed(fresh_order_seed()) if order_seed is None else order_seed
    settings = Settings(
        alpha,
        beta,
        confidence,
        null_rate,
        int(seed),
        order_given=not isinstance(seed, DrawnSeed),
        left_out=names_left_out(mark.public, positions),
        reserved=sum(test.reserved for test in tests),
    )
    orders = tier_orders(mark.public, seed=seed, reserve=reserve)
    askable = sum(test.askable for test in tests)
    asking = _Asking(
        tests=tests,
        asker=Asker(mark.triggers, aligned(suspect, mark.public.source.classes), mark.public.holdout.space),
        orders=tuple(orders[position] for position in positions),
        budget=askable if max_queries is None else min(max_queries, askable),
        progress=progress,
    )
    if _settled(method, tests):
        return result_of_counts(public, tests, asking.all_at_once(), settings)
    test, failure = asking.one_by_one(alpha=alpha, beta=beta)
    return result_of_sequence(public, test, settings, failure=failure)


def is_settled_beforehand(
    mark: Mark, *, method: Method | None, tiers: Sequence[str] | None, null_rate: float | None
) -> bool:
    """Whether `verify` with these settings asks a number of triggers that does not depend on the answers."""
    public = only_tiers(mark.public, tier_positions(mark.public, tiers))
    return _settled(method, tier_tests(public, null_rate=null_rate))


def _settled(method: Method | None, tests: Sequence[TierTest]) -> bool:
    return method == "fixed" or (method is None and not any(test.testable for test in tests))


@dataclass(frozen=True)
class _Asking:
    """What both methods ask, of whom, and how much at most."""

    tests: tuple[TierTest, ...]
    asker: Asker
    orders: tuple[Indices, ...]
    budget: int
    progress: Progress

    def one_by_one(self, *, alpha: float, beta: float) -> tuple[SequentialTest, str | None]:
        """Ask until the verdict is out, the budget is spent or the suspect fails; then say what kept it.

        An answer that is no class of the mark is a failure too: else whoever gives one takes back all answers before.
        The first question is another matter: a suspect that does not answer it was set up wrongly (`Mismatch`), or is
        not there, and there is nothing to judge by.
        """
        test = SequentialTest(self.tests, alpha=alpha, beta=beta)
        self.progress("verify", 0, self.budget)
        while test.queries < self.budget and (tier := test.next_tier) is not None:
            position = self.orders[tier][test.states[tier].queries]
            try:
                match = bool(self.asker.matches(np.array([position]))[0])
            except BudgetSpent:
                return test, None
            except (ModelError, Mismatch) as error:
                if not test.queries:
                    raise
                return test, failure_in_words(error)
            test = test.update(match=match)
            self.progress("verify", test.queries, self.budget)
        return test, None

    def all_at_once(self) -> tuple[Counts, ...]:
        """Ask as many of each tier as its share of the budget."""
        shares = _shares(self.budget, self._useful_sizes())
        self.progress("verify", 0, sum(shares))
        counts, asked = [], 0
        for test, order, share in zip(self.tests, self.orders, shares, strict=True):
            matches = 0
            for start in range(0, share, SLICE):
                some = order[start : min(start + SLICE, share)]
                matches += int(self.asker.matches(some).sum())
                asked += len(some)
                self.progress("verify", asked, sum(shares))
            counts.append(Counts(matches, share, test.triggers))
        return tuple(counts)

    def _useful_sizes(self) -> list[int]:
        """How many triggers of each tier are worth asking."""
        some_decide = any(test.testable for test in self.tests)
        return [test.askable if test.testable or not some_decide else 0 for test in self.tests]


def _shares(budget: int, sizes: Sequence[int]) -> list[int]:
    """A budget divided as evenly as the sizes allow, earlier tiers first where it does not come out even."""
    shares = [0] * len(sizes)
    rest = min(budget, sum(sizes))
    while rest > 0:
        unfilled = [tier for tier, size in enumerate(sizes) if shares[tier] < size]
        each = max(1, rest // len(unfilled))
        for tier in unfilled:
            more = min(each, sizes[tier] - shares[tier], rest)
            shares[tier] += more
            rest -= more
    return shares


def _check(
    suspect: Model, *, method: str | None, max_queries: int | None, alpha: float, beta: float, confidence: float
) -> None:
    """Refuse bad settings before the first query is spent."""
    if method is not None and method not in get_args(Method):
        raise InvalidInput(f"there is no method '{method}': it is 'sequential' or 'fixed'")
    check_alpha(alpha)
    check_beta(beta)
    check_confidence(confidence)
    if max_queries is not None and max_queries < 1:
        raise InvalidInput(f"a budget of {max_queries} queries asks nothing; give at least 1, or none to ask all")
    if not isinstance(suspect, Model):
        raise InvalidInput(f"a {type(suspect).__name__} answers no queries; load the suspect with load_model")
