"""Leaving a reserve out keeps every level: what is asked is still a random draw from all triggers.

Which triggers a suspect matches is settled once; all chance is in the leaves that draw the reserve and in the order.
"""

from functools import cache

import numpy as np
import pytest

from tellmark.digests import digest_bytes
from tellmark.evidence.reserve import reserve_of
from tellmark.statistics.betting import BettingProcess
from tellmark.verification.fixed import fixed_verdict
from tellmark.verification.order import asking_order
from tellmark.verification.sequential import SequentialTest
from tellmark.verification.tier_test import TierTest
from tellmark.verification.verdict import Counts

POPULATIONS = 2000
TRIGGERS, LIMIT, CLAIM = 24, 8, 18
ALPHA, BETA = 0.05, 0.1
EVERY_RULE = 1e-9
"""A level that no test here reaches by wealth alone, so that asking goes on until it is futile or nothing is left."""
LEVELS = (0.01, ALPHA, 0.1, 0.3, 0.5)


@pytest.fixture(autouse=True, scope="module")
def remembered_wealth():
    """Populations meet in the same counts again and again: the wealth of each is computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BettingProcess, "log_wealth", property(cache(BettingProcess.log_wealth.fget)))
        yield


def drawn(number, share, tier=0):
    leaves = [digest_bytes(f"{number}/{tier}/{position}".encode()) for position in range(TRIGGERS)]
    return reserve_of(leaves, share=share)


def chosen_by_answers(matching, share):
    """The disease: who has seen the answers keeps back those that do not match."""
    return sorted(range(TRIGGERS), key=lambda position: position in matching)[: int(share * TRIGGERS)]


def asked(number, matching, reserve, tier=0):
    """The answers to the triggers outside the reserve, in the order of a private check."""
    order = asking_order(TRIGGERS, seed=number, tier=tier)
    return [position in matching for position in order[~np.isin(order, reserve)].tolist()]


def run(answers, *, alpha):
    """Ask one suspect until the verdict is out or nothing is left; `answers` holds one list a tier."""
    test = SequentialTest(
        tuple(
            TierTest(f"tier {number}", TRIGGERS, LIMIT, claim=CLAIM, reserved=TRIGGERS - len(each))
            for number, each in enumerate(answers)
        ),
        alpha=alpha,
        beta=BETA,
    )
    while (tier := test.next_tier) is not None:
        test = test.update(match=answers[tier][test.states[tier].queries])
    return test


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_the_level_holds_for_an_innocent_at_the_limit(share, more_often_than):
    """Its matches stand at the front of the set: nothing in the set's order is random."""
    matching = set(range(LIMIT))
    tests = [run([asked(n, matching, drawn(n, share))], alpha=EVERY_RULE) for n in range(POPULATIONS)]
    p_values = np.array([test.p_value for test in tests])
    assert not any(more_often_than(level, p_values <= level) for level in LEVELS)
    assert (p_values <= 0.3).mean() > 0.3 / 5, "the level is not kept by never rejecting"


def test_the_level_holds_over_tiers(more_often_than):
    matching = set(range(LIMIT))
    p_values = np.array(
        [
            run([asked(n, matching, drawn(n, 0.5, tier), tier) for tier in (0, 1)], alpha=EVERY_RULE).p_value
            for n in range(POPULATIONS)
        ]
    )
    assert not any(more_often_than(level, p_values <= level) for level in LEVELS)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_thief_at_the_claim_is_seldom_given_up(share, more_often_than):
    matching = set(range(CLAIM))
    tests = [run([asked(n, matching, drawn(n, share))], alpha=ALPHA) for n in range(POPULATIONS)]
    assert not more_often_than(BETA, np.array([test.verdict == "does not support" for test in tests]))
    assert np.mean([test.verdict == "supports" for test in tests]) > (0.8 if share < 0.5 else 0.15)


def test_exact_tests_of_what_is_left_keep_the_level(more_often_than):
    tier, matching = TierTest("tier", TRIGGERS, LIMIT, reserved=TRIGGERS // 2), set(range(LIMIT))
    seen = [sum(asked(n, matching, drawn(n, 0.5))) for n in range(POPULATIONS)]
    decisions = [fixed_verdict([(tier, Counts(count, tier.askable, TRIGGERS))], alpha=ALPHA) for count in seen]
    p_values = np.array([decision.p_value for decision in decisions])
    assert not any(more_often_than(level, p_values <= level) for level in LEVELS)


def test_a_reserve_chosen_by_the_answers_breaks_the_level(more_often_than):
    matching = set(range(LIMIT))
    reserve = chosen_by_answers(matching, 0.5)
    tests = [run([asked(n, matching, reserve)], alpha=ALPHA) for n in range(POPULATIONS)]
    assert more_often_than(ALPHA, np.array([test.verdict == "supports" for test in tests]))
