"""What more references or more triggers would buy: projections, not promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import rates_of_models
from tellmark.statistics.finite_population import largest_count
from tellmark.statistics.tolerance import models_needed, upper_tolerance_limit
from tellmark.triggers.tier import NullRecord
from tellmark.types import Json
from tellmark.verification.forecasting import Forecast, Models, TierForecaster
from tellmark.verification.tier_test import TierTest

Change = Literal["references", "triggers"]

REFERENCES = (4, 8, 16)
MORE_TRIGGERS = (2, 4)
"""Times as many."""


@dataclass(frozen=True)
class Projection:
    """A forecast for a mark that does not exist.

    Attributes
    ----------
    change : "references" or "triggers"
        What there would be more of.
    count : int
        How many there would be.
    test : TierTest
        The hypotheses that would follow.
    method : str
        How the null limit would be found: ``order statistic``, ``logit-normal`` or ``stated``.
    forecast : Forecast or None
        None if no answers could exceed the limit.
    """

    change: Change
    count: int
    test: TierTest
    method: str
    forecast: Forecast | None

    def to_json(self) -> dict[str, Json]:
        """The projection, and the forecast that follows from it."""
        return {
            "change": self.change,
            "count": self.count,
            "triggers": self.test.triggers,
            "limit": self.test.limit,
            "claim": self.test.claim,
            "method": self.method,
            "forecast": None if self.forecast is None else self.forecast.to_json(),
        }


def more_references(tier: TierForecaster, null: NullRecord, models: Models, *, budget: int) -> tuple[Projection, ...]:
    """What larger numbers of calibration references would do, if they matched like those there are.

    Supposes that the rates of k references had the mean and the spread, on the logit scale, of the rates
    of the few at hand, and lay as evenly as a normal distribution would have them. The limit then follows by
    the rule for marks (`upper_tolerance_limit`): it falls because the tolerance factor does, and from
    `models_needed` references on it no longer assumes a distribution.

    Parameters
    ----------
    tier : TierForecaster
        Only its limit changes.
    null : NullRecord
        Of at least 2 references, with their limit.
    models : Models
        For whom to forecast.
    budget : int
    """
    if null.limit is None:
        raise InvalidInput("the spread of references is unknown with fewer than 2 of them")
    triggers, content, confidence = tier.test.triggers, null.limit.content, null.limit.confidence
    enough = models_needed(content=content, confidence=confidence)
    rates = np.array(null.matches) / triggers
    projections = []
    for count in sorted({*REFERENCES, enough}):
        if not len(null.matches) < count <= enough:
            continue
        typical = typical_rates(rates, models=count, triggers=triggers)
        limit = upper_tolerance_limit(typical, triggers=triggers, content=content, confidence=confidence)
        test = TierTest(tier.test.name, triggers, limit.matches_of(triggers), tier.test.claim, tier.test.promising)
        projections.append(
            Projection("references", count, test, limit.method, _forecast(tier, test, models, budget=budget))
        )
    return tuple(projections)


def more_triggers(
    tier: TierForecaster, null: NullRecord | None, models: Models, *, null_rate: float | None, budget: int
) -> tuple[Projection, ...]:
    """What 2 and 4 times the triggers would do, if every model matched the same share of them.

    Nothing for a tier that cannot be tested: what it lacks is references.

    The share of a theft's models falls in truth, where the further triggers rank below those there are.

    Parameters
    ----------
    tier : TierForecaster
    null : NullRecord or None
        Whose limit is found anew from the same rates; unused with a stated rate.
    models : Models
        For whom to forecast.
    null_rate : float or None
        The stated rate.
    budget : int
    """
    projections = []
    for times in MORE_TRIGGERS if tier.test.testable else ():
        triggers = times * tier.test.triggers
        limit, method = _limit_for(triggers, tier.test.triggers, null, null_rate)
        claim, promising = (None if each is None else times * each for each in (tier.test.claim, tier.test.promising))
        test = TierTest(tier.test.name, triggers, limit, claim, promising)
        more = Models(
            models.name,
            models.role,
            {name: tuple(times * count for count in counts) for name, counts in models.matches.items()},
            models.theft_class,
        )
        forecast = _forecast(tier, test, more, budget=budget)
        projections.append(Projection("triggers", triggers, test, method, forecast))
    return tuple(projections)


def typical_rates(rates: ArrayLike, *, models: int, triggers: int) -> NDArray[np.float64]:
    """Rates of `models` models whose logits have the mean and standard deviation of those given.

    Their logits stand at evenly spread quantiles of the normal distribution, rescaled; rates of 0 and 1 count
    as half a trigger more and less, as in `logit_normal_upper_limit`.

    Parameters
    ----------
    rates : array_like of float, shape (k,)
        In [0, 1]; at least 2.
    models, triggers : int
        At least 2; at least 1.

    Returns
    -------
    ndarray of float, shape (models,)

    Raises
    ------
    InvalidInput
        If there are fewer rates or models, or a rate lies outside its range.

    Examples
    --------
    >>> typical_rates([0.4, 0.5, 0.6], models=5, triggers=100).round(2)
    array([0.37, 0.44, 0.5 , 0.56, 0.63])
    """
    array = rates_of_models(rates)
    if min(array.size, models) < 2:
        raise InvalidInput("one model cannot show how models differ: a projection needs at least 2")
    half = 0.5 / triggers
    logits = logit(np.clip(array, half, 1 - half))
    scores = norm.ppf((np.arange(1, models + 1) - 0.375) / (models + 0.25))
    return expit(logits.mean() + logits.std(ddof=1) * scores / scores.std(ddof=1))


def _limit_for(triggers: int, measured: int, null: NullRecord | None, null_rate: float | None) -> tuple[int, str]:
    if null_rate is not None:
        return largest_count(null_rate, population=triggers), "stated"
    if null is None or null.limit is None:
        raise InvalidInput("without a stated rate, the limit needs at least 2 references")
    limit = upper_tolerance_limit(
        np.array(null.matches) / measured,
        triggers=triggers,
        content=null.limit.content,
        confidence=null.limit.confidence,
    )
    return limit.matches_of(triggers), limit.method


def _forecast(tier: TierForecaster, test: TierTest, models: Models, *, budget: int) -> Forecast | None:
    if not test.testable:
        return None
    changed = TierForecaster(test, tier.earlier, tier.tested, alpha=tier.alpha, beta=tier.beta)
    return changed.forecast(models, budget=budget)
