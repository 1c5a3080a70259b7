"""Tolerance limits: what most models of a population score, inferred from the few at hand.

The unit is the model. Each rate is the share of the N triggers that one model matches, known exactly
once all N were asked, and the limits speak of the *next* model's rate. They hold if the models at hand
are independent draws from the population of which the claim speaks, and took no part in choosing the
triggers. They fail if the triggers were selected with these models (their rates then lie too far from
those of unseen ones), if the models are copies of one another (k of them are then worth less than k),
or if the next model comes from elsewhere, such as another data set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from scipy.stats import binom, nct, norm

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_confidence, check_probability, rates_of_models
from tellmark.statistics.finite_population import largest_count

Method = Literal["order statistic", "logit-normal"]

_ASSUMPTIONS: dict[Method, str] = {
    "order statistic": (
        "The models are independent draws from the population that the limit speaks of and took no part in "
        "selecting the triggers; nothing is assumed about how their rates are distributed."
    ),
    "logit-normal": (
        "The models are independent draws from the population that the limit speaks of, took no part in "
        "selecting the triggers, and the logits of their rates are normally distributed, which so few models "
        "cannot show: outliers or separate groups of models make the limit false."
    ),
}


@dataclass(frozen=True)
class ToleranceLimit:
    """A rate that at least a share `content` of models keep to, with confidence `confidence`.

    Attributes
    ----------
    value : float
        In [0, 1].
    side : "upper" or "lower"
        Whether those models score at most `value` or at least `value`.
    method : "order statistic" or "logit-normal"
    content, confidence : float
        In (0, 1).
    models : int
        k, the models it was inferred from.
    rank : int or None
        For an order statistic which one: 1 is the most extreme rate, 2 the second; otherwise None.
    """

    value: float
    side: Literal["upper", "lower"]
    method: Method
    content: float
    confidence: float
    models: int
    rank: int | None = None

    @property
    def assumption(self) -> str:
        """What must be true for the limit to hold, in a sentence."""
        return _ASSUMPTIONS[self.method]

    def matches_of(self, triggers: int) -> int:
        """The limit in whole triggers: the most, or for a lower limit the fewest, that a model within it matches.

        Raises
        ------
        InvalidInput
            If there is no trigger.

        Examples
        --------
        >>> upper_tolerance_limit([0.40, 0.41, 0.41, 0.42, 0.42], triggers=300).matches_of(300)
        134
        """
        below = largest_count(self.value, population=triggers)
        return below if self.side == "upper" or below / triggers >= self.value else below + 1


def upper_tolerance_limit(
    rates: ArrayLike, *, triggers: int, content: float = 0.95, confidence: float = 0.95
) -> ToleranceLimit:
    """Rate that at least a share `content` of models do not exceed, by the best method k models allow.

    The distribution-free `order_statistic_upper_limit` where there are `models_needed` models; else the
    `logit_normal_upper_limit`, which `ToleranceLimit.method` then says.

    Parameters
    ----------
    rates : array_like of float, shape (k,)
        Matching rate of each model, in [0, 1]; at least 2.
    triggers : int
        N, the triggers that each rate is a share of.
    content, confidence : float
        In (0, 1).

    Returns
    -------
    ToleranceLimit

    Raises
    ------
    InvalidInput
        If an argument lies outside its range, or one model is all there is.

    Examples
    --------
    Five independent models match about 41 % of 300 triggers; the sixth?

    >>> limit = upper_tolerance_limit([0.40, 0.41, 0.41, 0.42, 0.42], triggers=300)
    >>> limit.method, round(limit.value, 3)
    ('logit-normal', 0.449)
    """
    if len(rates_of_models(rates)) >= models_needed(content=content, confidence=confidence):
        return order_statistic_upper_limit(rates, content=content, confidence=confidence)
    return logit_normal_upper_limit(rates, triggers=triggers, content=content, confidence=confidence)


def lower_tolerance_limit(
    rates: ArrayLike, *, triggers: int, content: float = 0.95, confidence: float = 0.95
) -> ToleranceLimit:
    """Rate that at least a share `content` of models reach, by the best method k models allow.

    The mirror image of `upper_tolerance_limit`, with its parameters and errors.

    Examples
    --------
    >>> limit = lower_tolerance_limit([0.53, 0.55, 0.56, 0.57], triggers=300, content=0.9)
    >>> limit.method, round(limit.value, 3)
    ('logit-normal', 0.479)
    """
    if len(rates_of_models(rates)) >= models_needed(content=content, confidence=confidence):
        return order_statistic_lower_limit(rates, content=content, confidence=confidence)
    return logit_normal_lower_limit(rates, triggers=triggers, content=content, confidence=confidence)


def order_statistic_upper_limit(rates: ArrayLike, *, content: float = 0.95, confidence: float = 0.95) -> ToleranceLimit:
    """Distribution-free upper tolerance limit: the r-th largest rate (Wilks, 1941).

    Less than a share `content` of models score at most the r-th largest of k rates only if fewer than r
    of the k fell among the highest share ``1 - content``. The limit takes the largest r for which that
    has probability at most ``1 - confidence``. Tied rates make the limit hold more often, never less.

    Parameters
    ----------
    rates : array_like of float, shape (k,)
        In [0, 1]; at least `models_needed`.
    content, confidence : float
        In (0, 1).

    Returns
    -------
    ToleranceLimit

    Raises
    ------
    InvalidInput
        If an argument lies outside its range, or the models are too few.

    References
    ----------
    S. S. Wilks. Determination of sample sizes for setting tolerance limits. Annals of Mathematical
    Statistics 12(1):91-96, 1941.
    S. S. Wilks. Statistical prediction with special reference to the problem of tolerance limits.
    Annals of Mathematical Statistics 13(4):400-409, 1942.

    Examples
    --------
    Of 93 models the second largest will do:

    >>> rates = [index / 100 for index in range(93)]
    >>> limit = order_statistic_upper_limit(rates, content=0.95, confidence=0.95)
    >>> limit.rank, limit.value
    (2, 0.91)
    """
    array = np.sort(rates_of_models(rates))
    rank = _rank(array.size, content=content, confidence=confidence)
    return ToleranceLimit(float(array[-rank]), "upper", "order statistic", content, confidence, array.size, rank)


def order_statistic_lower_limit(rates: ArrayLike, *, content: float = 0.95, confidence: float = 0.95) -> ToleranceLimit:
    """Distribution-free lower tolerance limit: the r-th smallest rate.

    The mirror image of `order_statistic_upper_limit`, with its parameters and errors.
    """
    array = np.sort(rates_of_models(rates))
    rank = _rank(array.size, content=content, confidence=confidence)
    return ToleranceLimit(float(array[rank - 1]), "lower", "order statistic", content, confidence, array.size, rank)


def logit_normal_upper_limit(
    rates: ArrayLike, *, triggers: int, content: float = 0.95, confidence: float = 0.95
) -> ToleranceLimit:
    """Upper tolerance limit for rates whose logits are normally distributed (Owen, 1968).

    The mean of the logits plus ``factor`` times their standard deviation, where the factor is the
    quantile of the noncentral t distribution that makes the limit exact for normal logits.

    A rate is a multiple of 1/N. Three corrections for continuity keep that from making the limit too
    low: rates of 0 and 1 count as half a trigger more and less; the variance of rounding, ``1 / 12`` of
    a squared trigger, is added to that of the logits, so that models which happen to match equally often
    are not taken to be all alike; and the limit is raised by half a trigger.

    The promise hangs on the distribution. With a share of more than ``1 - content`` in a separate group
    of higher rates, or in heavy tails, a few models that miss them give a limit that is far too low.

    Parameters
    ----------
    rates : array_like of float, shape (k,)
        In [0, 1]; at least 2.
    triggers : int
        N, the triggers that each rate is a share of.
    content, confidence : float
        In (0, 1).

    Returns
    -------
    ToleranceLimit

    Raises
    ------
    InvalidInput
        If an argument lies outside its range, or one model is all there is.

    References
    ----------
    D. B. Owen. A survey of properties and applications of the noncentral t-distribution.
    Technometrics 10(3):445-478, 1968.
    G. J. Hahn, W. Q. Meeker. Statistical Intervals: A Guide for Practitioners. Wiley, 1991.

    Examples
    --------
    Two models say next to nothing:

    >>> round(logit_normal_upper_limit([0.40, 0.42], triggers=300).value, 2)
    0.77
    """
    array = rates_of_models(rates)
    if array.size < 2:
        raise InvalidInput("one model cannot show how models differ: a tolerance limit needs at least 2")
    if triggers < 1:
        raise InvalidInput(f"a rate is a share of at least 1 trigger, not of {triggers}")
    factor = normal_tolerance_factor(array.size, content=content, confidence=confidence)
    half = 0.5 / triggers
    logits = logit(np.clip(array, half, 1 - half))
    middle = float(expit(logits.mean()))
    rounding = 1 / (12 * (triggers * middle * (1 - middle)) ** 2)
    highest = expit(logits.mean() + factor * math.sqrt(logits.var(ddof=1) + rounding))
    return ToleranceLimit(min(1.0, float(highest) + half), "upper", "logit-normal", content, confidence, array.size)


def logit_normal_lower_limit(
    rates: ArrayLike, *, triggers: int, content: float = 0.95, confidence: float = 0.95
) -> ToleranceLimit:
    """Lower tolerance limit for rates whose logits are normally distributed.

    The mirror image of `logit_normal_upper_limit`, with its parameters and errors: the upper limit on the
    shares of triggers *not* matched, subtracted from 1.
    """
    missed = 1 - rates_of_models(rates)
    limit = logit_normal_upper_limit(missed, triggers=triggers, content=content, confidence=confidence)
    return replace(limit, value=1 - limit.value, side="lower")


def normal_tolerance_factor(models: int, *, content: float, confidence: float) -> float:
    """How many sample standard deviations from the sample mean a one-sided normal tolerance limit lies.

    The `confidence` quantile of the noncentral t distribution with ``models - 1`` degrees of freedom and
    noncentrality ``z sqrt(models)``, divided by ``sqrt(models)``; z is the normal quantile of `content`.

    Raises
    ------
    InvalidInput
        If there are fewer than 2 models, or a level lies outside (0, 1).

    References
    ----------
    See `logit_normal_upper_limit`.

    Examples
    --------
    >>> round(normal_tolerance_factor(10, content=0.95, confidence=0.95), 3)
    2.911
    """
    _check_levels(content, confidence)
    if models < 2:
        raise InvalidInput(f"a normal tolerance factor needs at least 2 models, not {models}")
    root = math.sqrt(models)
    return float(nct.ppf(confidence, models - 1, norm.ppf(content) * root)) / root


def models_needed(*, content: float, confidence: float) -> int:
    """Fewest models that give a distribution-free tolerance limit: ``log(1 - confidence) / log(content)``.

    With that many the limit is their most extreme rate: all of them keep to the inner share `content` of
    the population with probability at most ``1 - confidence``.

    Raises
    ------
    InvalidInput
        If a level lies outside (0, 1).

    References
    ----------
    See `order_statistic_upper_limit`.

    Examples
    --------
    >>> models_needed(content=0.95, confidence=0.95)
    59
    """
    _check_levels(content, confidence)
    return max(1, math.ceil(math.log1p(-confidence) / math.log(content) - 1e-9))


def _rank(models: int, *, content: float, confidence: float) -> int:
    """The r of the r-th most extreme rate that is a tolerance limit."""
    needed = models_needed(content=content, confidence=confidence)
    if models < needed:
        raise InvalidInput(
            f"{models} models cannot support content {content:g} with confidence {confidence:g} whatever the "
            f"distribution of their rates; {needed} can: lower either level, or use the logit-normal limit"
        )
    fewer = binom.cdf(np.arange(1, models), models, 1 - content)
    return 1 + int((fewer <= 1 - confidence).sum())


def _check_levels(content: float, confidence: float) -> None:
    check_probability(content, name="content")
    check_confidence(confidence)
