"""A suspect that gives a wrong label now and then is claimed no more often, while innocents match more than chance.

A flipped answer is drawn from the other classes alike: matches are lost in proportion to the rate of matching, and won in
proportion to the rest over the number of other classes. Both balance where a model matches one trigger in as many as there
are classes.
"""

import numpy as np
import pytest

from tellmark.statistics.planning import false_claim_bound
from tellmark.statistics.tolerance import upper_tolerance_limit
from validity.test_false_claims import (
    ALPHA,
    CONFIDENCE,
    CONTENT,
    POPULATIONS,
    TRIGGERS,
    claimed,
    limits_from,
    matches_of_innocents,
)

PROMISED = false_claim_bound(alpha=ALPHA, content=CONTENT) + 1 - CONFIDENCE


def flipped(matching, rate, classes, rng):
    """Matches that are left of so many, and those won."""
    lost = rng.binomial(matching, rate)
    return matching - lost + rng.binomial(TRIGGERS - matching, rate / (classes - 1))


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("classes", [3, 10, 100])
def test_innocents_that_flip_labels_are_claimed_as_seldom_as_promised(rate, classes, rng, more_often_than):
    limits = limits_from(upper_tolerance_limit, matches_of_innocents((POPULATIONS, 22), rng))
    innocents = matches_of_innocents(POPULATIONS, rng)
    claims = claimed(flipped(innocents, rate, classes, rng), limits, rng)
    assert not more_often_than(PROMISED, claims)
    assert claims.mean() <= claimed(innocents, limits, rng).mean() + 3 * np.sqrt(PROMISED / POPULATIONS)


def test_with_two_classes_and_innocents_below_chance_flips_break_the_promise(rng, more_often_than):
    """The disease: innocents match two triggers in five, and whoever tosses a coin matches one in two."""
    limits = limits_from(upper_tolerance_limit, matches_of_innocents((POPULATIONS, 22), rng))
    claims = claimed(flipped(matches_of_innocents(POPULATIONS, rng), 0.8, 2, rng), limits, rng)
    assert more_often_than(PROMISED, claims)
