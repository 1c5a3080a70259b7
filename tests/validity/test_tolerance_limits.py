"""Tolerance limits hold as often as they say, where their assumption is true, and visibly fail where it is not."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm

from tellmark.statistics.conformal import conformal_p_value
from tellmark.statistics.tolerance import (
    logit_normal_lower_limit,
    logit_normal_upper_limit,
    models_needed,
    order_statistic_lower_limit,
    order_statistic_upper_limit,
)

POPULATIONS = 2500
TRIGGERS = 300
CONTENT = 0.9
CONFIDENCE = 0.9
LEVELS = {"content": CONTENT, "confidence": CONFIDENCE}


def rounded(rates):
    """What can be seen of a rate: a whole number of triggers."""
    return np.round(rates * TRIGGERS) / TRIGGERS


def two_groups(shape, rng):
    """85 % of models match about 40 %, the others, say of another architecture, 70 %."""
    return np.where(rng.random(shape) < 0.85, rng.normal(0.4, 0.01, shape), rng.normal(0.7, 0.01, shape))


def heavy_tails(shape, rng):
    return expit(logit(0.4) + 0.05 * rng.standard_cauchy(shape))


def uniform(shape, rng):
    return rng.uniform(0.3, 0.5, shape)


def missed(limit, rates, population, *, upper):
    """Whether fewer than a share CONTENT of the population keep to the limit from each row of rates."""
    values = np.array([limit(row).value for row in rates])
    ordered = np.sort(population)
    # Rates are multiples of 1/N: a thousandth of a trigger spares the comparison their rounding.
    slack = 1e-3 / TRIGGERS
    inside = (
        np.searchsorted(ordered, values + slack, side="right")
        if upper
        else ordered.size - np.searchsorted(ordered, values - slack)
    )
    return inside / ordered.size < CONTENT


def logit_normal_upper(row):
    return logit_normal_upper_limit(row, triggers=TRIGGERS, **LEVELS)


def logit_normal_lower(row):
    return logit_normal_lower_limit(row, triggers=TRIGGERS, **LEVELS)


def order_statistic_upper(row):
    return order_statistic_upper_limit(row, **LEVELS)


def order_statistic_lower(row):
    return order_statistic_lower_limit(row, **LEVELS)


@pytest.mark.parametrize(
    ("middle", "spread", "models"),
    [(0.4, 0.04, 2), (0.4, 0.04, 5), (0.4, 0.3, 5), (0.03, 0.5, 4), (0.95, 0.3, 10), (0.4, 0.003, 4), (0.001, 1, 4)],
)
def test_logit_normal_limits_hold_for_logit_normal_rates(middle, spread, models, rng, more_often_than):
    """The population itself is counted in triggers, as are the rates the limit is made from."""
    rates = rounded(expit(logit(middle) + spread * rng.standard_normal((POPULATIONS, models))))
    quantiles = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    population = rounded(expit(logit(middle) + spread * quantiles))
    assert not more_often_than(1 - CONFIDENCE, missed(logit_normal_upper, rates, population, upper=True))
    assert not more_often_than(1 - CONFIDENCE, missed(logit_normal_lower, rates, population, upper=False))


def test_logit_normal_limits_are_not_needlessly_wide(rng):
    """For rates spread over many triggers they miss nearly as often as they may."""
    rates = rounded(expit(0.3 * rng.standard_normal((POPULATIONS, 6))))
    population = rounded(expit(0.3 * rng.standard_normal(200_000)))
    assert missed(logit_normal_upper, rates, population, upper=True).mean() > 0.7 * (1 - CONFIDENCE)


@pytest.mark.parametrize(("distribution", "risk"), [(two_groups, 0.3), (heavy_tails, 1 - CONFIDENCE)])
def test_logit_normal_limits_fail_for_other_rates(distribution, risk, rng, more_often_than):
    """The disease they are named for: what five models did not show, the limit does not know."""
    rates = rounded(distribution((POPULATIONS, 5), rng))
    population = rounded(distribution(200_000, rng))
    assert more_often_than(risk, missed(logit_normal_upper, rates, population, upper=True))


@pytest.mark.parametrize("distribution", [two_groups, heavy_tails, uniform])
@pytest.mark.parametrize("models", [22, 60])
def test_order_statistics_hold_for_any_rates(distribution, models, rng, more_often_than):
    assert models >= models_needed(**LEVELS)
    rates = distribution((POPULATIONS, models), rng)
    population = distribution(400_000, rng)
    for seen, all_of_them in ((rates, population), (rounded(rates), rounded(population))):
        assert not more_often_than(1 - CONFIDENCE, missed(order_statistic_upper, seen, all_of_them, upper=True))
        assert not more_often_than(1 - CONFIDENCE, missed(order_statistic_lower, seen, all_of_them, upper=False))


def test_order_statistics_are_not_needlessly_wide(rng):
    rates, population = uniform((POPULATIONS, 22), rng), uniform(400_000, rng)
    assert missed(order_statistic_upper, rates, population, upper=True).mean() > 0.7 * (1 - CONFIDENCE)


def test_the_highest_rate_of_a_few_models_is_no_limit(rng, more_often_than):
    """Why four references need an assumption: more than half the time 10 % of models lie above all four."""
    rates, population = uniform((POPULATIONS, 4), rng), uniform(400_000, rng)
    assert more_often_than(0.5, np.quantile(population, CONTENT) > rates.max(axis=1))


def test_limits_from_models_that_selected_the_triggers_are_too_low(rng, more_often_than):
    """Triggers that 22 references reject more than others do: the 23rd matches more than they."""
    rates = uniform((POPULATIONS, 22), rng) - 0.05
    assert more_often_than(
        2 * (1 - CONFIDENCE), missed(order_statistic_upper, rates, uniform(400_000, rng), upper=True)
    )


@pytest.mark.parametrize("models", [4, 19])
@pytest.mark.parametrize("distribution", [two_groups, uniform])
def test_conformal_p_values_are_small_as_seldom_as_they_say(models, distribution, rng, more_often_than):
    """Counted in ten triggers as well, so that many rates are tied."""
    rates = distribution((POPULATIONS, models + 1), rng)
    for seen in (rates, np.round(rates, 1)):
        p_values = np.array([conformal_p_value(row[0], row[1:]) for row in seen])
        for level in np.arange(1, models + 1) / (models + 1):
            assert not more_often_than(level, p_values <= level)
