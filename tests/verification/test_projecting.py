"""Projections follow the rule by which limits are made, and say nothing where they cannot."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from planned_marks import COPY_REFERENCES, tier
from tellmark.errors import InvalidInput
from tellmark.statistics.tolerance import upper_tolerance_limit
from tellmark.verification.forecasting import Models, TierForecaster
from tellmark.verification.projecting import more_references, more_triggers, typical_rates
from tellmark.verification.tier_test import TierTest

N = 100
RATES = np.array(COPY_REFERENCES) / N
NULL = tier("copy", N, references=COPY_REFERENCES).null
LIMIT = upper_tolerance_limit(RATES, triggers=N).matches_of(N)
TIER = TierForecaster(TierTest("copy", N, LIMIT, 80), alpha=0.01, beta=0.05)
THIEF = Models("pruned", "thief", {"copy": (88, 92)}, "copy")


@pytest.mark.parametrize("models", [2, 5, 59, 200])
def test_typical_rates_keep_mean_and_spread(models):
    typical = logit(typical_rates(RATES, models=models, triggers=N))
    assert typical.size == models
    assert typical.mean() == pytest.approx(logit(RATES).mean())
    assert typical.std(ddof=1) == pytest.approx(logit(RATES).std(ddof=1))


def test_as_many_references_as_there_are_would_give_the_limit_there_is():
    again = upper_tolerance_limit(typical_rates(RATES, models=4, triggers=N), triggers=N)
    assert again.value == pytest.approx(upper_tolerance_limit(RATES, triggers=N).value, abs=1e-9)


def test_typical_limits_lie_where_those_of_random_references_do():
    """Sixteen references drawn at random from such a population: their limits surround the projected one."""
    rng, logits = np.random.default_rng(3), logit(RATES)
    limits = []
    for _ in range(400):
        drawn = rng.normal(logits.mean(), logits.std(ddof=1), 16)
        limits.append(upper_tolerance_limit(1 / (1 + np.exp(-drawn)), triggers=N).value)
    projected = upper_tolerance_limit(typical_rates(RATES, models=16, triggers=N), triggers=N).value
    assert projected == pytest.approx(float(np.median(limits)), abs=0.005)


def test_more_references_lower_the_limit_and_speed_up_detection():
    projections = more_references(TIER, NULL, THIEF, budget=60)
    assert [each.count for each in projections] == [8, 16, 59]
    assert [each.method for each in projections] == ["logit-normal", "logit-normal", "order statistic"]
    limits = [LIMIT, *(each.test.limit for each in projections)]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] < LIMIT
    now = TIER.forecast(THIEF, budget=60)
    detections = [now.detection, *(each.forecast.detection for each in projections)]
    assert detections == pytest.approx(sorted(detections), abs=1e-9)
    assert detections[-1] > detections[0]
    assert projections[-1].forecast.expected_queries < now.expected_queries


def test_more_triggers_keep_the_rates():
    double, fourfold = more_triggers(TIER, NULL, THIEF, null_rate=None, budget=60)
    assert [double.test.triggers, fourfold.test.triggers] == [200, 400]
    assert double.forecast.models.matches == {"copy": (176, 184)}
    assert fourfold.test.claim == 320
    assert fourfold.test.limit == upper_tolerance_limit(RATES, triggers=400).matches_of(400)
    stated = more_triggers(TIER, None, THIEF, null_rate=0.7, budget=60)
    assert [(each.test.limit, each.method) for each in stated] == [(140, "stated"), (280, "stated")]


def test_one_reference_shows_no_spread_to_project():
    with pytest.raises(InvalidInput, match="at least 2"):
        typical_rates([0.5], models=8, triggers=N)
    with pytest.raises(InvalidInput, match="fewer than 2"):
        more_references(TIER, tier("copy", N, references=(50,)).null, THIEF, budget=60)
