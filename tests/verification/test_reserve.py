"""A verification with a reserve never asks it, and says so."""

import numpy as np
import pytest

from planned_marks import COPY_FAMILIES, COPY_REFERENCES, DISTILLED_REFERENCES, tier
from tellmark.errors import InvalidInput, Mismatch
from tellmark.verification.conduct import Choice, Conduct
from tellmark.verification.conducted import verify_with
from tellmark.verification.session import verify
from tellmark.verification.tier_limits import tier_tests, with_reserve
from tellmark.verification.tier_test import TierState, TierTest

COPY = tier("copy", 100, references=COPY_REFERENCES, families=COPY_FAMILIES)
DISTILLED = tier("distilled", 150, references=DISTILLED_REFERENCES)
RESERVE = (tuple(range(0, 100, 2)), tuple(range(0, 150, 3)))
IN_MARK = {*RESERVE[0], *(100 + position for position in RESERVE[1])}


@pytest.fixture
def mark(make_tiers):
    return make_tiers(COPY, DISTILLED)


@pytest.mark.parametrize("method", ["sequential", "fixed"])
@pytest.mark.parametrize("matching", [(0, 0), (55, 62), (60, 70), (100, 150)])
def test_no_trigger_of_the_reserve_is_ever_asked(mark, rote, method, matching):
    suspect = rote(mark, matching)
    result = verify(mark, suspect, method=method, reserve=RESERVE)
    assert not IN_MARK & set(suspect.asked)
    assert len(suspect.asked) == len(set(suspect.asked)) == result.queries <= 50 + 100
    assert any("100 of the 250 triggers are the registration's reserve" in reason for reason in result.reasons)


def test_the_order_of_the_others_is_that_without_a_reserve(mark, rote):
    with_all, without = rote(mark, (60, 70)), rote(mark, (60, 70))
    verify(mark, with_all, method="fixed", order_seed=4)
    verify(mark, without, method="fixed", order_seed=4, reserve=RESERVE)
    assert without.asked == [position for position in with_all.asked if position not in IN_MARK]


def test_one_tier_alone_has_its_own_reserve(mark, rote):
    suspect = rote(mark, (60, 70))
    result = verify(mark, suspect, tiers=["distilled"], method="fixed", reserve=RESERVE)
    assert sorted(suspect.asked) == sorted(set(range(100, 250)) - IN_MARK)
    assert any("50 of the 150 triggers" in reason for reason in result.reasons)


def test_when_all_but_the_reserve_was_asked_the_rest_is_for_a_judge(make_tiers, rote):
    """One more match than the limit allows: half of the triggers do not show it."""
    mark = make_tiers(COPY)
    (test,) = tier_tests(mark.public)
    result = verify(mark, rote(mark, test.limit + 1), reserve=RESERVE[:1], order_seed=1)
    assert (result.verdict, result.queries) == ("inconclusive", 50)
    assert any("Every trigger outside the reserve was asked" in reason for reason in result.reasons)


def test_a_budget_that_ends_earlier_can_be_raised(make_tiers, rote):
    mark = make_tiers(COPY)
    result = verify(mark, rote(mark, 66), max_queries=5, reserve=RESERVE[:1], order_seed=1)
    assert any("it can bring one, but need not, as the reserve stays unasked" in reason for reason in result.reasons)


def test_without_a_reserve_nothing_is_said_of_one(mark, rote):
    assert not any("reserve" in reason for reason in verify(mark, rote(mark, (60, 70))).reasons)


def test_a_transcript_goes_on_with_the_same_reserve_only(mark, rote, tmp_path):
    conduct, choice = Conduct(transcript=tmp_path / "run.jsonl"), Choice(max_queries=3, reserve=RESERVE)
    suspect = rote(mark, (60, 70))
    verify_with(mark, suspect, choice, conduct)
    found = verify_with(mark, suspect, Choice(max_queries=6, reserve=RESERVE), conduct)
    assert (found.queries, len(suspect.asked)) == (6, 6)
    with pytest.raises(Mismatch, match="reserve"):
        verify_with(mark, suspect, Choice(max_queries=9), conduct)


def test_a_settled_number_of_queries_is_that_outside_the_reserve(mark, rote, tmp_path):
    suspect = rote(mark, (60, 70))
    choice = Choice(method="fixed", reserve=RESERVE)
    found = verify_with(mark, suspect, choice, Conduct(transcript=tmp_path / "run.jsonl"))
    assert found.queries == 150
    assert not IN_MARK & set(suspect.asked)


def test_a_tier_that_is_all_reserve_is_refused(mark):
    with pytest.raises(InvalidInput, match="leaves none of tier 'copy'"):
        with_reserve(tier_tests(mark.public), (range(100), ()))


def test_a_state_is_exhausted_when_the_reserve_alone_is_left():
    state = TierState.unasked(TierTest("copy", 5, limit=2, reserved=3))
    for _ in range(2):
        state = state.update(match=True)
    assert state.exhausted
    with pytest.raises(InvalidInput, match="none is asked twice"):
        state.update(match=True)


def test_the_hypotheses_stay_about_all_triggers():
    tests = TierTest("copy", 24, limit=8, claim=18), TierTest("copy", 24, limit=8, claim=18, reserved=12)
    assert tests[0].null == tests[1].null
    assert tests[0].futility == tests[1].futility
    states = [TierState.unasked(test) for test in tests]
    for match in np.array([True, False, True]):
        states = [state.update(match=bool(match)) for state in states]
    assert states[0].wealth == states[1].wealth
