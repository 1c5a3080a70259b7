"""Plans are exact: against enumeration of all orders, and consistent with the process they plan for."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.betting import BettingProcess
from tellmark.statistics.planning import (
    average_times,
    decision_times,
    false_claim_bound,
    matches_to_give_up,
    matches_to_refute,
)
from tellmark.statistics.wealth import AtLeast, AtMost

repeatable = settings(derandomize=True, deadline=None)


@st.composite
def sequential_tests(draw, largest=40):
    """A pair of hypotheses and their levels."""
    population = draw(st.integers(1, largest))
    return {
        "null": AtMost(draw(st.integers(0, population - 1)), population),
        "futility": AtLeast(draw(st.integers(1, population)), population),
        "alpha": draw(st.floats(0.001, 0.5)),
        "beta": draw(st.floats(0.001, 0.5)),
    }


def ends_of_all_orders(matching, *, null, futility, alpha, beta):
    """How often each end is reached after each number of queries, by asking in every order there is."""
    population = null.population
    ends = {"refuted": np.zeros(population + 1), "futile": np.zeros(population + 1)}
    orders = list(combinations(range(population), matching))
    for chosen in orders:
        up, down = BettingProcess(null), BettingProcess(futility)
        for item in range(population):
            up, down = up.update(match=item in chosen), down.update(match=item in chosen)
            if up.refuted_at(alpha) or down.refuted_at(beta):
                ends["refuted" if up.refuted_at(alpha) else "futile"][item + 1] += 1 / len(orders)
                break
    return ends


@pytest.mark.parametrize("matching", [0, 3, 5, 7, 9])
@pytest.mark.parametrize(("limit", "count"), [(3, 7), (5, 6), (7, 3)])
def test_equals_asking_in_every_order(matching, limit, count):
    settings_ = {"null": AtMost(limit, 9), "futility": AtLeast(count, 9), "alpha": 0.2, "beta": 0.3}
    ends = ends_of_all_orders(matching, **settings_)
    times = decision_times(matching, **settings_)
    assert times.refuted == pytest.approx(ends["refuted"])
    assert times.futile == pytest.approx(ends["futile"])


@repeatable
@given(sequential_tests(), st.data())
def test_errors_keep_to_their_levels_exactly(test, data):
    null, futility = test["null"], test["futility"]
    innocent = decision_times(data.draw(st.integers(0, null.limit)), **test)
    assert innocent.detection_probability(null.population) <= test["alpha"] + 1e-12
    thief = decision_times(data.draw(st.integers(futility.count, null.population)), **test)
    assert thief.futility_probability(null.population) <= test["beta"] + 1e-12


@repeatable
@given(sequential_tests(), st.data())
def test_more_matches_are_found_no_later(test, data):
    population = test["null"].population
    fewer = data.draw(st.integers(0, population - 1))
    budget = data.draw(st.integers(0, population))
    some, more = (decision_times(matching, **test) for matching in (fewer, fewer + 1))
    assert some.detection_probability(budget) <= more.detection_probability(budget) + 1e-12
    assert some.futility_probability(budget) >= more.futility_probability(budget) - 1e-12


@repeatable
@given(sequential_tests())
def test_boundaries_are_where_the_wealth_crosses(test):
    null, futility = test["null"], test["futility"]
    enough = matches_to_refute(null, level=test["alpha"])
    too_few = matches_to_give_up(futility, level=test["beta"])
    assert set(np.diff(enough)) <= {0, 1}
    for queries in range(null.population + 1):
        matches = np.arange(queries + 1)
        refuting = matches[null.log_wealth(matches, queries) >= -np.log(test["alpha"])]
        giving_up = matches[futility.log_wealth(matches, queries) >= -np.log(test["beta"])]
        assert enough[queries] == refuting.min(initial=queries + 1)
        assert too_few[queries] == giving_up.max(initial=-1)


@pytest.mark.parametrize("matching", [0, 60, 61, 100])
def test_asking_every_trigger_decides_for_certain(matching):
    """With the futility process set to the very next count there is no room for "undecided"."""
    times = decision_times(matching, null=AtMost(60, 100), alpha=0.01, futility=AtLeast(61, 100), beta=0.01)
    assert times.undecided_probability(100) == pytest.approx(0, abs=1e-9)
    assert times.refuted.sum() + times.futile.sum() == pytest.approx(1)
    assert times.queries_to_decide(0.999) is not None


def test_quantiles_and_means_agree_with_the_distribution():
    times = decision_times(95, null=AtMost(60, 100), alpha=0.01)
    median = times.queries_to_detect(0.5)
    assert median is not None
    assert times.detection_probability(median - 1) < 0.5 <= times.detection_probability(median)
    queries = np.arange(101)
    assert times.expected_queries(100) == pytest.approx((times.refuted * queries).sum())
    assert times.expected_queries(20) == pytest.approx((times.refuted * np.minimum(queries, 20)).sum())
    assert times.expected_queries(0) == 0


def test_an_innocent_model_keeps_a_test_without_futility_busy():
    times = decision_times(30, null=AtMost(60, 100), alpha=0.01)
    assert times.queries_to_detect(0.5) is None
    assert times.expected_queries(80) == pytest.approx(80, abs=1e-3)
    assert times.futility_probability(100) == 0
    assert times.undecided_probability(100) == pytest.approx(1, abs=1e-3)


def test_futility_saves_queries_on_innocents():
    test = {"null": AtMost(60, 100), "alpha": 0.01}
    busy = decision_times(40, **test)
    saved = decision_times(40, **test, futility=AtLeast(80, 100), beta=0.05)
    assert saved.expected_queries(100) < busy.expected_queries(100) / 3


def test_thousand_triggers_are_no_trouble():
    times = decision_times(570, null=AtMost(430, 1000), alpha=0.01, futility=AtLeast(500, 1000))
    assert times.refuted.sum() > 0.99
    assert times.refuted.sum() + times.futile.sum() == pytest.approx(1)


def test_an_average_lies_between():
    low, high = (decision_times(matching, null=AtMost(60, 100), alpha=0.01) for matching in (80, 95))
    average = average_times([low, high])
    probabilities = [times.detection_probability(30) for times in (low, average, high)]
    assert probabilities[1] == pytest.approx((probabilities[0] + probabilities[2]) / 2)
    with pytest.raises(InvalidInput, match="at least one suspect"):
        average_times([])
    with pytest.raises(InvalidInput, match="same number of triggers"):
        average_times([low, decision_times(5, null=AtMost(6, 10), alpha=0.01)])


def test_false_claims_by_hand():
    assert false_claim_bound(alpha=0.1, content=0.9) == pytest.approx(0.19)


@pytest.mark.parametrize("matching", [-1, 11])
def test_impossible_suspects_are_refused(matching):
    with pytest.raises(InvalidInput, match="can match"):
        decision_times(matching, null=AtMost(5, 10), alpha=0.01)


def test_hypotheses_about_different_marks_are_refused():
    with pytest.raises(InvalidInput, match="10 and of 11"):
        decision_times(5, null=AtMost(5, 10), alpha=0.01, futility=AtLeast(5, 11))


@pytest.mark.parametrize("level", [0, 1, float("nan")])
def test_impossible_levels_are_refused(level):
    times = decision_times(5, null=AtMost(5, 10), alpha=0.01)
    for refused in (
        lambda: decision_times(5, null=AtMost(5, 10), alpha=level),
        lambda: decision_times(5, null=AtMost(5, 10), alpha=0.1, futility=AtLeast(6, 10), beta=level),
        lambda: times.queries_to_detect(level),
        lambda: times.queries_to_decide(level),
        lambda: false_claim_bound(alpha=level, content=0.5),
        lambda: false_claim_bound(alpha=0.5, content=level),
    ):
        with pytest.raises(InvalidInput, match="strictly between 0 and 1"):
            refused()


@pytest.mark.parametrize("budget", [-1, 11])
def test_impossible_budgets_are_refused(budget):
    times = decision_times(5, null=AtMost(5, 10), alpha=0.01)
    for refused in (times.detection_probability, times.futility_probability, times.expected_queries):
        with pytest.raises(InvalidInput, match="budget"):
            refused(budget)
