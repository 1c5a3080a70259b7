"""Bounds on a proportion: values to check by hand, and what must hold for all counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from tellmark.errors import InvalidInput
from tellmark.statistics.bounds import proportion_interval, proportion_lower_bound, proportion_upper_bound

repeatable = settings(derandomize=True, deadline=None)
confidences = st.floats(0.5, 0.999)


@st.composite
def counts(draw):
    trials = draw(st.integers(1, 500))
    return draw(st.integers(0, trials)), trials


def test_all_or_no_successes_have_closed_forms():
    assert proportion_lower_bound(64, 64) == pytest.approx(0.05 ** (1 / 64))
    assert proportion_upper_bound(0, 64) == pytest.approx(1 - 0.05 ** (1 / 64))
    assert proportion_lower_bound(0, 64) == 0
    assert proportion_upper_bound(64, 64) == 1


def test_one_success_in_one_trial():
    assert proportion_lower_bound(1, 1, confidence=0.9) == pytest.approx(0.1)
    assert proportion_interval(1, 1, confidence=0.9) == (pytest.approx(0.05), 1)


def test_the_textbook_interval():
    """10 of 100 at 95 %: 4.9 % to 17.6 %, as in every table of the binomial."""
    assert proportion_interval(10, 100) == (pytest.approx(0.0490, abs=5e-5), pytest.approx(0.1762, abs=5e-5))


@repeatable
@given(counts(), confidences)
def test_bounds_are_where_the_tail_reaches_the_level(count, confidence):
    successes, trials = count
    lower = proportion_lower_bound(successes, trials, confidence=confidence)
    upper = proportion_upper_bound(successes, trials, confidence=confidence)
    if successes > 0:
        assert binom.sf(successes - 1, trials, lower) == pytest.approx(1 - confidence, rel=1e-6)
    if successes < trials:
        assert binom.cdf(successes, trials, upper) == pytest.approx(1 - confidence, rel=1e-6)


@repeatable
@given(counts(), confidences)
def test_interval_holds_the_observed_share(count, confidence):
    successes, trials = count
    low, high = proportion_interval(successes, trials, confidence=confidence)
    assert 0 <= low <= successes / trials <= high <= 1


@repeatable
@given(counts())
def test_one_more_success_never_lowers_a_bound(count):
    successes, trials = count
    assert proportion_lower_bound(successes, trials + 1) <= proportion_lower_bound(successes + 1, trials + 1)
    assert proportion_upper_bound(successes, trials + 1) <= proportion_upper_bound(successes + 1, trials + 1)


@repeatable
@given(counts(), confidences)
def test_upper_bound_mirrors_the_lower(count, confidence):
    successes, trials = count
    mirrored = 1 - proportion_lower_bound(trials - successes, trials, confidence=confidence)
    assert proportion_upper_bound(successes, trials, confidence=confidence) == pytest.approx(mirrored, abs=1e-9)


@pytest.mark.parametrize("bound", [proportion_lower_bound, proportion_upper_bound, proportion_interval])
@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3), (0, 0)])
def test_impossible_counts_are_refused(bound, successes, trials):
    with pytest.raises(InvalidInput, match="not a count"):
        bound(successes, trials)


@pytest.mark.parametrize("bound", [proportion_lower_bound, proportion_upper_bound, proportion_interval])
@pytest.mark.parametrize("confidence", [0, 1, 95, float("nan")])
def test_impossible_confidence_is_refused(bound, confidence):
    with pytest.raises(InvalidInput, match="strictly between 0 and 1"):
        bound(1, 2, confidence=confidence)
