"""The paper's bound holds for fresh proxies, and not for those that selected the triggers."""

import numpy as np
import pytest

from tellmark.statistics.bounds import proportion_lower_bound
from tellmark.statistics.guarantee import transfer_lower_bound

PROXIES = 64
CONFIDENCE = 0.95


@pytest.fixture
def transfers(rng):
    """True transfer probabilities of 100 000 candidates: .9 on average, few of them near 1."""
    return rng.beta(27, 3, 100_000)


def test_selecting_by_the_same_proxies_breaks_the_guarantee(transfers, rng, more_often_than):
    triggers = transfers[rng.binomial(PROXIES, transfers) == PROXIES]
    assert len(triggers) >= 2000
    below = triggers < transfer_lower_bound(PROXIES, confidence=CONFIDENCE)
    assert more_often_than(2 * (1 - CONFIDENCE), below)


def test_fresh_proxies_keep_it(transfers, rng, more_often_than):
    triggers = transfers[rng.binomial(PROXIES, transfers) == PROXIES]
    bounds = np.array([proportion_lower_bound(x, PROXIES, confidence=CONFIDENCE) for x in range(PROXIES + 1)])
    assert not more_often_than(1 - CONFIDENCE, bounds[rng.binomial(PROXIES, triggers)] > triggers)


def test_a_single_candidate_fixed_beforehand_keeps_it(rng, more_often_than):
    """Without a choice among candidates the promise holds: agreement below the bound is rare."""
    just_below = transfer_lower_bound(PROXIES, confidence=CONFIDENCE) - 1e-9
    assert not more_often_than(1 - CONFIDENCE, rng.binomial(PROXIES, just_below, 4000) == PROXIES)
