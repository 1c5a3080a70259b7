"""The sign test keeps its level for triggers drawn without replacement, and is the exact binomial tail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, hypergeom

from tellmark.errors import InvalidInput
from tellmark.statistics.paired import sign_test_p_value

COUNTS = st.integers(0, 400)


@given(COUNTS, COUNTS)
def test_it_is_the_exact_binomial_test_of_another_library(first, second):
    expected = binomtest(first, first + second, 0.5, alternative="greater").pvalue if first + second else 1.0
    assert sign_test_p_value(first, second) == pytest.approx(expected, rel=1e-9)


@given(COUNTS, COUNTS)
def test_more_that_only_the_first_matches_never_weakens_it(first, second):
    assert sign_test_p_value(first + 1, second) <= sign_test_p_value(first, second)
    assert sign_test_p_value(first, second + 1) >= sign_test_p_value(first, second)


def test_many_triggers_take_no_more_than_a_double_holds():
    assert sign_test_p_value(5000, 0) == 0
    assert sign_test_p_value(0, 5000) == 1


@pytest.mark.parametrize("level", [0.05, 0.01])
def test_the_level_holds_in_every_small_population_drawn_without_replacement(level):
    """Every number of unequal pairs up to 80, half of them for each model, and every number of them drawn."""
    for pairs in range(2, 81):
        for drawn in range(1, pairs + 1):
            least = [first for first in range(drawn + 1) if sign_test_p_value(first, drawn - first) <= level]
            if least:
                assert hypergeom.sf(least[0] - 1, pairs, pairs // 2, drawn) <= level


def test_the_level_holds_for_two_models_that_match_as_often_and_differ_in_which():
    """2000 draws of 60 of 300 triggers, of which either model matches 40 %, half of them the same."""
    rng = np.random.default_rng(5)
    first, second = np.arange(300) < 120, np.abs(np.arange(300) - 120) < 60
    refuted = 0
    for _ in range(2000):
        chosen = rng.choice(300, 60, replace=False)
        one, other = first[chosen], second[chosen]
        refuted += sign_test_p_value(int((one & ~other).sum()), int((other & ~one).sum())) <= 0.05
    assert refuted <= binom.isf(1e-3, 2000, 0.05)


def test_a_model_that_does_match_more_is_told_apart():
    """The same simulation has power where the hypothesis is false: it could see a test that never refutes."""
    rng = np.random.default_rng(6)
    refuted = sum(
        sign_test_p_value(
            int(((one := rng.random(60) < 0.8) & ~(other := rng.random(60) < 0.4)).sum()), int((other & ~one).sum())
        )
        <= 0.01
        for _ in range(500)
    )
    assert refuted > 450


@pytest.mark.parametrize("counts", [(-1, 0), (0, -1)])
def test_numbers_that_are_none_are_refused(counts):
    with pytest.raises(InvalidInput, match="cannot be"):
        sign_test_p_value(*counts)
