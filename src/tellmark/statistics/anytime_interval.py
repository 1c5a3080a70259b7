"""How many items match, from answers that came one by one until somebody chose to stop.

The interval holds the numbers that the bets against "at most" and "at least" so many (`tellmark.statistics.wealth`)
do not refute. A hypothesis that is true is ever refuted at level u with probability at most u, so the interval
covers the true number whenever one stops, for whatever reason.

References
----------
I. Waudby-Smith, A. Ramdas. Confidence sequences for sampling without replacement. NeurIPS 2020. arXiv 2006.04347.
"""

from __future__ import annotations

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_confidence
from tellmark.statistics.betting import refuting_log_wealth
from tellmark.statistics.wealth import AtMost


def anytime_count_interval(matches: int, queries: int, *, population: int, confidence: float = 0.95) -> tuple[int, int]:
    """Interval for the number of the population's items that match.

    Parameters
    ----------
    matches, queries : int
        ``0 <= matches <= queries <= population``.
    population : int
        N, at least 1.
    confidence : float
        In (0, 1); half of the rest goes to either end.

    Returns
    -------
    (int, int)
        Smallest and largest number not refuted; both `matches` once every item was asked.

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.

    Examples
    --------
    >>> anytime_count_interval(19, 20, population=100)
    (71, 99)
    """
    check_confidence(confidence)
    if not 0 <= matches <= queries <= population or population < 1:
        raise InvalidInput(f"impossible counts: 0 <= {matches} <= {queries} <= {population} must hold")
    level = (1 - confidence) / 2
    lower = _fewest(matches, queries, population=population, level=level)
    upper = population - _fewest(queries - matches, queries, population=population, level=level)
    return lower, upper


def _fewest(matches: int, queries: int, *, population: int, level: float) -> int:
    """Smallest number for which "at most so many match" is not refuted.

    The wealth against it falls as the number grows, so halving finds it.
    """
    threshold = refuting_log_wealth(level)
    refuted, kept = matches - 1, population - (queries - matches)
    while kept - refuted > 1:
        middle = (refuted + kept) // 2
        if AtMost(middle, population).log_wealth(matches, queries) >= threshold:
            refuted = middle
        else:
            kept = middle
    return kept
