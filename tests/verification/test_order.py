"""The order of asking: a permutation that the seed fixes for ever."""

import numpy as np
import pytest

from tellmark.errors import InvalidInput
from tellmark.verification.order import asking_order, fresh_order_seed

OF_SEED_SEVEN = [5, 6, 4, 0, 1, 2, 3, 7]


@pytest.mark.parametrize("triggers", [1, 2, 5, 100, 1001])
def test_every_trigger_once(triggers):
    order = asking_order(triggers, seed=3)
    assert order.dtype == np.int64
    assert sorted(order) == list(range(triggers))


def test_the_order_of_a_seed_never_changes():
    assert asking_order(8, seed=7).tolist() == OF_SEED_SEVEN
    assert asking_order(8, seed=8).tolist() != OF_SEED_SEVEN


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
