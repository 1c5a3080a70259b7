"""What bets against a number of matches are worth, with answers drawn without replacement.

N committed triggers are asked in random order; M of them match. Somebody who claims that more than M0
match bets against "at most M0 do", starting with a wealth of 1. Each bet is fair if M = M0 and loses on
average if M is smaller, so under the hypothesis the wealth is not expected to grow, however one decides
when to stop.

**Why the bets are fair.** Let s of the first t answers match. If M match in all, the next answer does
with probability ``(M - s) / (N - t)``, which grows with M. Against an alternative M1 > M0 the wealth is
the likelihood ratio of M1 to M0, and the next answer multiplies it by

- ``u = (M1 - s) / (M0 - s) >= 1`` if it is a match,
- ``d = (N - M1 - (t - s)) / (N - M0 - (t - s)) <= 1`` if it is not.

With ``m = (M0 - s) / (N - t)``, the chance of a match when M = M0, ``m u + (1 - m) d = 1``: fair. It is
the same as betting ``1 + lambda (x - m)`` on the answer x in {0, 1}, with lambda = u - d >= 0. If M < M0,
matches are rarer and, since u >= d, the expected factor is at most 1. Where m = 0 a match cannot happen,
and the expected factor is d. So the wealth against each M1 is a nonnegative supermartingale under every
M <= M0, and so is the average over M1 = M0 + 1 … N, all weighted alike, which is the wealth used here.
Nothing is tuned: there is no parameter that a claimant could choose to suit the answers.

**Certain cases.** With more than M0 matches seen the hypothesis is refuted and the wealth infinite; when
the triggers left cannot bring the matches above M0, the hypothesis is true and the wealth 0.

**What makes it false.** An order that was not random or that the suspect could foresee, a trigger that
would answer otherwise when asked again, triggers replaced after the answers were seen. All chance is in
the order: how far innocent models differ from each other must be in M0 already.

References
----------
I. Waudby-Smith, A. Ramdas. Confidence sequences for sampling without replacement. NeurIPS 2020.
arXiv 2006.04347.
I. Waudby-Smith, A. Ramdas. Estimating means of bounded random variables by betting. Journal of the Royal
Statistical Society, Series B 86(1):1-27, 2024. doi 10.1093/jrsssb/qkad009.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from tellmark.errors import InvalidInput

_CELLS_AT_ONCE = 1 << 21
"""Counts times alternatives that are held in memory together: 16 MiB each array."""


@dataclass(frozen=True)
class AtMost:
    """The hypothesis that at most `limit` of the population's items match.

    Attributes
    ----------
    limit : int
        M0, ``0 <= limit < population``.
    population : int
        N.

    Raises
    ------
    InvalidInput
        If the limit lies outside its range.

    Examples
    --------
    >>> round(float(AtMost(50, population=100).log_wealth(9, 9)), 2)
    5.03
    """

    limit: int
    population: int

    def __post_init__(self) -> None:
        if not 0 <= self.limit < self.population:
            raise InvalidInput(
                f"at most {self.limit} of {self.population} items matching is no hypothesis to bet against: "
                "the limit must be at least 0 and below their number"
            )

    def log_wealth(self, matches: ArrayLike, queries: ArrayLike) -> NDArray[np.float64]:
        """Natural logarithm of the wealth after so many queries, of which so many matched.

        It does not depend on the order of the answers. One more match never lowers it, one more miss
        never raises it.

        Parameters
        ----------
        matches, queries : array_like of int
            s and t, of shapes that broadcast; ``0 <= s <= t <= N``.

        Returns
        -------
        ndarray of float
            ``inf`` where the hypothesis is certainly false, ``-inf`` where it is certainly true.

        Raises
        ------
        InvalidInput
            If a count is impossible.
        """
        s, t = np.broadcast_arrays(np.asarray(matches, np.int64), np.asarray(queries, np.int64))
        if np.any((s < 0) | (s > t) | (t > self.population)):
            raise InvalidInput(f"impossible counts: 0 <= matches <= queries <= {self.population}, the number of items")
        missed = t - s
        log_wealth = np.where(s > self.limit, np.inf, -np.inf)
        open_ = (s <= self.limit) & (missed < self.population - self.limit)
        log_wealth[open_] = self._log_mean_ratio(s[open_], missed[open_])
        return log_wealth[()]

    def _log_mean_ratio(self, matched: NDArray[np.int64], missed: NDArray[np.int64]) -> NDArray[np.float64]:
        """Logarithm of the mean likelihood ratio over the alternatives, for counts (1-D) of either kind."""
        rows = max(1, _CELLS_AT_ONCE // (self.population - self.limit))
        blocks = [
            _log_mean_exp(self._log_ratios(matched[start : start + rows], missed[start : start + rows]))
            for start in range(0, matched.size, rows)
        ]
        return np.concatenate(blocks) if blocks else np.empty(0)

    def _log_ratios(self, matched: NDArray[np.int64], missed: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log likelihood ratio of each alternative (columns) to the limit, for each pair of counts (rows)."""
        s, f = matched[:, None], missed[:, None]
        alternatives = np.arange(self.limit + 1, self.population + 1)
        possible = f <= self.population - alternatives
        return np.where(possible, self._log_ways(alternatives, s, f) - self._log_ways(self.limit, s, f), -np.inf)

    def _log_ways(
        self, matching: int | NDArray[np.int64], s: NDArray[np.int64], f: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Log number of ways to draw s of the matching items and f of the others, in a given order."""
        factorial = self._log_factorials
        others = self.population - matching
        left = np.maximum(others - f, 0)
        return factorial[matching] - factorial[matching - s] + factorial[others] - factorial[left]

    @cached_property
    def _log_factorials(self) -> NDArray[np.float64]:
        return gammaln(np.arange(self.population + 1) + 1.0)


@dataclass(frozen=True)
class AtLeast:
    """The hypothesis that at least `count` of the population's items match.

    "At least M1 match" says that at most N - M1 miss, so the bets against it are those of `AtMost` on the
    misses. The wealth is evidence that fewer match: the process that stops for futility.

    Attributes
    ----------
    count : int
        M1, ``1 <= count <= population``.
    population : int
        N.

    Raises
    ------
    InvalidInput
        If the count lies outside its range.

    Examples
    --------
    >>> round(float(AtLeast(50, population=100).log_wealth(0, 9)), 2)
    5.03
    """

    count: int
    population: int

    def __post_init__(self) -> None:
        if not 1 <= self.count <= self.population:
            raise InvalidInput(
                f"at least {self.count} of {self.population} items matching is no hypothesis to bet against: "
                "the count must be at least 1 and at most their number"
            )

    @cached_property
    def of_misses(self) -> AtMost:
        """The same hypothesis about the items that do not match."""
        return AtMost(self.population - self.count, self.population)

    def log_wealth(self, matches: ArrayLike, queries: ArrayLike) -> NDArray[np.float64]:
        """As `AtMost.log_wealth`; one more match never raises it, one more miss never lowers it."""
        return self.of_misses.log_wealth(np.asarray(queries) - np.asarray(matches), queries)


Hypothesis = AtMost | AtLeast


def log_wealth_along(hypothesis: Hypothesis, answers: ArrayLike) -> NDArray[np.float64]:
    """Logarithm of the wealth after each answer, for many sequences of answers at once.

    Parameters
    ----------
    hypothesis : AtMost or AtLeast
    answers : array_like of bool, shape (..., t)
        Whether each answer matches, in the order of asking; ``t <= N``.

    Returns
    -------
    ndarray of float, shape (..., t)

    Raises
    ------
    InvalidInput
        If there are more answers than items.

    Examples
    --------
    >>> log_wealth_along(AtMost(1, population=3), [[True, True], [False, False]]).round(2)
    array([[ 0.92,   inf],
           [-1.39,  -inf]])
    """
    matches = np.cumsum(np.asarray(answers, dtype=np.int64), axis=-1)
    queries = np.arange(1, matches.shape[-1] + 1)
    # Paths meet in the same counts again and again: compute each pair once.
    base = hypothesis.population + 1
    states, where = np.unique(matches + base * queries, return_inverse=True)
    return hypothesis.log_wealth(states % base, states // base)[where].reshape(matches.shape)


def _log_mean_exp(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Along the last axis; each row has a finite value."""
    largest = values.max(axis=-1, keepdims=True)
    return largest[:, 0] + np.log(np.exp(values - largest).mean(axis=-1))
