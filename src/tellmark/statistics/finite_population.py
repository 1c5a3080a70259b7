"""Exact inference on how many of a known number of items succeed, from some drawn without replacement.

The items are fixed and each either succeeds or not; chance is in the order of asking alone. Among `draws`
of them in random order the number of successes is hypergeometric, whatever makes an item succeed and
however the items depend on each other. Once every item is drawn nothing is left to chance, and every
result here is exact: p-values are 0 or 1, intervals a single number.

The promises fail if the order was not random, if the number of draws was chosen by looking at the
answers, or if an item would answer otherwise when asked again.
"""

from __future__ import annotations

import math

from scipy.stats import hypergeom

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_confidence, check_counts


def largest_count(rate: float, *, population: int) -> int:
    """Largest number of items whose share of the population is at most `rate`.

    This is the floor of ``rate * population``, spared the rounding of the product: the floating-point
    product of 0.29 and 100 lies below 29, while 29 of 100 are at most a share of 0.29.

    Parameters
    ----------
    rate : float
        In [0, 1].
    population : int
        At least 1.

    Raises
    ------
    InvalidInput
        If `rate` or `population` lies outside its range.

    Examples
    --------
    >>> largest_count(0.29, population=100)
    29
    """
    if population < 1:
        raise InvalidInput(f"a population of {population} items has no shares; it takes at least 1 item")
    if not 0 <= rate <= 1:
        raise InvalidInput(f"a rate lies between 0 and 1, not {rate}")
    count = math.floor(rate * population)
    if count < population and (count + 1) / population <= rate:
        return count + 1
    return count


def p_value_at_most(successes: int, draws: int, *, population: int, limit: int) -> float:
    """Exact p-value of the hypothesis that at most `limit` of the population's items succeed.

    It is the probability of `successes` or more among the draws when exactly `limit` items succeed,
    which is the largest under the hypothesis. If the hypothesis is true, the p-value is at most u with
    probability at most u, for every u and at every number of draws fixed in advance.

    Parameters
    ----------
    successes, draws : int
        ``0 <= successes <= draws``, ``1 <= draws <= population``.
    population : int
        N, the number of items.
    limit : int
        ``0 <= limit < population``.

    Returns
    -------
    float
        In [0, 1]; 0 where the draws alone hold more successes than the hypothesis allows.

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.

    References
    ----------
    W. Wang. Exact optimal confidence intervals for hypergeometric parameters. Journal of the American
    Statistical Association 110(512):1491-1499, 2015. doi 10.1080/01621459.2014.966191.

    Examples
    --------
    Two of two succeed; if only 2 of the 4 did, the chance of that were 1 in 6:

    >>> round(p_value_at_most(2, 2, population=4, limit=2), 4)
    0.1667
    """
    _check_draws(successes, draws, population)
    _check_limit(limit, population)
    return float(hypergeom.sf(successes - 1, population, limit, draws))


def p_value_more_than(successes: int, draws: int, *, population: int, limit: int) -> float:
    """Exact p-value of the hypothesis that more than `limit` of the population's items succeed.

    The opposite of `p_value_at_most`: the probability of `successes` or fewer among the draws when
    exactly ``limit + 1`` items succeed. The two never both reach a level up to one half.

    Parameters
    ----------
    successes, draws : int
        ``0 <= successes <= draws``, ``1 <= draws <= population``.
    population : int
        N, the number of items.
    limit : int
        ``0 <= limit < population``.

    Returns
    -------
    float
        In [0, 1]; 0 where too few items are left for the hypothesis to be true.

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.

    References
    ----------
    See `p_value_at_most`.

    Examples
    --------
    None of two succeeds; if 2 of the 4 did, the chance of that were 1 in 6:

    >>> round(p_value_more_than(0, 2, population=4, limit=1), 4)
    0.1667
    """
    _check_draws(successes, draws, population)
    _check_limit(limit, population)
    return float(hypergeom.cdf(successes, population, limit + 1, draws))


def count_lower_bound(successes: int, draws: int, *, population: int, confidence: float = 0.95) -> int:
    """One-sided lower confidence bound on how many of the population's items succeed.

    The smallest number that `p_value_at_most` does not refute at level ``1 - confidence``. It exceeds
    the true number with probability at most ``1 - confidence`` over the order of asking.

    Parameters
    ----------
    successes, draws : int
        ``0 <= successes <= draws``, ``1 <= draws <= population``.
    population : int
        N, the number of items.
    confidence : float
        In (0, 1).

    Returns
    -------
    int
        At least `successes`, which have been seen.

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.

    References
    ----------
    See `p_value_at_most`.

    Examples
    --------
    >>> count_lower_bound(20, 20, population=100)
    88
    """
    _check_draws(successes, draws, population)
    check_confidence(confidence)
    # The tail probability grows with the number of items that succeed: halve the range until it is one.
    refuted, kept = successes - 1, population - (draws - successes)
    while kept - refuted > 1:
        middle = (refuted + kept) // 2
        if hypergeom.sf(successes - 1, population, middle, draws) > 1 - confidence:
            kept = middle
        else:
            refuted = middle
    return kept


def count_upper_bound(successes: int, draws: int, *, population: int, confidence: float = 0.95) -> int:
    """One-sided upper confidence bound on how many of the population's items succeed.

    It lies below the true number with probability at most ``1 - confidence`` over the order of asking:
    the mirror image of `count_lower_bound`, which bounds the number of failures.

    Parameters
    ----------
    successes, draws : int
        ``0 <= successes <= draws``, ``1 <= draws <= population``.
    population : int
        N, the number of items.
    confidence : float
        In (0, 1).

    Returns
    -------
    int
        At most `population` less the failures seen.

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.

    References
    ----------
    See `p_value_at_most`.

    Examples
    --------
    >>> count_upper_bound(0, 20, population=100)
    12
    """
    return population - count_lower_bound(draws - successes, draws, population=population, confidence=confidence)


def count_interval(successes: int, draws: int, *, population: int, confidence: float = 0.95) -> tuple[int, int]:
    """Central two-sided confidence interval for how many of the population's items succeed.

    Inverts the two hypergeometric tails, each at level ``(1 - confidence) / 2``; it covers the true
    number with probability at least `confidence`. It is narrower than the binomial interval, the more so
    the more of the population has been drawn.

    Parameters
    ----------
    successes, draws : int
        ``0 <= successes <= draws``, ``1 <= draws <= population``.
    population : int
        N, the number of items.
    confidence : float
        In (0, 1).

    Returns
    -------
    (int, int)
        Smallest and largest number not refuted; both `successes` once every item is drawn.

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.

    References
    ----------
    J. P. Buonaccorsi. A note on confidence intervals for proportions in finite populations. The
    American Statistician 41(3):215-218, 1987.

    Examples
    --------
    >>> count_interval(19, 20, population=100)
    (78, 99)
    """
    check_confidence(confidence)
    each = (1 + confidence) / 2
    return (
        count_lower_bound(successes, draws, population=population, confidence=each),
        count_upper_bound(successes, draws, population=population, confidence=each),
    )


def _check_draws(successes: int, draws: int, population: int) -> None:
    check_counts(successes, draws)
    if draws > population:
        raise InvalidInput(f"{draws} draws without replacement need at least as many items, not {population}")


def _check_limit(limit: int, population: int) -> None:
    if not 0 <= limit < population:
        raise InvalidInput(f"the limit must lie between 0 and {population - 1} of {population} items, not at {limit}")
