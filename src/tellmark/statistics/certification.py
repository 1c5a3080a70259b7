"""How large a share of a theft family matches how much, with confidence: the guarantee for a whole trigger set.

k fresh proxies of the family, none of which took part in selecting the triggers, score S_1 … S_k: the
share of triggers that each matches. How many of them reach a threshold bounds from below the probability
that one more member of the family does. The unit is the model, so it does not matter how the triggers
depend on one another.

The guarantee fails if a proxy also selected triggers (its score is then too high), if the proxies share
more than their family does (the same initialisation, the same queries: they are then fewer than k), and
for any other family: weight noise says nothing about distillation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_confidence, rates_of_models
from tellmark.statistics.simultaneous import local_level, lower_bounds

Coverage = Literal["pointwise", "simultaneous"]

_CHOICE: dict[Coverage, str] = {
    "pointwise": "for a threshold chosen before the scores were seen",
    "simultaneous": "for all thresholds at once, so that it may be chosen after seeing the scores",
}


@dataclass(frozen=True)
class TransferGuarantee:
    """At least a share of a family's models match at least `threshold` of the triggers.

    Attributes
    ----------
    threshold : float
        t, a share of triggers in [0, 1].
    share : float
        Lower confidence bound on P(a new member of the family scores at least t).
    passed, models : int
        How many of the k fresh proxies scored at least t.
    confidence : float
        In (0, 1).
    coverage : "pointwise" or "simultaneous"
        Whether it holds for this threshold if chosen beforehand, or for all thresholds at once.
    """

    threshold: float
    share: float
    passed: int
    models: int
    confidence: float
    coverage: Coverage

    def statement(self, family: str) -> str:
        """The guarantee in a sentence; `family` completes "models …", such as "distilled this way".

        Percentages are rounded down, which keeps the sentence true.
        """
        return (
            f"With {100 * self.confidence:g} % confidence at least {_percent(self.share)} of models {family} match "
            f"{_percent(self.threshold)} or more of the triggers: {self.passed} of {self.models} fresh ones did "
            f"({_CHOICE[self.coverage]})."
        )


@dataclass(frozen=True)
class TransferCurve:
    """Lower confidence bounds on P(S >= t), a falling step function of the threshold t.

    Attributes
    ----------
    thresholds : ndarray of float, shape (steps,)
        The distinct scores, ascending. Between two of them the bound is that of the upper one; above the
        last it is 0.
    passed : ndarray of int, shape (steps,)
        How many scores reach each threshold.
    shares : ndarray of float, shape (steps,)
        The lower bound at each threshold.
    models : int
        k.
    confidence : float
        In (0, 1).
    coverage : "pointwise" or "simultaneous"
        Whether each bound, or all of them together, hold with this confidence.
    """

    thresholds: NDArray[np.float64]
    passed: NDArray[np.int64]
    shares: NDArray[np.float64]
    models: int
    confidence: float
    coverage: Coverage

    def at(self, threshold: float) -> TransferGuarantee:
        """The guarantee for a threshold.

        Raises
        ------
        InvalidInput
            If the threshold lies outside [0, 1].
        """
        if not 0 <= threshold <= 1:
            raise InvalidInput(f"a threshold is a share of the triggers between 0 and 1, not {threshold}")
        step = int(np.searchsorted(self.thresholds, threshold))
        passed, share = (0, 0.0) if step == self.passed.size else (int(self.passed[step]), float(self.shares[step]))
        return TransferGuarantee(threshold, share, passed, self.models, self.confidence, self.coverage)


def transfer_curve(scores: ArrayLike, *, confidence: float = 0.95) -> TransferCurve:
    """Curve of Clopper-Pearson bounds, each of which holds with this confidence on its own.

    For a threshold fixed before the scores are seen, and whatever the distribution of scores, the bound
    lies above P(S >= t) with probability at most ``1 - confidence``. Picking the threshold by looking at
    the curve breaks that; `simultaneous_transfer_curve` allows it.

    Parameters
    ----------
    scores : array_like of float, shape (k,)
        Share of the triggers that each fresh proxy matches, in [0, 1].
    confidence : float
        In (0, 1).

    Returns
    -------
    TransferCurve

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.

    References
    ----------
    C. J. Clopper, E. S. Pearson. The use of confidence or fiducial limits illustrated in the case of
    the binomial. Biometrika 26(4):404-413, 1934.

    Examples
    --------
    >>> curve = transfer_curve([0.71, 0.74, 0.75, 0.78])
    >>> curve.at(0.7).statement("distilled this way")[:90]
    'With 95 % confidence at least 47.2 % of models distilled this way match 70 % or more of th'
    """
    check_confidence(confidence)
    return _curve(rates_of_models(scores), 1 - confidence, confidence, "pointwise")


def simultaneous_transfer_curve(scores: ArrayLike, *, confidence: float = 0.95) -> TransferCurve:
    """Curve of lower bounds that all hold together with this confidence.

    Each bound is Clopper-Pearson's at one smaller level, the same for all, at which the probability that
    any of them fails is ``1 - confidence`` if scores have a continuous distribution, and less if not.
    That level is computed exactly, so the band lies above one by Bonferroni's inequality. The threshold
    may be chosen after seeing the scores.

    Parameters
    ----------
    scores : array_like of float, shape (k,)
        Share of the triggers that each fresh proxy matches, in [0, 1].
    confidence : float
        In (0, 1).

    Returns
    -------
    TransferCurve

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.

    References
    ----------
    R. H. Berk, D. H. Jones. Goodness-of-fit test statistics that dominate the Kolmogorov statistics.
    Zeitschrift für Wahrscheinlichkeitstheorie und verwandte Gebiete 47:47-59, 1979.

    Examples
    --------
    >>> curve = simultaneous_transfer_curve([0.71, 0.74, 0.75, 0.78])
    >>> curve.shares.round(3)
    array([0.352, 0.164, 0.052, 0.004])
    """
    check_confidence(confidence)
    array = rates_of_models(scores)
    return _curve(array, local_level(array.size, confidence=confidence), confidence, "simultaneous")


def _curve(scores: NDArray[np.float64], level: float, confidence: float, coverage: Coverage) -> TransferCurve:
    thresholds = np.unique(scores)
    passed = scores.size - np.searchsorted(np.sort(scores), thresholds)
    shares = lower_bounds(scores.size, level)[passed - 1]
    return TransferCurve(thresholds, passed, shares, scores.size, confidence, coverage)


def _percent(share: float) -> str:
    """One decimal, rounded down; the millionth spares 0.29 the rounding of its product with 1000."""
    return f"{math.floor(1000 * share + 1e-6) / 10:g} %"
