"""The unit is the model: innocents differ from one another, and a test over triggers does not see it."""

import numpy as np
import pytest
from scipy.stats import binom

from tellmark.verification.verdict import Counts, decide

TRIGGERS = 300
MODELS = 4000
ALPHA = 0.01
MEAN = 0.5


def innocent_matches(spread, rng):
    """Matches of innocent models whose rates have mean .5 and this standard deviation over models."""
    if spread == 0:
        return rng.binomial(TRIGGERS, MEAN, MODELS)
    weight = (MEAN * (1 - MEAN) / spread**2 - 1) / 2
    return rng.binomial(TRIGGERS, rng.beta(weight, weight, MODELS))


def claimed_by_binomial(matches):
    """Whether a binomial test over triggers, even with the mean innocent rate known, refutes innocence."""
    return binom.sf(matches - 1, TRIGGERS, MEAN) <= ALPHA


def claimed_by_verdict(matches, null_rate):
    table = [
        decide(Counts(seen, TRIGGERS, TRIGGERS), null_rate=null_rate, alpha=ALPHA).verdict == "supports"
        for seen in range(TRIGGERS + 1)
    ]
    return np.array(table)[matches]


def test_the_binomial_over_triggers_holds_only_if_innocents_are_all_alike(rng, more_often_than):
    assert not more_often_than(ALPHA, claimed_by_binomial(innocent_matches(0.0, rng)))


@pytest.mark.parametrize("spread", [0.02, 0.05])
def test_the_binomial_over_triggers_fails_where_innocents_differ(spread, rng, more_often_than):
    assert more_often_than(ALPHA, claimed_by_binomial(innocent_matches(spread, rng)))


def test_with_a_spread_of_five_percent_it_accuses_one_innocent_in_ten(rng):
    assert claimed_by_binomial(innocent_matches(0.05, rng)).mean() > 0.1


def test_a_null_rate_that_is_an_upper_limit_over_models_keeps_the_level(rng, more_often_than):
    limit = np.quantile(innocent_matches(0.05, rng) / TRIGGERS, 1 - ALPHA)
    assert not more_often_than(1.5 * ALPHA, claimed_by_verdict(innocent_matches(0.05, rng), float(limit)))


def test_a_null_rate_that_is_only_their_mean_accuses_every_other_innocent(rng):
    assert claimed_by_verdict(innocent_matches(0.05, rng), MEAN).mean() > 0.4
