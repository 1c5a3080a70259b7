"""The committed test keeps its level in the order of opening, in an appeal too; whoever picks the order breaks it.

All chance is in the reserve and the nonce: the suspect and which triggers it matches are fixed, and match as many as
the limit allows.
"""

import numpy as np
import pytest

from opened_triggers import numbers_only
from tellmark.evidence.picking import order_of
from tellmark.statistics.wealth import AtMost, log_wealth_along

POPULATIONS = 2000
TRIGGERS, LIMIT = 24, 8
MATCHED = np.arange(TRIGGERS) < LIMIT
LEVELS = (0.01, 0.05, 0.1, 0.3, 0.5)


def reserves(size, rng):
    """One registration a population: its reserve is a random subset, drawn before any nonce."""
    return [rng.choice(TRIGGERS, size, replace=False).tolist() for _ in range(POPULATIONS)]


def in_order(reserve, nonce, burned=()):
    registration = numbers_only(triggers=TRIGGERS, reserve=reserve)
    return list(order_of(registration, nonce=nonce.hex(), tier=0, burned=burned))


def p_values(answers):
    """Of each claim: 1 over the largest wealth ever seen; answers may be fewer than triggers."""
    answers = np.asarray(answers)
    if answers.shape[-1] == 0:
        return np.ones(len(answers))
    peaks = log_wealth_along(AtMost(LIMIT, TRIGGERS), answers).max(axis=-1)
    return np.exp(-np.maximum(peaks, 0))


def p_values_of(orders):
    """As `p_values`, of orders of different lengths."""
    found = np.ones(len(orders))
    for length in {len(order) for order in orders}:
        those = [number for number, order in enumerate(orders) if len(order) == length]
        found[those] = p_values(MATCHED[[orders[number] for number in those]].reshape(len(those), length))
    return found


def exceeded(p_values, more_often_than):
    return [level for level in LEVELS if more_often_than(level, p_values <= level)]


@pytest.mark.parametrize("size", [0, 1, 8, 12, 24])
def test_the_first_claim_keeps_its_level_however_many_are_reserved(size, rng, more_often_than):
    orders = [in_order(reserve, rng.bytes(16)) for reserve in reserves(size, rng)]
    found = p_values_of(orders)
    assert exceeded(found, more_often_than) == []
    assert (found <= 0.1).mean() > 0.1 / 5, "the level is not kept by never rejecting"


def opened_until_it_pleases(order, stop):
    """How many triggers of the first claim were opened when its owner stopped."""
    matches = np.cumsum(MATCHED[order])
    for opened in range(1, len(order)):
        if stop(int(matches[opened - 1]), opened):
            return opened
    return len(order)


STOPPED = {
    "while what is left is richer": lambda matches, opened: matches * TRIGGERS < LIMIT * opened,
    "at two misses more than matches": lambda matches, opened: opened - 2 * matches >= 2,
    "after the reserve": lambda matches, opened: opened == 8,
    "at the first match": lambda matches, opened: matches == 1,
}


@pytest.mark.parametrize("stop", STOPPED.values(), ids=STOPPED.keys())
def test_an_appeal_against_the_same_suspect_keeps_its_level_too(stop, rng, more_often_than):
    """The owner stops the first claim when its answers please him, and what it opened is burned."""
    orders = []
    for reserve in reserves(12, rng):
        first = in_order(reserve, rng.bytes(16))
        burned = first[: opened_until_it_pleases(first, stop)]
        orders.append(in_order(reserve, rng.bytes(16), burned))
    assert exceeded(p_values_of(orders), more_often_than) == []


def test_two_tiers_opened_in_turn_keep_the_level_together(rng, more_often_than):
    """The orders of tiers are independent: the average of the tiers' wealth is what the claim is decided by."""
    answers = np.empty((2, POPULATIONS, TRIGGERS), dtype=bool)
    for population, reserve in enumerate(reserves(12, rng)):
        registration, nonce = numbers_only(triggers=TRIGGERS, reserve=reserve, tiers=2), rng.bytes(16).hex()
        for tier in range(2):
            answers[tier, population] = MATCHED[list(order_of(registration, nonce=nonce, tier=tier))]
    wealth = np.exp(log_wealth_along(AtMost(LIMIT, TRIGGERS), answers)).mean(axis=0)
    assert exceeded(1 / np.maximum(wealth.max(axis=-1), 1), more_often_than) == []


# The disease: somebody who knows the answers has a hand in the order


def test_an_owner_who_reserves_what_is_matched_exceeds_the_level(rng, more_often_than):
    orders = [in_order(range(LIMIT), rng.bytes(16)) for _ in range(POPULATIONS)]
    assert exceeded(p_values_of(orders), more_often_than) == list(LEVELS)


def test_an_owner_who_orders_by_the_answers_exceeds_the_level(rng, more_often_than):
    orders = [
        sorted(in_order(reserve, rng.bytes(16)), key=lambda one: not MATCHED[one]) for reserve in reserves(12, rng)
    ]
    assert exceeded(p_values_of(orders), more_often_than) == list(LEVELS)


def test_an_owner_who_tries_many_nonces_exceeds_the_level(rng, more_often_than):
    tries = 20
    found = np.min(
        [p_values_of([in_order(each, rng.bytes(16)) for each in reserves(12, rng)]) for _ in range(tries)], 0
    )
    assert 0.05 in exceeded(found, more_often_than)


def test_an_owner_who_calls_unmatched_triggers_burned_exceeds_the_level(rng, more_often_than):
    burned = range(LIMIT, LIMIT + 8)
    orders = [in_order(reserve, rng.bytes(16), burned) for reserve in reserves(12, rng)]
    assert 0.05 in exceeded(p_values_of(orders), more_often_than)
