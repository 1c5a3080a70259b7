"""The area under the ROC curve, and an interval that covers it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from tellmark.errors import InvalidInput
from tellmark.statistics.separation import auc, auc_interval, bootstrap_auc_interval, true_positive_rate


def test_the_area_counts_pairs_and_halves_ties():
    assert auc([3, 4], [1, 2]) == 1
    assert auc([1], [1]) == 0.5
    assert auc([1, 3], [2]) == 0.5
    assert auc([2, 3], [2, 1]) == pytest.approx(0.875)


@pytest.mark.parametrize("area", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_the_interval_holds_the_area_and_narrows_with_more_models(area):
    few, many = (auc_interval(area, stolen=size, independent=size) for size in (8, 80))
    for low, high in (few, many):
        assert 0 <= low <= area <= high <= 1
    assert many[1] - many[0] < few[1] - few[0]


def test_perfect_separation_by_few_models_is_no_certainty():
    low, high = auc_interval(1.0, stolen=8, independent=8)
    assert 0.7 < low < 0.8
    assert high == 1


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_the_interval_covers_the_true_area(shift):
    rng = np.random.default_rng(5)
    truth = norm.cdf(shift / np.sqrt(2))
    covered = 0
    for _ in range(400):
        stolen, independent = rng.normal(shift, 1, 8), rng.normal(0, 1, 8)
        low, high = auc_interval(auc(stolen, independent), stolen=8, independent=8)
        covered += low <= truth <= high
    assert covered / 400 >= 0.92


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_bootstrap_covers_the_true_area_nearly_as_often_as_it_says(shift):
    """The percentile interval is known to be narrow for few models: with 12 of each it covers some 93 %."""
    rng = np.random.default_rng(5)
    truth = norm.cdf(shift / np.sqrt(2))
    covered = 0
    for number in range(300):
        stolen, independent = rng.normal(shift, 1, 12), rng.normal(0, 1, 12)
        low, high = bootstrap_auc_interval(stolen, independent, resamples=400, seed=number)
        covered += low <= truth <= high
    assert 0.88 <= covered / 300 <= 0.99


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_interval_of_few_thieves_covers_the_true_area(count):
    """Drawn from themselves alone, one thief or two differ from nobody: such an interval covers far too rarely."""
    rng = np.random.default_rng(5)
    truth, covered, resampled = norm.cdf(0), 0, 0
    for number in range(300):
        stolen, independent = rng.normal(0, 1, count), rng.normal(0, 1, 11)
        low, high = bootstrap_auc_interval(stolen, independent, seed=number)
        covered += low <= truth <= high
        picks = rng.integers(0, count, (200, count)), rng.integers(0, 11, (200, 11))
        areas = [auc(stolen[mine], independent[others]) for mine, others in zip(*picks, strict=True)]
        resampled += np.quantile(areas, 0.025) <= truth <= np.quantile(areas, 0.975)
    assert covered / 300 >= 0.92
    assert resampled < covered
    if count <= 2:
        assert resampled / 300 < 0.85


def test_the_bootstrap_repeats_itself_and_holds_the_area():
    rng = np.random.default_rng(1)
    stolen, independent = rng.normal(1, 1, 9).tolist(), rng.normal(0, 1, 8).tolist()
    first, second = (bootstrap_auc_interval(stolen, independent, seed=3) for _ in range(2))
    assert first == second
    assert first[0] <= auc(stolen, independent) <= first[1]


@pytest.mark.parametrize(("stolen", "independent"), [([2, 3], [0, 1]), ([0, 1], [2, 3])])
def test_where_no_resample_differs_the_interval_still_has_a_width(stolen, independent):
    low, high = bootstrap_auc_interval(stolen, independent)
    assert (low, high) == auc_interval(auc(stolen, independent), stolen=2, independent=2)
    assert high - low > 0.3


def test_the_rate_of_true_positives_is_taken_above_as_many_independents_as_allowed():
    stolen, independent = [0.2, 0.5, 0.6, 0.95], [0.1, 0.3, 0.4, 0.9]
    assert true_positive_rate(stolen, independent, false_positives=0.01) == 0.25
    assert true_positive_rate(stolen, independent, false_positives=0.25) == 0.75
    assert true_positive_rate([0.9], [0.9], false_positives=0.01) == 0  # a tie is no detection


def test_a_threshold_lets_through_no_more_independents_than_it_says():
    rng = np.random.default_rng(2)
    for count in (5, 20, 100, 250):
        independent = rng.normal(size=count)
        for level in (0.01, 0.05, 0.2):
            assert true_positive_rate(independent, independent, false_positives=level) <= level + 1e-12


@pytest.mark.parametrize(("stolen", "independent"), [([], [1.0]), ([1.0], [])])
def test_no_models_are_refused(stolen, independent):
    for measure in (auc, bootstrap_auc_interval):
        with pytest.raises(InvalidInput, match="at least one"):
            measure(stolen, independent)
