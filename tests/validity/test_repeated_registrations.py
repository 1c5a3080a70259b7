"""An owner prepares many registrations and shows the one that claims the suspect: the bound grows with their number.

Each registration keeps its own bound. The suspects are innocent and drawn without regard to the registrations.
"""

import numpy as np
import pytest

from tellmark.statistics.repeated_tries import bound_over_tries
from tellmark.statistics.wealth import AtMost, log_wealth_along
from tellmark.verification.sequential import false_claim_bound_of_tiers

SUSPECTS = 4000
TRIGGERS, LIMIT, ALPHA, CONTENT = 24, 8, 0.05, 0.95
BOUND = false_claim_bound_of_tiers(ALPHA, [CONTENT])


def claimed(matching, rng):
    """Whether the committed test claims models that match so many of a registration's triggers."""
    answers = rng.permuted(np.arange(TRIGGERS) < matching[..., None], axis=-1)
    return log_wealth_along(AtMost(LIMIT, TRIGGERS), answers).max(axis=-1) >= -np.log(ALPHA)


def matching_at_worst(beyond):
    """As many as the limit allows, or all where a model lies beyond the limit."""
    return np.where(beyond, TRIGGERS, LIMIT)


def independent(tries, rng):
    """Whether a suspect lies beyond one registration's limit says nothing of the others; shape (suspects, tries)."""
    return rng.random((SUSPECTS, tries)) >= CONTENT


def exclusive(tries, rng):
    """A suspect lies beyond the limit of one registration at most: an owner who covers as many suspects as he can."""
    return rng.random((SUSPECTS, 1)) // (1 - CONTENT) == np.arange(tries)


@pytest.mark.parametrize("dependence", [independent, exclusive])
@pytest.mark.parametrize("tries", [1, 4, 12])
def test_the_bound_over_tries_holds_however_they_depend_on_each_other(dependence, tries, rng, more_often_than):
    shown = claimed(matching_at_worst(dependence(tries, rng)), rng).any(axis=1)
    assert not more_often_than(bound_over_tries(BOUND, tries), shown)


def test_it_is_not_far_above_what_an_owner_can_reach(rng, more_often_than):
    """Less than the sum would not do: the value for independent tries is exceeded by exclusive ones."""
    tries = 12
    beyond = exclusive(tries, rng).any(axis=1)
    assert not more_often_than(bound_over_tries(1 - CONTENT, tries), beyond)
    assert more_often_than(1 - CONTENT**tries, beyond)


def test_the_bound_of_one_registration_does_not_hold_for_the_best_of_many(rng, more_often_than):
    """The disease: several tries, and one reported."""
    shown = claimed(matching_at_worst(independent(4, rng)), rng).any(axis=1)
    assert more_often_than(BOUND, shown)


def test_nothing_bounds_a_choice_that_was_made_by_looking_at_the_suspect(rng, more_often_than):
    """The disease: triggers made against one innocent model; every one of its answers matches."""
    shown = claimed(np.full((SUSPECTS, 1), TRIGGERS), rng).any(axis=1)
    assert more_often_than(0.99, shown)
