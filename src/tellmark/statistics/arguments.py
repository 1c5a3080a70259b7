"""Refuses counts, rates and levels that no probability can be computed from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tellmark.errors import InvalidInput


def check_counts(successes: int, trials: int) -> None:
    """Raise `InvalidInput` unless ``0 <= successes <= trials`` and ``trials >= 1``."""
    if not (trials >= 1 and 0 <= successes <= trials):
        raise InvalidInput(
            f"{successes} successes in {trials} trials is not a count: 0 <= successes <= trials and trials >= 1"
        )


def check_confidence(confidence: float) -> None:
    """Raise `InvalidInput` unless `confidence` lies strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence must lie strictly between 0 and 1, not {confidence}; 0.95 is usual")


def check_probability(value: float, *, name: str) -> None:
    """Raise `InvalidInput` unless the value that the message calls `name` lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise InvalidInput(f"{name} must lie strictly between 0 and 1, not {value}")


def rates_of_models(rates: ArrayLike) -> NDArray[np.float64]:
    """Rates as an array, shape ``(models,)``.

    Raises
    ------
    InvalidInput
        If there is no rate, one lies outside [0, 1] (NaN included), or they are not a plain sequence.
    """
    array = np.asarray(rates, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise InvalidInput(f"one rate per model and at least one model are needed, not an array of shape {array.shape}")
    outside = array[~((array >= 0) & (array <= 1))]
    if outside.size:
        raise InvalidInput(f"a rate lies between 0 and 1, not {outside[0]}")
    return array
