"""Draws repeat themselves under one key, and have the distributions that they claim."""

import numpy as np
import pytest
from scipy.stats import kstest

from tellmark.proxies.draws import Draws
from tellmark.randomness import derive_key

KEY = derive_key(bytes(32), "test/draws")


def many(take, count=2000):
    draws = Draws(KEY)
    return np.array([take(draws) for _ in range(count)])


def test_same_key_same_row_another_key_another():
    def row(key):
        draws = Draws(key)
        return draws.uniform(0, 1), draws.log_uniform(1e-4, 1), draws.whole(1, 1000), draws.seed()

    assert row(KEY) == row(KEY)
    assert not set(row(KEY)) & set(row(derive_key(KEY, "test/other")))


def test_uniform():
    values = many(lambda draws: draws.uniform(0.1, 0.5))
    assert kstest(values, "uniform", (0.1, 0.4)).pvalue > 1e-3
    assert values.tolist() == [round(value, 3) for value in values]


def test_log_uniform():
    values = many(lambda draws: draws.log_uniform(1e-4, 1e-1))
    assert kstest(np.log10(values), "uniform", (-4, 3)).pvalue > 1e-3
    assert all(value == float(f"{value:.3g}") for value in values)


def test_whole_numbers_reach_both_ends_evenly():
    counts = np.unique(many(lambda draws: draws.whole(1, 5)), return_counts=True)
    assert counts[0].tolist() == [1, 2, 3, 4, 5]
    assert counts[1] == pytest.approx(400, rel=0.25)


def test_choice_follows_the_weights():
    values = many(lambda draws: draws.choice({"a": 3, "b": 1, "never": 0}))
    assert set(values) == {"a", "b"}
    assert (values == "a").mean() == pytest.approx(0.75, abs=0.04)


def test_seeds_fit_what_takes_them():
    seeds = [int(value) for value in many(lambda draws: draws.seed(), 100)]
    assert len(set(seeds)) == 100
    assert min(seeds) >= 0
    assert max(seeds) < 1 << 63
