"""The rank of one model among others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.conformal import conformal_p_value, smallest_supported_level

rates = st.floats(0, 1)


def test_by_hand():
    others = [0.1, 0.2, 0.3]
    assert [conformal_p_value(rate, others) for rate in (0.35, 0.25, 0.15, 0.05)] == [0.25, 0.5, 0.75, 1]


def test_a_tie_counts_against_the_new_model_being_extreme():
    assert conformal_p_value(0.3, [0.1, 0.2, 0.3]) == 0.5
    assert conformal_p_value(0.3, [0.3] * 9) == 1


@settings(derandomize=True, deadline=None)
@given(st.lists(rates, min_size=1, max_size=30), rates, rates)
def test_a_higher_rate_never_has_a_larger_p_value(others, some, more):
    lower, higher = sorted((some, more))
    assert (
        smallest_supported_level(len(others)) <= conformal_p_value(higher, others) <= conformal_p_value(lower, others)
    )


def test_no_models_support_no_level():
    assert smallest_supported_level(0) == 1
    assert smallest_supported_level(99) == 0.01
    with pytest.raises(InvalidInput, match="cannot be -1"):
        smallest_supported_level(-1)


@pytest.mark.parametrize(("rate", "others"), [(1.5, [0.5]), (float("nan"), [0.5]), (0.5, []), (0.5, [2.0])])
def test_impossible_rates_are_refused(rate, others):
    with pytest.raises(InvalidInput, match="rate"):
        conformal_p_value(rate, others)
