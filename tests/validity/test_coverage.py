"""Every bound and interval misses the truth no more often than it says."""

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from tellmark.statistics.bounds import proportion_interval, proportion_lower_bound, proportion_upper_bound
from tellmark.statistics.finite_population import count_interval, count_lower_bound, count_upper_bound

DRAWS = 4000
CONFIDENCE = 0.95


@pytest.mark.parametrize("trials", [10, 64])
@pytest.mark.parametrize("proportion", [0.02, 0.3, 0.9, 0.99])
def test_bounds_on_a_proportion(trials, proportion, rng, more_often_than):
    possible = range(trials + 1)
    lower = np.array([proportion_lower_bound(x, trials, confidence=CONFIDENCE) for x in possible])
    upper = np.array([proportion_upper_bound(x, trials, confidence=CONFIDENCE) for x in possible])
    low, high = np.array([proportion_interval(x, trials, confidence=CONFIDENCE) for x in possible]).T
    seen = rng.binomial(trials, proportion, DRAWS)
    for missed in (lower > proportion, upper < proportion, (low > proportion) | (high < proportion)):
        assert not more_often_than(1 - CONFIDENCE, missed[seen])


@pytest.mark.parametrize("matching", [0, 1, 30, 54, 60])
def test_bounds_on_the_number_in_a_population(matching, rng, more_often_than):
    """4000 orders of 60 triggers, each read off after 5, 20, 50 and all of them."""
    triggers = np.arange(60) < matching
    seen_by_then = np.cumsum(rng.permuted(np.tile(triggers, (DRAWS, 1)), axis=1), axis=1)
    for draws in (5, 20, 50, 60):
        possible = range(draws + 1)
        lower = np.array([count_lower_bound(x, draws, population=60, confidence=CONFIDENCE) for x in possible])
        upper = np.array([count_upper_bound(x, draws, population=60, confidence=CONFIDENCE) for x in possible])
        low, high = np.array([count_interval(x, draws, population=60, confidence=CONFIDENCE) for x in possible]).T
        seen = seen_by_then[:, draws - 1]
        for missed in (lower > matching, upper < matching, (low > matching) | (high < matching)):
            assert not more_often_than(1 - CONFIDENCE, missed[seen])


def test_coverage_by_enumeration_is_at_least_nominal_and_not_for_nothing():
    """Summed over all outcomes, not simulated: never below 95 %, and for middling truths not near 100 %."""
    proportions = np.linspace(0.05, 0.95, 91)
    intervals = np.array([proportion_interval(x, 50, confidence=CONFIDENCE) for x in range(51)])
    covers = (intervals[:, :1] <= proportions) & (proportions <= intervals[:, 1:])
    coverage = (covers * binom.pmf(np.arange(51)[:, None], 50, proportions)).sum(axis=0)
    assert coverage.min() >= CONFIDENCE
    assert coverage.mean() < 0.98

    numbers = np.arange(81)
    intervals = np.array([count_interval(x, 30, population=80, confidence=CONFIDENCE) for x in range(31)])
    covers = (intervals[:, :1] <= numbers) & (numbers <= intervals[:, 1:])
    coverage = (covers * hypergeom.pmf(np.arange(31)[:, None], 80, numbers, 30)).sum(axis=0)
    assert coverage.min() >= CONFIDENCE
    assert coverage[10:71].mean() < 0.985


def test_the_binomial_interval_wastes_what_a_finite_population_knows():
    low, high = proportion_interval(45, 50)
    few, many = count_interval(45, 50, population=60)
    assert (many - few) / 60 < (high - low) / 2
