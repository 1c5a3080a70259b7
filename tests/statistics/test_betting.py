"""The process: it follows the wealth, remembers its peak, and never speaks more weakly for more matches."""

from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.betting import BettingProcess, refuting_log_wealth
from tellmark.statistics.wealth import AtLeast, AtMost, log_wealth_along

repeatable = settings(derandomize=True, deadline=None)


def process_after(hypothesis, answers):
    process = BettingProcess(hypothesis)
    for match in answers:
        process = process.update(match=match)
    return process


@st.composite
def runs(draw):
    """Some answers, the same with one miss turned into a match, and the number of items."""
    population = draw(st.integers(2, 40))
    answers = draw(st.lists(st.booleans(), min_size=1, max_size=population))
    better = list(answers)
    better[draw(st.integers(0, len(answers) - 1))] = True
    return population, answers, better


def test_starts_with_nothing_said():
    process = BettingProcess(AtMost(5, population=10))
    assert (process.wealth, process.p_value, process.log_wealth) == (1, 1, 0)
    assert not process.refuted_at(0.999)


def test_by_hand():
    """Of 3 at most 1, against 2 and 3: 2 and 3 times as likely after one match, 1 and 0 times after a miss, too."""
    process = process_after(AtMost(1, population=3), [True])
    assert process.wealth == pytest.approx(2.5)
    assert process.p_value == pytest.approx(0.4)
    process = process.update(match=False)
    assert process.wealth == pytest.approx(0.5)
    assert process.p_value == pytest.approx(0.4)
    assert (process.matches, process.queries) == (1, 2)


def test_update_leaves_the_process_it_was_made_from_alone():
    start = BettingProcess(AtMost(5, population=10))
    assert start.update(match=True) != start
    assert (start.matches, start.queries) == (0, 0)


def test_certainty():
    proven = process_after(AtMost(1, population=9), [True, True])
    assert (proven.wealth, proven.p_value) == (inf, 0)
    assert proven.refuted_at(1e-300)
    assert proven.update(match=False).wealth == inf
    disproven = process_after(AtMost(8, population=9), [False])
    assert (disproven.wealth, disproven.p_value) == (0, 1)


def test_overwhelming_wealth_is_no_overflow():
    process = BettingProcess(AtMost(2500, population=5000), matches=2500, queries=2500, peak_log_wealth=0.0)
    assert process.log_wealth > 3000
    assert process.wealth == inf


@repeatable
@given(runs(), st.data())
def test_follows_the_wealth_and_its_peak(run, data):
    population, answers, _ = run
    hypothesis = data.draw(
        st.one_of(
            st.integers(0, population - 1).map(lambda limit: AtMost(limit, population)),
            st.integers(1, population).map(lambda count: AtLeast(count, population)),
        )
    )
    process = process_after(hypothesis, answers)
    along = log_wealth_along(hypothesis, answers)
    assert process.log_wealth == along[-1]
    assert process.peak_log_wealth == max(0, along.max())
    assert process.p_value == pytest.approx(exp(-process.peak_log_wealth))


@repeatable
@given(runs(), st.data())
def test_more_matches_never_weaken_the_evidence_for_them(run, data):
    population, answers, better = run
    limit = data.draw(st.integers(0, population - 1))
    p_values = [process_after(AtMost(limit, population), path).p_value for path in (answers, better)]
    assert p_values[0] >= p_values[1] - 1e-12
    opposite = [process_after(AtLeast(limit + 1, population), path).p_value for path in (answers, better)]
    assert opposite[0] <= opposite[1] + 1e-12


@repeatable
@given(runs(), st.data(), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_no_answer_brings_about_both_ends(run, data, alpha, beta):
    population, answers, _ = run
    null = AtMost(data.draw(st.integers(0, population - 1)), population)
    futility = AtLeast(data.draw(st.integers(1, population)), population)
    up, down = log_wealth_along(null, answers), log_wealth_along(futility, answers)
    first_up = np.flatnonzero(up >= refuting_log_wealth(alpha))[:1]
    first_down = np.flatnonzero(down >= refuting_log_wealth(beta))[:1]
    assert first_up.size == 0 or first_down.size == 0 or first_up[0] != first_down[0]


def test_refuted_as_soon_as_the_p_value_reaches_the_level():
    process = process_after(AtMost(50, population=100), [True] * 9)
    assert process.p_value < 0.01 < process_after(AtMost(50, population=100), [True] * 8).p_value
    assert process.refuted_at(0.01)
    assert not process.refuted_at(0.001)
    assert refuting_log_wealth(0.01) == pytest.approx(log(100))


def test_asking_more_items_than_there_are_is_refused():
    process = process_after(AtMost(1, population=2), [True, False])
    with pytest.raises(InvalidInput, match="all 2 items"):
        process.update(match=True)


@pytest.mark.parametrize("level", [0, 1, 5, float("nan")])
def test_impossible_levels_are_refused(level):
    with pytest.raises(InvalidInput, match="the level must lie strictly between"):
        BettingProcess(AtMost(1, population=2)).refuted_at(level)
