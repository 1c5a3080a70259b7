"""How many queries a tier takes when it may be left and asked again: exact, from the counts alone.

Several tiers are asked in order, each until it is decided or left; when all are left, once more in order,
each until it is decided or futile (`tellmark.verification.sequential`). Within one tier the answers are those
of a single random order, whenever they are asked for; across tiers the orders are independent. So the total
of queries is a sum of independent times, one a tier, and their distributions are all that is needed:

- decided in tier i on the first visit: those before it were left, those after it not asked;
- decided in tier i on the second: those before it were asked until futile, those after it until left;
- not decided at all: every tier was asked until futile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tellmark.statistics.planning import DecisionTimes, matches_to_give_up, matches_to_refute
from tellmark.verification.tier_test import TierTest

Times = NDArray[np.float64]
"""Probabilities that something happens with exactly the t-th query in a tier, shape (N + 1,)."""


@dataclass(frozen=True)
class VisitTimes:
    """When asking one model in one tier stops, on either visit; queries count from the tier's first.

    Attributes
    ----------
    found : ndarray of float, shape (N + 1,)
        Probability that the tier's null is refuted by exactly the t-th answer, on the first visit.
    left : ndarray of float, shape (N + 1,)
        That the tier is left.
    found_again : ndarray of float, shape (N + 1,)
        That the null is refuted on the second visit.
    futile : ndarray of float, shape (N + 1,)
        That asking becomes futile, on either visit.
    """

    found: Times
    left: Times
    found_again: Times
    futile: Times


@dataclass(frozen=True)
class VisitRule:
    """After how many matches a tier is decided, left and given up: the same for every suspect.

    Attributes
    ----------
    enough, enough_again : ndarray of int, shape (N + 1,)
        After t queries, the fewest matches that decide, on the first visit and on the second.
    too_few : ndarray of int, shape (N + 1,)
        The most at which asking is futile; -1 for none.
    unpromising : ndarray of int, shape (N + 1,)
        The most at which the tier is left; never below `too_few`.
    """

    enough: NDArray[np.int64]
    enough_again: NDArray[np.int64]
    too_few: NDArray[np.int64]
    unpromising: NDArray[np.int64]

    @classmethod
    def at(cls, test: TierTest, *, level: float, level_again: float, beta: float) -> VisitRule | None:
        """The rule of a tier whose null must be refuted at these levels; None if it cannot be tested."""
        if test.null is None or test.futility is None:
            return None
        too_few = matches_to_give_up(test.futility, level=beta)
        unpromising = too_few
        if test.leaving is not None:
            unpromising = np.maximum(too_few, matches_to_give_up(test.leaving, level=beta))
        enough, enough_again = (matches_to_refute(test.null, level=each) for each in (level, level_again))
        return cls(enough, enough_again, too_few, unpromising)

    def times(self, matching: int) -> VisitTimes:
        """When it stops for a model that matches `matching` of the N triggers, ``0 <= matching <= N``."""
        population = self.enough.size - 1
        found, left, found_again, futile = (np.zeros(population + 1) for _ in range(4))
        counts = np.arange(matching + 1)
        first, second = (counts == 0).astype(np.float64), np.zeros(matching + 1)
        for queries in range(1, population + 1):
            # A miss more or a match more, for either visit alike.
            chance = np.clip((matching - counts) / (population - queries + 1), 0, 1)
            first, second = (_answered(each, chance) for each in (first, second))
            enough, leaving = counts >= self.enough[queries], counts <= self.unpromising[queries]
            found[queries], left[queries] = first[enough].sum(), first[leaving].sum()
            second[leaving] += first[leaving]
            first[enough | leaving] = 0
            enough, giving_up = counts >= self.enough_again[queries], counts <= self.too_few[queries]
            found_again[queries], futile[queries] = second[enough].sum(), second[giving_up].sum()
            second[enough | giving_up] = 0
        return VisitTimes(found, left, found_again, futile)


def in_turn(times: Sequence[VisitTimes]) -> DecisionTimes:
    """Decision times of tiers asked in order, and once more when all are left.

    The tiers' orders of asking must be independent. It ends futile when every tier does.

    Parameters
    ----------
    times : sequence of VisitTimes
        Of one model, one a tier, at least one.
    """
    parts = []
    for position, each in enumerate(times):
        parts.append(_sum_of([*(earlier.left for earlier in times[:position]), each.found]))
        again = [*(earlier.futile for earlier in times[:position]), each.found_again]
        parts.append(_sum_of([*again, *(later.left for later in times[position + 1 :])]))
    futile = _sum_of([each.futile for each in times])
    refuted = np.zeros(futile.size)
    for part in parts:
        refuted[: part.size] += part
    return DecisionTimes(refuted, futile)


def _answered(undecided: Times, chance: Times) -> Times:
    """Probabilities of the counts of matches after one more answer, which matches with these chances."""
    up = undecided * chance
    following = undecided - up
    following[1:] += up[:-1]
    return following


def _sum_of(times: Sequence[Times]) -> Times:
    """Of the sum of independent times."""
    total = np.ones(1)
    for each in times:
        total = np.convolve(total, each)
    return total
