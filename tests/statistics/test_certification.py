"""The guarantee for a theft family: its numbers, its steps and its sentence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.bounds import proportion_lower_bound
from tellmark.statistics.certification import TransferGuarantee, simultaneous_transfer_curve, transfer_curve

repeatable = settings(derandomize=True, deadline=None)
CURVES = [transfer_curve, simultaneous_transfer_curve]
scores_of_proxies = st.lists(st.integers(0, 50).map(lambda count: count / 50), min_size=1, max_size=40)


@repeatable
@given(scores_of_proxies, st.floats(0, 1))
def test_each_point_is_the_clopper_pearson_bound(scores, threshold):
    passed = sum(score >= threshold for score in scores)
    guarantee = transfer_curve(scores, confidence=0.9).at(threshold)
    assert guarantee.passed == passed
    assert guarantee.share == pytest.approx(proportion_lower_bound(passed, len(scores), confidence=0.9))


@repeatable
@given(scores_of_proxies, st.floats(0, 1))
def test_all_thresholds_at_once_cost_something_but_less_than_bonferroni(scores, threshold):
    passed = sum(score >= threshold for score in scores)
    careful = proportion_lower_bound(passed, len(scores), confidence=1 - 0.05 / len(scores))
    alone, together = (curve(scores).at(threshold) for curve in CURVES)
    assert careful - 1e-9 <= together.share <= alone.share
    assert alone.passed == together.passed == passed


@pytest.mark.parametrize("curve", CURVES)
@repeatable
@given(scores=scores_of_proxies)
def test_the_curve_falls_with_the_threshold(curve, scores):
    steps = curve(scores)
    assert steps.thresholds.tolist() == sorted(set(scores))
    assert np.all(np.diff(steps.shares) < 0)
    assert np.all(np.diff(steps.passed) < 0)
    assert steps.passed[0] == len(scores)


@pytest.mark.parametrize("curve", CURVES)
@repeatable
@given(scores=scores_of_proxies, data=st.data())
def test_a_higher_score_never_lowers_a_guarantee(curve, scores, data):
    index = data.draw(st.integers(0, len(scores) - 1))
    raised = list(scores)
    raised[index] = data.draw(st.floats(scores[index], 1))
    threshold = data.draw(st.floats(0, 1))
    assert curve(raised).at(threshold).share >= curve(scores).at(threshold).share


@pytest.mark.parametrize("curve", CURVES)
def test_nothing_is_promised_above_the_highest_score(curve):
    guarantee = curve([0.5, 0.6]).at(0.61)
    assert (guarantee.passed, guarantee.share) == (0, 0.0)
    assert curve([0.5, 0.6]).at(0.6).passed == 1


def test_one_proxy_needs_no_correction():
    assert simultaneous_transfer_curve([0.7]).shares == pytest.approx(transfer_curve([0.7]).shares)


def test_statement_rounds_down_and_says_what_was_chosen_when():
    scores = [0.7199] * 60
    sentence = transfer_curve(scores).at(0.7199).statement("distilled this way")
    assert sentence == (
        "With 95 % confidence at least 95.1 % of models distilled this way match 71.9 % or more of the triggers: "
        "60 of 60 fresh ones did (for a threshold chosen before the scores were seen)."
    )
    assert "for all thresholds at once" in simultaneous_transfer_curve(scores).at(0.7).statement("copied")


@pytest.mark.parametrize("hundredths", range(101))
def test_a_share_in_hundredths_is_printed_as_written(hundredths):
    guarantee = TransferGuarantee(hundredths / 100, 0.5, 1, 1, 0.5, "pointwise")
    assert f"match {hundredths} % or more" in guarantee.statement("stolen")


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("scores", [[], [1.01], [float("nan")], 0.5])
def test_impossible_scores_are_refused(curve, scores):
    with pytest.raises(InvalidInput, match="rate"):
        curve(scores)


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_impossible_confidence_is_refused(curve, confidence):
    with pytest.raises(InvalidInput, match="strictly between 0 and 1"):
        curve([0.5], confidence=confidence)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_impossible_thresholds_are_refused(threshold):
    with pytest.raises(InvalidInput, match="threshold"):
        transfer_curve([0.5]).at(threshold)
