"""One tier: which hypotheses its limits stand for, and what the answers do to them."""

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.betting import BettingProcess
from tellmark.statistics.wealth import AtLeast, AtMost
from tellmark.verification.tier_test import TierState, TierTest

repeatable = settings(derandomize=True, deadline=None)


def state_after(tier, answers):
    state = TierState.unasked(tier)
    for match in answers:
        state = state.update(match=match)
    return state


@pytest.mark.parametrize(
    ("limit", "claim", "futility"),
    [
        (60, 90, AtLeast(90, 100)),
        (60, None, AtLeast(61, 100)),
        (60, 61, AtLeast(61, 100)),
        (60, 40, AtLeast(61, 100)),
        (60, 0, AtLeast(61, 100)),
        (99, 100, AtLeast(100, 100)),
    ],
)
def test_the_hypotheses_always_contradict_each_other(limit, claim, futility):
    tier = TierTest("copy", 100, limit=limit, claim=claim)
    assert tier.testable
    assert tier.null == AtMost(limit, 100)
    assert tier.futility == futility


@pytest.mark.parametrize(("limit", "claim"), [(None, None), (None, 90), (100, 90), (100, None)])
def test_a_limit_that_no_answers_exceed_cannot_be_tested(limit, claim):
    tier = TierTest("copy", 100, limit=limit, claim=claim)
    assert not tier.testable
    assert (tier.null, tier.futility, tier.leaving) == (None, None, None)
    state = state_after(tier, [True] * 100)
    assert (state.wealth, state.log_wealth, state.matches, state.queries) == (1, 0, 100, 100)
    assert state.exhausted
    assert not state.futile_at(0.5)
    assert not state.left_at(0.5)


@pytest.mark.parametrize(
    ("claim", "promising", "leaving"),
    [
        (None, 95, AtLeast(95, 100)),
        (80, 95, AtLeast(95, 100)),
        (95, 95, None),
        (95, 80, None),
        (None, 61, None),
        (None, 40, None),
        (None, None, None),
    ],
)
def test_a_tier_is_left_before_it_is_given_up_or_not_at_all(claim, promising, leaving):
    tier = TierTest("copy", 100, limit=60, claim=claim, promising=promising)
    assert tier.leaving == leaving
    assert tier.futility == TierTest("copy", 100, limit=60, claim=claim).futility


def test_leaving_comes_before_giving_up_and_is_not_it():
    state = state_after(TierTest("copy", 100, limit=60, promising=98), [True, False, True, False])
    assert state.left_at(0.05)
    assert not state.futile_at(0.05)
    assert not state_after(state.tier, [True] * 50).left_at(0.05)


@repeatable
@given(st.data(), st.integers(2, 40))
def test_a_tier_given_up_is_left_and_one_more_match_never_makes_it_so(data, triggers):
    counts = st.none() | st.integers(0, triggers)
    tier = TierTest(
        "copy",
        triggers,
        limit=data.draw(st.integers(0, triggers - 1)),
        claim=data.draw(counts),
        promising=data.draw(counts),
    )
    answers = data.draw(st.lists(st.booleans(), min_size=1, max_size=triggers))
    better = list(answers)
    better[data.draw(st.integers(0, len(answers) - 1))] = True
    worse, improved = state_after(tier, answers), state_after(tier, better)
    assert worse.left_at(0.2) or not worse.futile_at(0.2)
    assert worse.left_at(0.2) or not improved.left_at(0.2)


@repeatable
@given(st.data(), st.integers(2, 40))
def test_follows_both_processes(data, triggers):
    limit = data.draw(st.integers(0, triggers - 1))
    tier = TierTest("copy", triggers, limit=limit, claim=data.draw(st.integers(0, triggers)))
    answers = data.draw(st.lists(st.booleans(), max_size=triggers))
    state = state_after(tier, answers)
    null, futility = BettingProcess(tier.null), BettingProcess(tier.futility)
    for match in answers:
        null, futility = null.update(match=match), futility.update(match=match)
    assert (state.matches, state.queries) == (sum(answers), len(answers))
    assert (state.log_wealth, state.wealth) == (null.log_wealth, null.wealth)
    assert all(state.futile_at(beta) == futility.refuted_at(beta) for beta in (0.001, 0.1, 0.5))


@repeatable
@given(st.data(), st.integers(1, 40))
def test_asking_every_trigger_leaves_nothing_to_chance(data, triggers):
    limit = data.draw(st.integers(0, triggers - 1))
    tier = TierTest("copy", triggers, limit=limit, claim=data.draw(st.none() | st.integers(0, triggers)))
    answers = data.draw(st.lists(st.booleans(), min_size=triggers, max_size=triggers))
    state = state_after(tier, answers)
    assert state.wealth == (inf if sum(answers) > limit else 0)
    assert state.futile_at(1e-9) or state.wealth == inf


def test_update_leaves_the_state_it_was_made_from_alone():
    start = TierState.unasked(TierTest("copy", 10, limit=5))
    start.update(match=True)
    assert start == TierState.unasked(TierTest("copy", 10, limit=5))


def test_no_trigger_is_asked_twice():
    state = state_after(TierTest("copy", 2, limit=None), [True, False])
    with pytest.raises(InvalidInput, match="all 2 triggers of tier 'copy'"):
        state.update(match=True)


@pytest.mark.parametrize("numbers", [(0, None, None), (10, 11, None), (10, -1, None), (10, 5, 11), (10, 5, -1)])
def test_impossible_numbers_are_refused(numbers):
    triggers, limit, claim = numbers
    with pytest.raises(InvalidInput, match="tier 'copy'"):
        TierTest("copy", triggers, limit=limit, claim=claim)


def test_impossible_promising_counts_are_refused():
    with pytest.raises(InvalidInput, match="the promising count of tier 'copy'"):
        TierTest("copy", 10, limit=5, promising=11)
