"""The settings of one theft, drawn from a key: each draw is new, the row of them always the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from tellmark.randomness import random_words

T = TypeVar("T")


class Draws:
    """Independent draws under `key`, to be taken in a fixed order.

    Examples
    --------
    >>> Draws(bytes(32)).whole(1, 6) == Draws(bytes(32)).whole(1, 6)
    True
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._taken = 0

    def uniform(self, low: float, high: float, *, decimals: int = 3) -> float:
        """From U(low, high), rounded, so that what is told of it is exact."""
        return round(low + (high - low) * self._unit(), decimals)

    def log_uniform(self, low: float, high: float) -> float:
        """Its logarithm uniform between those of `low` and `high`; rounded to three significant digits."""
        return float(f"{math.exp(math.log(low) + math.log(high / low) * self._unit()):.2e}")

    def whole(self, low: int, high: int) -> int:
        """A whole number, each from `low` to `high` as likely."""
        return low + int(self._unit() * (high - low + 1))

    def choice(self, weights: Mapping[T, float]) -> T:
        """One of the keys, each in proportion to its weight."""
        left = self._unit() * sum(weights.values())
        for one, weight in weights.items():
            left -= weight
            if left < 0:
                return one
        return next(reversed(list(weights)))

    def seed(self) -> int:
        """A seed for what draws by other means, in [0, 2^63)."""
        return int(self._word() >> np.uint64(1))

    def _unit(self) -> float:
        return float((self._word() >> np.uint64(11)) * 2.0**-53)

    def _word(self) -> np.uint64:
        self._taken += 1
        return random_words(self._key, self._taken - 1, 1)[0, 0]
