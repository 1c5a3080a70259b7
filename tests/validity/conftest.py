"""What the simulations share: how many repetitions, and when a frequency exceeds its level."""

from typing import Protocol

import numpy as np
import pytest
from scipy.stats import binomtest


class MoreOftenThan(Protocol):
    def __call__(self, level: float, events: np.ndarray) -> bool: ...


@pytest.fixture
def more_often_than() -> MoreOftenThan:
    """Whether events, one per repetition, happen more often than `level`, beyond the noise of simulating."""

    def exceeds(level, events):
        return bool(binomtest(int(events.sum()), events.size, level, alternative="greater").pvalue < 1e-4)

    return exceeds


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240528)
