"""Errors of whoever tries often and shows what suits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.repeated_tries import bound_over_tries, tries_that_exhaust

bounds = st.floats(1e-9, 1, exclude_max=True)


def test_by_hand():
    assert bound_over_tries(0.25, 1) == 0.25
    assert bound_over_tries(0.25, 3) == 0.75
    assert bound_over_tries(0.25, 4) == bound_over_tries(0.25, 1000) == 1
    assert [tries_that_exhaust(bound) for bound in (0.25, 0.3, 0.99)] == [4, 4, 2]


@settings(derandomize=True, deadline=None)
@given(bounds, st.integers(1, 10**6))
def test_it_lies_above_the_value_for_independent_tries_and_grows_with_their_number(bound, tries):
    independent = -np.expm1(tries * np.log1p(-bound))
    assert independent - 1e-12 <= bound_over_tries(bound, tries) <= bound_over_tries(bound, tries + 1)
    assert bound_over_tries(bound, tries) - independent <= (tries * bound) ** 2 / 2 + 1e-12


@settings(derandomize=True, deadline=None)
@given(bounds)
def test_one_try_fewer_still_promises_something(bound):
    enough = tries_that_exhaust(bound)
    assert bound_over_tries(bound, enough) == 1
    assert bound_over_tries(bound, enough - 1) <= 1
    assert (enough - 1) * bound < 1 + 1e-9


@pytest.mark.parametrize(("bound", "tries"), [(0, 1), (1, 1), (float("nan"), 1), (0.5, 0), (0.5, -1)])
def test_impossible_numbers_are_refused(bound, tries):
    with pytest.raises(InvalidInput):
        bound_over_tries(bound, tries)


def test_no_bound_is_exhausted_that_is_none():
    with pytest.raises(InvalidInput):
        tries_that_exhaust(0)
