"""The level of simultaneous bounds: against areas anyone can draw, enumeration, and Kolmogorov's distribution."""

import numpy as np
import pytest
from scipy.stats import beta, ksone

from tellmark.statistics.bounds import proportion_lower_bound
from tellmark.statistics.simultaneous import local_level, lower_bounds, probability_of_no_failure


def test_one_bound():
    assert probability_of_no_failure(np.array([0.05])) == pytest.approx(0.95)


def test_two_bounds_are_an_area():
    """Of two uniforms: the smaller at least a and the larger at least b is (1-a)^2 less the square (b-a)^2."""
    for a, b in [(0.1, 0.3), (0.2, 0.9), (0.01, 0.02)]:
        assert probability_of_no_failure(np.array([a, b])) == pytest.approx((1 - a) ** 2 - (b - a) ** 2)


@pytest.mark.parametrize("trials", [3, 10, 100])
def test_parallel_bounds_give_kolmogorovs_one_sided_distribution(trials):
    """Bounds c/k - d all hold exactly if the empirical distribution nowhere exceeds the uniform by more than d."""
    for distance in (0.4 / np.sqrt(trials), 1.2 / np.sqrt(trials)):
        heights = np.arange(1, trials + 1) / trials - distance
        # Bounds below zero never fail; any tiny ascending numbers will do for them.
        bounds = np.where(heights > 0, heights, np.linspace(1e-12, 1e-11, trials))
        assert probability_of_no_failure(bounds) == pytest.approx(ksone.cdf(distance, trials), abs=1e-8)


@pytest.mark.parametrize("trials", [1, 2, 5, 30, 200])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_the_level_is_used_up_and_lies_between_bonferroni_and_one_bound(trials, confidence):
    level = local_level(trials, confidence=confidence)
    assert (1 - confidence) / trials <= level <= 1 - confidence
    assert probability_of_no_failure(lower_bounds(trials, level)) == pytest.approx(confidence, abs=1e-9)


def test_bounds_are_clopper_and_pearsons():
    expected = [proportion_lower_bound(x, 7, confidence=0.99) for x in range(1, 8)]
    assert lower_bounds(7, 0.01) == pytest.approx(expected)


def test_each_bound_fails_with_the_same_probability():
    """The c-th smallest of k uniforms has the Beta(c, k - c + 1) distribution."""
    counts = np.arange(1, 13)
    assert beta.cdf(lower_bounds(12, 0.02), counts, 13 - counts) == pytest.approx(0.02)
