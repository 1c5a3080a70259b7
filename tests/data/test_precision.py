"""The precision of a column is the fewest decimals that write all its values."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.data.precision import decimals_of


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([0.0, -3.0, 1e15], 0),
        ([1.5, 2.25], 2),
        ([1e-15], 15),
        ([1e-16], None),
        ([0.1 + 0.2], None),
        ([1 / 3], None),
        ([float(np.float32(0.1))], None),
        ([1e300], None),
        ([1e10, 1e-10], None),  # twenty digits together: no double tells them apart
        ([123456789012.345], 3),
        ([], 0),
    ],
)
def test_values_anyone_can_check(values, decimals):
    assert decimals_of(np.array(values, dtype=np.float64)) == decimals


@settings(derandomize=True)
@given(st.lists(st.integers(-(10**15) + 1, 10**15 - 1), min_size=1, max_size=20), st.integers(0, 15))
def test_up_to_fifteen_significant_digits_the_answer_is_exact(whole_numbers, shift):
    written = [Decimal(number).scaleb(-shift) for number in whole_numbers]
    needed = max(max(0, -int(number.normalize().as_tuple().exponent)) for number in written)
    largest = max(abs(number) for number in written)
    values = np.array([float(number) for number in written])
    expected = needed if float(largest) * 10.0**needed < 2**53 else None
    assert decimals_of(values) == expected


@settings(derandomize=True)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_rounding_to_the_answer_changes_nothing(numbers):
    values = np.array(numbers)
    decimals = decimals_of(values)
    assert decimals is None or [float(f"{value:.{decimals}f}") for value in numbers] == numbers
    assert decimals is None or np.array_equal(np.round(values, decimals), values)
