"""How well a score tells stolen models from independent ones: the area under the ROC curve and its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import root_scalar
from scipy.stats import norm

_NEAR = 1e-9
"""The area itself satisfies the equation wherever the deviation is 0: look beside it."""


def auc(stolen: Sequence[float], independent: Sequence[float]) -> float:
    """Probability that a stolen model scores above an independent one; ties count half (Mann and Whitney, 1947)."""
    difference = np.subtract.outer(np.asarray(stolen, float), np.asarray(independent, float))
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


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


def _standard_deviation(theta: float, stolen: int, independent: int) -> float:
    """Hanley and McNeil's, with exponential scores, symmetric in both samples (Newcombe's method 5)."""
    size = (stolen + independent) / 2
    spread = 1 + (size - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    return math.sqrt(theta * (1 - theta) * spread / (stolen * independent))
