"""The number of digits behind the point that a column of numbers is written with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_DECIMALS = 15
_EXACT_INTEGERS = 2.0**53


def decimals_of(values: NDArray[np.float64]) -> int | None:
    """Smallest number of digits behind the point that writes every value.

    A double is written by d digits if it is the nearest one to some whole multiple of 10^-d. The answer
    depends on the numbers alone, not on the file that they come from: ``1.50`` needs one digit.

    Parameters
    ----------
    values : ndarray of float64, any shape
        Finite.

    Returns
    -------
    int or None
        At most 15. None where that is not enough, or where the largest value would then have more
        digits than a double can tell apart: only the full precision of a double writes such a column.
        Values of up to 15 significant digits in all always get a number.

    Examples
    --------
    >>> decimals_of(np.array([0.5, 12.25, -3.0]))
    2
    >>> decimals_of(np.array([1 / 3])) is None
    True
    """
    largest = float(np.abs(values).max(initial=0.0))
    unwritten = values.ravel()
    for decimals in range(MAX_DECIMALS + 1):
        if largest * 10.0**decimals >= _EXACT_INTEGERS:
            return None
        # Below 2^53 the scaled value rounds to an exact integer, and dividing that by an exact power of
        # ten gives the very double that the decimal reads as: equality is no coincidence.
        unwritten = unwritten[np.round(unwritten, decimals) != unwritten]
        if not unwritten.size:
            return decimals
    return None
