"""How well a score tells stolen models from independent ones: the area under the ROC curve, and its intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root_scalar
from scipy.stats import norm

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_confidence

_NEAR = 1e-9
"""The area itself satisfies the equation wherever the deviation is 0: look beside it."""

RESAMPLES = 2000
FEWEST_TO_RESAMPLE = 8
"""Models of either kind: of fewer, resamples are too much alike to show how others would differ."""


def auc(stolen: Sequence[float], independent: Sequence[float]) -> float:
    """Probability that a stolen model scores above an independent one; ties count half (Mann and Whitney, 1947).

    Raises
    ------
    InvalidInput
        If there are no models of one kind.
    """
    return float(_areas(_scores(stolen)[None], _scores(independent)[None])[0])


def auc_interval(area: float, *, stolen: int, independent: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval for the area that keeps a width where every stolen model scores above every independent one.

    All areas θ that differ from the one found by at most z times the standard deviation that Hanley and McNeil's
    formula gives for θ itself: a score interval, as Wilson's for a proportion.

    References
    ----------
    R. G. Newcombe. Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2.
    Statistics in Medicine 25(4):559-573, 2006.
    """
    z = float(norm.ppf((1 + confidence) / 2))

    def beyond(theta: float, side: int) -> float:
        return side * (theta - area) - z * _standard_deviation(theta, stolen, independent)

    lower = 0.0 if area <= _NEAR else root_scalar(lambda theta: beyond(theta, -1), bracket=(0.0, area - _NEAR)).root
    upper = 1.0 if area >= 1 - _NEAR else root_scalar(lambda theta: beyond(theta, 1), bracket=(area + _NEAR, 1.0)).root
    return lower, upper


def bootstrap_auc_interval(
    stolen: Sequence[float],
    independent: Sequence[float],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap over models: both samples are drawn anew, with replacement (Efron and Tibshirani, 1993).

    The unit is the model, so the interval speaks of other models made in the same ways. Of few models the resamples
    are nearly the same, and of one they are the same: the interval is too narrow. Where the samples do not overlap
    every resample has the same area, and the interval no width. `auc_interval` takes its place in both cases: with
    fewer than `FEWEST_TO_RESAMPLE` models of either kind, and where the area is 0 or 1.

    Parameters
    ----------
    stolen, independent : sequence of float
        Scores; at least one of each.
    confidence : float
        In (0, 1).
    resamples : int
        At least 1.
    seed : int
        Of the resampling.

    Raises
    ------
    InvalidInput
        If there are no models of one kind, or an argument is out of range.

    References
    ----------
    B. Efron, R. J. Tibshirani. An Introduction to the Bootstrap. Chapman and Hall, 1993. Chapter 13.
    """
    check_confidence(confidence)
    if resamples < 1:
        raise InvalidInput(f"at least 1 resample is drawn, not {resamples}")
    ours, others = _scores(stolen), _scores(independent)
    area = auc(stolen, independent)
    if area in (0.0, 1.0) or min(len(ours), len(others)) < FEWEST_TO_RESAMPLE:
        return auc_interval(area, stolen=len(ours), independent=len(others), confidence=confidence)
    random = np.random.default_rng(seed)
    drawn = _areas(
        ours[random.integers(0, len(ours), (resamples, len(ours)))],
        others[random.integers(0, len(others), (resamples, len(others)))],
    )
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def true_positive_rate(stolen: Sequence[float], independent: Sequence[float], *, false_positives: float) -> float:
    """Share of stolen models above the lowest threshold that no more than this share of independent ones exceeds.

    With n independent models the threshold is the score of one of them: as long as ``false_positives * n < 1`` it
    is the highest, and the rate counts the stolen models above all independent ones.

    Parameters
    ----------
    false_positives : float
        In [0, 1).

    Raises
    ------
    InvalidInput
        If there are no models of one kind, or the share is out of range.
    """
    if not 0 <= false_positives < 1:
        raise InvalidInput(f"the share of false positives must lie between 0 and 1, not {false_positives}")
    ours, others = _scores(stolen), np.sort(_scores(independent))[::-1]
    allowed = math.floor(false_positives * len(others) + _NEAR)
    return float((ours > others[allowed]).mean())


def _scores(values: Sequence[float]) -> NDArray[np.float64]:
    if len(values) == 0:
        raise InvalidInput("scores of at least one stolen and one independent model are needed")
    return np.asarray(values, dtype=np.float64)


def _areas(stolen: NDArray[np.float64], independent: NDArray[np.float64]) -> NDArray[np.float64]:
    """The area of each of many samples ``(samples, models)``."""
    difference = stolen[:, :, None] - independent[:, None, :]
    return (difference > 0).mean(axis=(1, 2)) + (difference == 0).mean(axis=(1, 2)) / 2


def _standard_deviation(theta: float, stolen: int, independent: int) -> float:
    """Hanley and McNeil's, with exponential scores, symmetric in both samples (Newcombe's method 5)."""
    size = (stolen + independent) / 2
    spread = 1 + (size - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    return math.sqrt(theta * (1 - theta) * spread / (stolen * independent))
