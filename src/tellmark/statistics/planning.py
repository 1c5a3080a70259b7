"""How many queries a sequential verification takes: exact, from the counts alone.

The wealth of a bet depends on how many answers came and how many of them matched, not on their order. So
a test is a boundary, a number of matches after each number of queries, and the probability of crossing
it follows exactly by walking through all pairs of counts: N steps over at most N + 1 counts each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_probability
from tellmark.statistics.betting import refuting_log_wealth
from tellmark.statistics.wealth import AtLeast, AtMost


@dataclass(frozen=True)
class DecisionTimes:
    """When a sequential verification of a suspect ends, and how.

    Attributes
    ----------
    refuted : ndarray of float, shape (N + 1,)
        Probability that "at most M0 match" is refuted by exactly the t-th answer, t = 0 … N.
    futile : ndarray of float, shape (N + 1,)
        Probability that asking stops for futility at exactly the t-th answer.
    """

    refuted: NDArray[np.float64]
    futile: NDArray[np.float64]

    def detection_probability(self, budget: int) -> float:
        """Probability that "at most M0 match" is refuted within `budget` queries."""
        return min(1.0, float(self.refuted[: self._checked(budget) + 1].sum()))

    def futility_probability(self, budget: int) -> float:
        """Probability that asking stops for futility within `budget` queries."""
        return min(1.0, float(self.futile[: self._checked(budget) + 1].sum()))

    def undecided_probability(self, budget: int) -> float:
        """Probability that `budget` queries lead to neither."""
        return max(0.0, 1 - self.detection_probability(budget) - self.futility_probability(budget))

    def expected_queries(self, budget: int) -> float:
        """Expected number of queries when asking stops at either end or at the budget."""
        ended = np.cumsum(self.refuted + self.futile)[: self._checked(budget)]
        return float(np.clip(1 - ended, 0, 1).sum())

    def queries_to_detect(self, probability: float) -> int | None:
        """Fewest queries within which "at most M0 match" is refuted with this probability; None if never.

        Raises
        ------
        InvalidInput
            If the probability lies outside (0, 1).
        """
        return _first_reaching(self.refuted, probability)

    def queries_to_decide(self, probability: float) -> int | None:
        """Fewest queries within which asking stops, at either end, with this probability; None if never.

        Raises
        ------
        InvalidInput
            If the probability lies outside (0, 1).
        """
        return _first_reaching(self.refuted + self.futile, probability)

    def _checked(self, budget: int) -> int:
        if not 0 <= budget < self.refuted.size:
            raise InvalidInput(
                f"a budget is between 0 and the {self.refuted.size - 1} triggers there are, not {budget}"
            )
        return budget


def matches_to_refute(hypothesis: AtMost, *, level: float) -> NDArray[np.int64]:
    """After each number of queries, the fewest matches that refute "at most M0 match" at this level.

    Parameters
    ----------
    hypothesis : AtMost
    level : float
        In (0, 1).

    Returns
    -------
    ndarray of int, shape (N + 1,)
        After t = 0 … N queries; ``t + 1`` where no number of matches would do. It never falls, and never
        rises by more than 1.

    Raises
    ------
    InvalidInput
        If the level lies outside its range.

    Examples
    --------
    >>> matches_to_refute(AtMost(50, population=100), level=0.01)[[8, 9, 20, 60, 100]]
    array([ 9,  9, 17, 39, 51])
    """
    threshold = refuting_log_wealth(level)
    fewest = np.empty(hypothesis.population + 1, dtype=np.int64)
    matches = 0
    for queries in range(hypothesis.population + 1):
        # A miss never raises the wealth, so what did not do after fewer queries does not do now.
        while matches <= queries and hypothesis.log_wealth(matches, queries) < threshold:
            matches += 1
        fewest[queries] = matches
    return fewest


def matches_to_give_up(hypothesis: AtLeast, *, level: float) -> NDArray[np.int64]:
    """After each number of queries, the most matches that refute "at least M1 match" at this level.

    Parameters
    ----------
    hypothesis : AtLeast
    level : float
        In (0, 1).

    Returns
    -------
    ndarray of int, shape (N + 1,)
        After t = 0 … N queries; -1 where no number of matches would do.

    Raises
    ------
    InvalidInput
        If the level lies outside its range.

    Examples
    --------
    >>> matches_to_give_up(AtLeast(80, population=100), level=0.05)[[1, 2, 20, 60, 100]]
    array([-1, -1, 10, 41, 79])
    """
    return np.arange(hypothesis.population + 1) - matches_to_refute(hypothesis.of_misses, level=level)


@dataclass(frozen=True)
class StoppingRule:
    """After how many matches asking stops: the same for every suspect, so it is worth computing once.

    Attributes
    ----------
    enough : ndarray of int, shape (N + 1,)
        After t queries, the fewest matches that refute "at most M0 match" (`matches_to_refute`).
    too_few : ndarray of int, shape (N + 1,)
        After t queries, the most matches at which asking is futile (`matches_to_give_up`); -1 for none.
    """

    enough: NDArray[np.int64]
    too_few: NDArray[np.int64]

    @classmethod
    def at(cls, null: AtMost, *, alpha: float, futility: AtLeast | None = None, beta: float = 0.05) -> StoppingRule:
        """The rule that stops where `decision_times` does, with its parameters and errors."""
        population = null.population
        if futility is not None and futility.population != population:
            raise InvalidInput(f"the hypotheses speak of {population} and of {futility.population} triggers")
        too_few = np.full(population + 1, -1) if futility is None else matches_to_give_up(futility, level=beta)
        return cls(matches_to_refute(null, level=alpha), too_few)

    def times(self, matching: int) -> DecisionTimes:
        """When it stops for a suspect that matches `matching` of the N triggers, ``0 <= matching <= N``.

        Raises
        ------
        InvalidInput
            If so many cannot match.
        """
        population = self.enough.size - 1
        if not 0 <= matching <= population:
            raise InvalidInput(f"between 0 and all {population} triggers can match, not {matching}")
        refuted, futile = np.zeros(population + 1), np.zeros(population + 1)
        counts = np.arange(matching + 1)
        undecided = (counts == 0).astype(np.float64)
        for queries in range(1, population + 1):
            enough, too_few = counts >= self.enough[queries], counts <= self.too_few[queries]
            up = undecided * np.clip((matching - counts) / (population - queries + 1), 0, 1)
            undecided -= up
            undecided[1:] += up[:-1]
            refuted[queries], futile[queries] = undecided[enough].sum(), undecided[too_few].sum()
            undecided[enough | too_few] = 0
        return DecisionTimes(refuted, futile)


def decision_times(
    matching: int,
    *,
    null: AtMost,
    alpha: float,
    futility: AtLeast | None = None,
    beta: float = 0.05,
) -> DecisionTimes:
    """When, and how, the verification of a suspect ends of which `matching` triggers match.

    Asking stops as soon as `null` is refuted at level `alpha`, or `futility` at level `beta`. No answer
    can bring about both: a match can only complete the first, a miss only the second. If ``matching <=
    M0``, the first ever happens with probability at most alpha; if ``matching >= M1``, the second with
    probability at most beta. All chance is in the order of asking.

    Parameters
    ----------
    matching : int
        M, how many of the N triggers the suspect matches; ``0 <= M <= N``.
    null : AtMost
        At most M0 of the N match.
    alpha : float
        In (0, 1).
    futility : AtLeast or None
        At least M1 of the N match; without it nothing but the budget ends the asking of an innocent.
    beta : float
        In (0, 1).

    Returns
    -------
    DecisionTimes

    Raises
    ------
    InvalidInput
        If an argument lies outside its range, or the hypotheses are about different populations.

    Examples
    --------
    A copy that matches 95 of 100 triggers, where innocent models match at most 60:

    >>> times = decision_times(95, null=AtMost(60, population=100), alpha=0.01)
    >>> times.queries_to_detect(0.5), times.queries_to_detect(0.95)
    (12, 24)
    >>> round(times.expected_queries(budget=100), 1), round(times.detection_probability(budget=20), 3)
    (15.4, 0.813)
    """
    return StoppingRule.at(null, alpha=alpha, futility=futility, beta=beta).times(matching)


def average_times(times: Sequence[DecisionTimes]) -> DecisionTimes:
    """Decision times of a suspect drawn at random from several, such as the proxies of a theft family.

    Raises
    ------
    InvalidInput
        If there are none, or they belong to different numbers of triggers.
    """
    if len({each.refuted.size for each in times}) != 1:
        raise InvalidInput("an average takes at least one suspect, and the same number of triggers for all")
    return DecisionTimes(
        np.mean([each.refuted for each in times], axis=0), np.mean([each.futile for each in times], axis=0)
    )


def false_claim_bound(*, alpha: float, content: float) -> float:
    """Largest probability that an innocent model is claimed: ``(1 - content) + content * alpha``.

    A share of at most ``1 - content`` of innocent models exceeds an upper tolerance limit, and a
    sequential test at level alpha claims any of the others with probability at most alpha. It holds with
    the confidence of the tolerance limit and under its assumptions.

    Raises
    ------
    InvalidInput
        If an argument lies outside (0, 1).

    Examples
    --------
    >>> round(false_claim_bound(alpha=0.01, content=0.95), 4)
    0.0595
    """
    check_probability(alpha, name="alpha")
    check_probability(content, name="content")
    return (1 - content) + content * alpha


def _first_reaching(probabilities: NDArray[np.float64], probability: float) -> int | None:
    check_probability(probability, name="the probability")
    reached = np.cumsum(probabilities) >= probability
    return int(reached.argmax()) if reached.any() else None
