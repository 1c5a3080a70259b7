"""How well a candidate tells stolen models from independent ones, judged by how some of each answered it.

Each model either answers a candidate as the source does (a match) or otherwise. With smoothed match rates p⁺ among
stolen models and p⁻ among independent ones, a candidate's worth is the divergence between the two answers,

    (p⁺ - p⁻) · (log p⁺/p⁻ - log (1-p⁺)/(1-p⁻)),

the symmetric Kullback-Leibler divergence of two Bernoulli variables (Jeffreys, 1946): what one answer is expected
to say for the truth, on either side. Few models say little about their kind, so every rate starts with as many
matches as misses (the mean of a symmetric Beta prior's posterior), which draws it towards one half.

References
----------
H. Jeffreys. An invariant form for the prior probability in estimation problems. Proceedings of the Royal Society A
186(1007):453-461, 1946.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMOOTHING = 0.5
"""Jeffreys' prior for a rate, Beta(1/2, 1/2)."""


def smoothed_rate(matches: ArrayLike, models: int, *, smoothing: float = SMOOTHING) -> NDArray[np.float64]:
    """Posterior mean of a match rate under a Beta(`smoothing`, `smoothing`) prior.

    Parameters
    ----------
    matches : array_like of int, shape (candidates,)
        By how many of the models each candidate is matched.
    models : int
    smoothing : float
        Above 0.

    Examples
    --------
    >>> smoothed_rate([0, 2, 4], 4).tolist()
    [0.1, 0.5, 0.9]
    """
    return (np.asarray(matches, dtype=np.float64) + smoothing) / (models + 2 * smoothing)


def divergence(stolen: NDArray[np.float64], independent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Worth of each candidate, from its match rates; 0 where stolen models match no more often than others.

    Parameters
    ----------
    stolen, independent : ndarray of float, shape (candidates,)
        p⁺ and p⁻, in (0, 1).

    Returns
    -------
    ndarray of float, shape (candidates,)
        At least 0, in nats.

    Examples
    --------
    >>> divergence(np.array([0.9, 0.5, 0.1]), np.array([0.1, 0.5, 0.9])).round(2).tolist()
    [3.52, 0.0, 0.0]
    """
    log_ratio = np.log(stolen) - np.log(independent) - np.log1p(-stolen) + np.log1p(-independent)
    return np.where(stolen > independent, (stolen - independent) * log_ratio, 0.0)


def worth(
    stolen: Sequence[NDArray[np.bool_]], independent: NDArray[np.bool_], *, smoothing: float = SMOOTHING
) -> NDArray[np.float64]:
    """Divergence of each candidate, from the answers themselves.

    Parameters
    ----------
    stolen : sequence of ndarray of bool, each of shape (models, candidates)
        Which candidates each member matches, family by family. Families count alike, however many members each
        has; without any, stolen models are taken to match everything.
    independent : ndarray of bool, shape (models, candidates)
    smoothing : float

    Returns
    -------
    ndarray of float, shape (candidates,)
    """
    everything = np.ones((1, independent.shape[1]), dtype=bool)
    rates = [smoothed_rate(family.sum(axis=0), len(family), smoothing=smoothing) for family in stolen or [everything]]
    return divergence(
        np.mean(rates, axis=0), smoothed_rate(independent.sum(axis=0), len(independent), smoothing=smoothing)
    )


def ranked(worths: NDArray[np.float64]) -> NDArray[np.int64]:
    """Positions of the candidates that are worth anything, the best first; of equals the earlier first."""
    order = np.argsort(-worths, kind="stable")
    return order[worths[order] > 0].astype(np.int64)
