"""Whether one model matches more than another, from the triggers that only one of the two matches."""

from __future__ import annotations

from tellmark.errors import InvalidInput


def sign_test_p_value(only_first: int, only_second: int) -> float:
    """One-sided exact sign test of "the first model matches no more of the triggers than the second" (McNemar, 1947).

    Triggers that both match, or neither, say nothing of which matches more. Of the n others the first model matches
    each with probability at most 1/2 under the hypothesis, if they were drawn at random; the p-value is the probability
    that a binomial count of n and 1/2 reaches `only_first`. Drawn without replacement from a finite set, as triggers
    are, the count spreads less, and at the levels in use the p-value is larger than need be
    (Uhlmann, Metrika 10, 1966).

    Triggers of several tiers may be pooled, each tier in any number, under the hypothesis that in none of them the
    first model matches more than the second.

    What makes it false: looking after each answer and stopping when it is small. It holds for a number of triggers that
    was settled without regard to the answers.

    Parameters
    ----------
    only_first, only_second : int
        Triggers that the first model matches and the second does not, and the other way round.

    Returns
    -------
    float
        In [0, 1]; 0 only where it is less than a double holds.

    Raises
    ------
    InvalidInput
        If a count is negative.

    References
    ----------
    Q. McNemar. Note on the sampling error of the difference between correlated proportions or percentages.
    Psychometrika 12:153-157, 1947.

    Examples
    --------
    >>> sign_test_p_value(7, 0)
    0.0078125
    """
    if only_first < 0 or only_second < 0:
        raise InvalidInput(f"numbers of triggers cannot be {only_first} and {only_second}")
    pairs = only_first + only_second
    ways = term = 1  # of reaching as many, counted from all pairs downwards
    for count in range(pairs, only_first, -1):
        term = term * count // (pairs - count + 1)
        ways += term
    return ways / (1 << pairs)
