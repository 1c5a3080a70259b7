"""Exact confidence bounds on a proportion, from the number of successes in independent trials."""

from __future__ import annotations

from scipy.stats import beta

from tellmark.statistics.arguments import check_confidence, check_counts


def proportion_lower_bound(successes: int, trials: int, *, confidence: float = 0.95) -> float:
    """One-sided lower confidence bound on a proportion (Clopper and Pearson, 1934).

    It is the smallest proportion under which `successes` or more would still occur with probability
    above ``1 - confidence``. Whatever the true proportion, the bound lies above it with probability at
    most ``1 - confidence`` over the draw of the trials.

    The promise needs trials that are independent, alike, and not those by which the event was chosen.
    Proxies that *selected* a trigger break it: among many candidates some pass them all by luck, and
    for those the bound is too high. So do the answers of one suspect when the question is about
    models: they share that model.

    Parameters
    ----------
    successes, trials : int
        ``0 <= successes <= trials``, ``trials >= 1``.
    confidence : float
        In (0, 1).

    Returns
    -------
    float
        In [0, 1): 0 without a success; ``(1 - confidence) ** (1 / trials)`` if all trials succeed.

    Raises
    ------
    InvalidInput
        If the counts or the confidence lie outside these ranges.

    References
    ----------
    C. J. Clopper, E. S. Pearson. The use of confidence or fiducial limits illustrated in the case of
    the binomial. Biometrika 26(4):404-413, 1934.

    Examples
    --------
    >>> round(proportion_lower_bound(64, 64), 3)
    0.954
    """
    check_counts(successes, trials)
    check_confidence(confidence)
    if successes == 0:
        return 0.0
    return float(beta.ppf(1 - confidence, successes, trials - successes + 1))


def proportion_upper_bound(successes: int, trials: int, *, confidence: float = 0.95) -> float:
    """One-sided upper confidence bound on a proportion (Clopper and Pearson, 1934).

    It is the largest proportion under which `successes` or fewer would still occur with probability
    above ``1 - confidence``. Whatever the true proportion, the bound lies below it with probability at
    most ``1 - confidence``, under the assumptions of `proportion_lower_bound`.

    Parameters
    ----------
    successes, trials : int
        ``0 <= successes <= trials``, ``trials >= 1``.
    confidence : float
        In (0, 1).

    Returns
    -------
    float
        In (0, 1]: 1 without a failure; ``1 - (1 - confidence) ** (1 / trials)`` if no trial succeeds.

    Raises
    ------
    InvalidInput
        If the counts or the confidence lie outside these ranges.

    References
    ----------
    See `proportion_lower_bound`.

    Examples
    --------
    None of 100 independent models did it; by the "rule of three" at most about 3 % do:

    >>> round(proportion_upper_bound(0, 100), 3)
    0.03
    """
    check_counts(successes, trials)
    check_confidence(confidence)
    if successes == trials:
        return 1.0
    return float(beta.ppf(confidence, successes + 1, trials - successes))


def proportion_interval(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Central two-sided confidence interval for a proportion (Clopper and Pearson, 1934).

    Each end misses the true proportion with probability at most ``(1 - confidence) / 2``, so the
    interval covers it with probability at least `confidence`; usually with more, because counts are
    discrete. The assumptions are those of `proportion_lower_bound`.

    Parameters
    ----------
    successes, trials : int
        ``0 <= successes <= trials``, ``trials >= 1``.
    confidence : float
        In (0, 1).

    Returns
    -------
    (float, float)
        Lower and upper end; ``successes / trials`` lies between them.

    Raises
    ------
    InvalidInput
        If the counts or the confidence lie outside these ranges.

    References
    ----------
    See `proportion_lower_bound`.

    Examples
    --------
    >>> low, high = proportion_interval(97, 100)
    >>> round(low, 3), round(high, 3)
    (0.915, 0.994)
    """
    check_confidence(confidence)
    each = (1 + confidence) / 2
    return (
        proportion_lower_bound(successes, trials, confidence=each),
        proportion_upper_bound(successes, trials, confidence=each),
    )
