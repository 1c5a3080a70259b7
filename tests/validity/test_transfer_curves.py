"""The guarantee for a theft family holds with its confidence: at one threshold, or at all of them."""

import numpy as np
import pytest

from tellmark.statistics.certification import simultaneous_transfer_curve, transfer_curve

FAMILIES = 2500
CONFIDENCE = 0.9


def smooth(shape, rng):
    return rng.beta(20, 8, shape)


def counted(shape, rng):
    """Shares of ten triggers, so that many scores are tied."""
    return rng.binomial(10, rng.beta(20, 8, shape)) / 10


def two_groups(shape, rng):
    """Most students transfer well; those of another architecture badly."""
    return np.where(rng.random(shape) < 0.8, rng.normal(0.8, 0.02, shape), rng.normal(0.5, 0.02, shape))


def somewhere_too_high(curve, scores, population):
    """Whether any bound of the curve from each row exceeds the true share of models that score as much."""
    ordered = np.sort(population)
    failed = []
    for row in scores:
        steps = curve(row, confidence=CONFIDENCE)
        true_shares = 1 - np.searchsorted(ordered, steps.thresholds) / ordered.size
        failed.append(bool(np.any(steps.shares > true_shares)))
    return np.array(failed)


@pytest.mark.parametrize("distribution", [smooth, counted, two_groups])
@pytest.mark.parametrize("proxies", [4, 12])
def test_a_bound_at_a_threshold_chosen_beforehand(distribution, proxies, rng, more_often_than):
    scores, population = distribution((FAMILIES, proxies), rng), distribution(400_000, rng)
    curves = [transfer_curve(row, confidence=CONFIDENCE) for row in scores]
    for threshold in (0.5, 0.7, 0.8):
        true_share = (population >= threshold).mean()
        too_high = np.array([curve.at(threshold).share > true_share for curve in curves])
        assert not more_often_than(1 - CONFIDENCE, too_high)


@pytest.mark.parametrize("distribution", [smooth, counted, two_groups])
@pytest.mark.parametrize("proxies", [1, 4, 12])
def test_all_bounds_at_once(distribution, proxies, rng, more_often_than):
    scores, population = distribution((FAMILIES, proxies), rng), distribution(400_000, rng)
    assert not more_often_than(1 - CONFIDENCE, somewhere_too_high(simultaneous_transfer_curve, scores, population))


def test_all_bounds_at_once_are_exact_for_smooth_scores(rng):
    scores, population = smooth((FAMILIES, 12), rng), smooth(400_000, rng)
    failures = somewhere_too_high(simultaneous_transfer_curve, scores, population).mean()
    assert abs(failures - (1 - CONFIDENCE)) < 0.025


def test_choosing_the_threshold_by_the_curve_breaks_the_pointwise_bounds(rng, more_often_than):
    """The disease the simultaneous curve guards against."""
    scores, population = smooth((FAMILIES, 12), rng), smooth(400_000, rng)
    assert more_often_than(2 * (1 - CONFIDENCE), somewhere_too_high(transfer_curve, scores, population))
