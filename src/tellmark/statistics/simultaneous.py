"""Clopper-Pearson bounds for every number of successes at once: at what level each may fail.

Sorted scores give k bounds, one for each number of scores that reach a threshold. All of them taken at
one level fail together more often than any alone. Scores behave here like independent uniform numbers:
the probability of scoring at least as much as the c-th largest of k scores is distributed like the c-th
smallest of k uniforms, so the probability that no bound fails does not depend on the distribution of
scores, and is computed exactly.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import beta


def lower_bounds(trials: int, level: float) -> NDArray[np.float64]:
    """Clopper-Pearson lower bounds for 1 … `trials` successes, shape ``(trials,)``, ascending.

    Each lies above the true proportion with probability at most `level`.
    """
    successes = np.arange(1, trials + 1)
    return beta.ppf(level, successes, trials - successes + 1)


@lru_cache(maxsize=256)
def local_level(trials: int, *, confidence: float) -> float:
    """Largest level, the same for all bounds, at which all hold together with probability `confidence`.

    It lies between Bonferroni's ``(1 - confidence) / trials`` and the ``1 - confidence`` of a single
    bound; halving the range keeps to the safe side.

    Parameters
    ----------
    trials : int
        k, at least 1.
    confidence : float
        In (0, 1).

    Returns
    -------
    float

    References
    ----------
    R. H. Berk, D. H. Jones. Goodness-of-fit test statistics that dominate the Kolmogorov statistics.
    Zeitschrift für Wahrscheinlichkeitstheorie und verwandte Gebiete 47:47-59, 1979.

    Examples
    --------
    >>> round(local_level(1, confidence=0.95), 4), round(local_level(8, confidence=0.95), 4)
    (0.05, 0.0092)
    """
    safe, unsafe = (1 - confidence) / trials, 1 - confidence
    for _ in range(50):
        middle = math.sqrt(safe * unsafe)
        if probability_of_no_failure(lower_bounds(trials, middle)) >= confidence:
            safe = middle
        else:
            unsafe = middle
    return safe


def probability_of_no_failure(bounds: NDArray[np.float64]) -> float:
    """Probability that the c-th smallest of k uniform numbers is at least the c-th bound, for every c.

    In other words, that fewer than c of them lie below the c-th bound. The uniforms are the arrivals of a
    Poisson process of rate k, given that there are k in all: walk along the bounds, drop the paths with
    too many arrivals, and divide by the probability of k.

    Parameters
    ----------
    bounds : ndarray of float, shape (k,)
        Strictly ascending, in (0, 1).

    References
    ----------
    A. Moscovich, B. Nadler. Fast calculation of boundary crossing probabilities for Poisson processes.
    Statistics & Probability Letters 123:177-182, 2017.

    Examples
    --------
    The smaller of two is at least 0.2 and the larger at least 0.5, with probability .64 - .09:

    >>> round(probability_of_no_failure(np.array([0.2, 0.5])), 6)
    0.55
    """
    total = bounds.size
    paths = np.ones(1)
    for count, gap in enumerate(np.diff(bounds, prepend=0.0), start=1):
        paths = np.convolve(paths, _poisson(total * gap, count))[:count]
    arrivals_after = _poisson(total * (1 - bounds[-1]), total + 1)[total - np.arange(total)]
    return float(paths @ arrivals_after / _poisson(float(total), total + 1)[total])


def _poisson(mean: float, terms: int) -> NDArray[np.float64]:
    """Poisson probabilities of 0 … terms - 1."""
    counts = np.arange(terms)
    return np.exp(counts * math.log(mean) - mean - gammaln(counts + 1))
