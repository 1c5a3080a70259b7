"""The order of asking: a permutation that the seed fixes for ever."""

import numpy as np
import pytest

from planned_marks import two_tiers
from tellmark.errors import InvalidInput
from tellmark.verification.order import asking_order, fresh_order_seed, tier_orders

OF_SEED_SEVEN = ([4, 6, 2, 5, 1, 0, 7, 3], [1, 3, 0, 5, 4, 6, 7, 2])
"""In the first and the second tier."""


@pytest.mark.parametrize("triggers", [1, 2, 5, 100, 1001])
def test_every_trigger_once(triggers):
    order = asking_order(triggers, seed=3)
    assert order.dtype == np.int64
    assert sorted(order) == list(range(triggers))


def test_the_order_of_a_seed_never_changes():
    assert tuple(asking_order(8, seed=7, tier=tier).tolist() for tier in (0, 1)) == OF_SEED_SEVEN
    assert asking_order(8, seed=8).tolist() not in OF_SEED_SEVEN


def test_every_trigger_is_asked_first_equally_often():
    first = np.bincount([asking_order(5, seed=seed)[0] for seed in range(2000)], minlength=5)
    assert np.all(np.abs(first - 400) < 5 * np.sqrt(400 * 0.8))


def test_fresh_seeds_differ_and_are_accepted():
    seeds = {fresh_order_seed() for _ in range(20)}
    assert len(seeds) == 20
    assert all(len(asking_order(3, seed=seed)) == 3 for seed in seeds)


@pytest.mark.parametrize("seed", [-1, 2**53])
def test_seeds_that_json_cannot_hold_are_refused(seed):
    with pytest.raises(InvalidInput, match="order seed"):
        asking_order(3, seed=seed)


def test_the_orders_of_tiers_are_their_own_and_stay_in_their_stretches():
    first, second = tier_orders(two_tiers(), seed=3)
    assert sorted(first) == list(range(100))
    assert sorted(second) == list(range(100, 250))
    assert first.tolist() == asking_order(100, seed=3).tolist()
    assert second.tolist() == (100 + asking_order(150, seed=3, tier=1)).tolist()


def test_what_a_seed_does_to_one_tier_says_nothing_of_another():
    """The rank of an item in one tier's order against that of the item of the same number in the other's."""
    ranks = np.array(
        [[np.argsort(asking_order(6, seed=seed, tier=tier))[0] for tier in (0, 1)] for seed in range(1500)]
    )
    assert abs(np.corrcoef(ranks.T)[0, 1]) < 5 / np.sqrt(1500)
