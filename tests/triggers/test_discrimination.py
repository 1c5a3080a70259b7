"""A candidate is worth the more, the more stolen models and the fewer innocent ones answer it like the source."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tellmark.triggers.discrimination import divergence, ranked, smoothed_rate, worth

ANSWERS = arrays.arrays(bool, st.tuples(st.integers(1, 6), st.just(4)))


def test_the_divergence_of_two_rates_by_hand():
    found = divergence(np.array([0.8]), np.array([0.4]))
    assert found[0] == pytest.approx(0.4 * (math.log(2) + math.log(3)))


def test_rates_are_drawn_towards_one_half():
    assert smoothed_rate([0, 1, 2], 2, smoothing=1).tolist() == [0.25, 0.5, 0.75]
    assert smoothed_rate([3], 3)[0] < smoothed_rate([30], 30)[0] < 1


@given(st.lists(ANSWERS, max_size=3), ANSWERS, st.data())
def test_worth_never_falls_when_a_shadow_comes_to_match(stolen, independent, data):
    assume(stolen)
    family = data.draw(st.integers(0, len(stolen) - 1))
    member = data.draw(st.integers(0, len(stolen[family]) - 1))
    better = [answers.copy() for answers in stolen]
    better[family][member] = True
    assert (worth(better, independent) >= worth(stolen, independent) - 1e-12).all()


@given(st.lists(ANSWERS, max_size=3), ANSWERS, st.data())
def test_worth_never_falls_when_a_reference_ceases_to_match(stolen, independent, data):
    member = data.draw(st.integers(0, len(independent) - 1))
    better = independent.copy()
    better[member] = False
    assert (worth(stolen, better) >= worth(stolen, independent) - 1e-12).all()


@given(st.lists(ANSWERS, max_size=3), ANSWERS)
def test_what_all_shadows_accept_and_all_references_reject_ranks_first(stolen, independent):
    ideal_stolen = [np.insert(answers, 2, True, axis=1) for answers in stolen]
    ideal_independent = np.insert(independent, 2, False, axis=1)
    worths = worth(ideal_stolen, ideal_independent)
    assert worths[2] == pytest.approx(worths.max())
    assert ranked(worths)[0] in np.flatnonzero(np.isclose(worths, worths.max()))


@given(st.lists(ANSWERS, max_size=3), ANSWERS)
def test_worth_is_finite_and_nothing_where_stolen_models_match_no_more_often(stolen, independent):
    worths = worth(stolen, independent)
    assert np.isfinite(worths).all()
    assert (worths >= 0).all()
    assert (worth([independent], independent) == 0).all()


def test_families_count_alike_however_many_members_they_have():
    many, few = np.tile([[True, False]], (9, 1)), np.array([[False, True]] * 9)
    nobody = np.zeros((2, 2), dtype=bool)
    worths = worth([many, few], nobody)
    assert worths[0] == pytest.approx(worths[1])
    crowded = worth([many, few[:1]], nobody)
    assert crowded[0] > crowded[1] > worth([np.concatenate([many, few[:1]])], nobody)[1]


def test_without_families_stolen_models_match_everything():
    independent = np.array([[True, True, False], [True, False, False]])
    worths = worth([], independent)
    assert worths.tolist() == sorted(worths)
    assert worths[0] == 0
    assert ranked(worths).tolist() == [2, 1]


def test_of_equals_the_earlier_comes_first_and_what_is_worth_nothing_does_not_come():
    assert ranked(np.array([0.5, 0.0, 2.0, 0.5, 2.0])).tolist() == [2, 4, 0, 3]
    assert len(ranked(np.zeros(3))) == 0


def test_the_best_by_chance_look_better_than_they_are():
    """Ranking among many picks luck too: hence models that took no part must say what the triggers are worth."""
    rng = np.random.default_rng(0)
    candidates, rate = 20_000, 0.5
    stolen, independent = (rng.random((4, candidates)) < rate for _ in range(2))
    best = ranked(worth([stolen], independent))[:100]
    assert stolen[:, best].mean() > 0.9
    assert independent[:, best].mean() < 0.1
    fresh = rng.random((50, candidates)) < rate
    assert abs(fresh[:, best].mean() - rate) < 0.05
