"""A claim's rule keeps its level however its owner goes on opening triggers, once he has seen the answers so far.

All chance is in the orders of opening; the suspect matches as many triggers of each tier as the limits allow.
"""

from functools import cache

import numpy as np
import pytest

from opened_triggers import numbers_only
from tellmark.evidence.deciding import decided
from tellmark.statistics.betting import BettingProcess

POPULATIONS = 1000
TRIGGERS, LIMITS, ALPHA = 16, (5, 8), 0.1


@pytest.fixture(autouse=True, scope="module")
def remembered_wealth():
    """Populations meet in the same counts again and again: the wealth of each is computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BettingProcess, "log_wealth", property(cache(BettingProcess.log_wealth.fget)))
        yield


def committed():
    registration = numbers_only(triggers=TRIGGERS, reserve=(), tiers=2)
    tiers = tuple(
        tier.model_copy(update={"limit": limit}) for tier, limit in zip(registration.tiers, LIMITS, strict=True)
    )
    rule = registration.rule.model_copy(update={"alpha": ALPHA, "beta": 1e-9, "budget": 2 * TRIGGERS})
    return registration.model_copy(update={"tiers": tiers, "rule": rule})


def orders(rng):
    """Of each tier, in the order of opening, whether the suspect matches."""
    return [rng.permuted(np.arange(TRIGGERS) < limit).tolist() for limit in LIMITS]


def one_after_the_other(matches):
    return [(tier, match) for tier in (0, 1) for match in matches[tier]]


def where_it_went_well(matches):
    """Three triggers at a time of the tier that has shown the larger share of matches; the owner knows all answers."""
    opened, answers = [0, 0], []
    while min(opened) < TRIGGERS:
        shares = [
            (1 + sum(matches[tier][: opened[tier]])) / (2 + opened[tier]) if opened[tier] < TRIGGERS else -1
            for tier in (0, 1)
        ]
        tier = int(np.argmax(shares))
        answers += [(tier, match) for match in matches[tier][opened[tier] : opened[tier] + 3]]
        opened[tier] = min(TRIGGERS, opened[tier] + 3)
        if shares[1 - tier] == -1:
            break
    return answers


def until_it_pleases(matches):
    """Opens on while the last answer was a match, and gives the other tier a try when it was not."""
    opened, answers, tier = [0, 0], [], 0
    while opened[tier] < TRIGGERS:
        match = matches[tier][opened[tier]]
        answers.append((tier, match))
        opened[tier] += 1
        tier = tier if match else 1 - tier
    return answers


def claimed(policy, rng):
    registration = committed()
    return np.array([decided(registration, policy(orders(rng))).verdict == "supports" for _ in range(POPULATIONS)])


@pytest.mark.parametrize("policy", [one_after_the_other, where_it_went_well, until_it_pleases])
def test_no_way_to_go_on_opening_breaks_the_level(policy, rng, more_often_than):
    found = claimed(policy, rng)
    assert not more_often_than(ALPHA, found)
    assert found.mean() > ALPHA / 10, "the level is not kept by never claiming"


def matches_first(matches):
    """The disease: triggers that are known to be matched are opened first, against the nonce's order."""
    return one_after_the_other([sorted(tier, reverse=True) for tier in matches])


def test_an_owner_who_picks_the_triggers_exceeds_the_level(rng, more_often_than):
    assert more_often_than(ALPHA, claimed(matches_first, rng))
