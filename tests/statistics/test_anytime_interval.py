"""The interval covers the true number whenever one stops, and halving finds the ends that trying each would."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.anytime_interval import anytime_count_interval
from tellmark.statistics.finite_population import count_interval
from tellmark.statistics.wealth import AtLeast, AtMost

repeatable = settings(derandomize=True, deadline=None)


def kept(matches, queries, *, population, confidence):
    """The numbers that no bet refutes, each tried."""
    bar = math.log(2 / (1 - confidence))
    return [
        number
        for number in range(population + 1)
        if (number == population or AtMost(number, population).log_wealth(matches, queries) < bar)
        and (number == 0 or AtLeast(number, population).log_wealth(matches, queries) < bar)
    ]


def states(population):
    return [(s, t) for t in range(population + 1) for s in range(t + 1)]


@pytest.mark.parametrize("population", range(1, 31))
def test_the_more_may_match_the_less_is_to_be_had_from_betting_against_it(population):
    """On which the halving relies: exhaustively, for every count and every limit."""
    matches, queries = np.array(states(population)).T
    wealth = np.array([AtMost(limit, population).log_wealth(matches, queries) for limit in range(population)])
    shrinking = np.exp(np.minimum(wealth, 700))
    assert np.all(shrinking[1:] <= shrinking[:-1] * (1 + 1e-9))


@pytest.mark.parametrize("population", [1, 2, 5, 12])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_halving_finds_what_trying_every_number_finds(population, confidence):
    for matches, queries in states(population):
        low, high = anytime_count_interval(matches, queries, population=population, confidence=confidence)
        tried = kept(matches, queries, population=population, confidence=confidence)
        assert list(range(low, high + 1)) == tried


def ever_missed(truth, population, confidence):
    """Probability that the interval fails to cover at some moment, over all orders: by dynamic programming."""

    def covers(matches, queries):
        low, high = anytime_count_interval(matches, queries, population=population, confidence=confidence)
        return low <= truth <= high

    alive = {0: 1.0}
    for asked in range(population):
        following: dict[int, float] = {}
        for matched, weight in alive.items():
            chance = (truth - matched) / (population - asked)
            for step, probability in ((1, chance), (0, 1 - chance)):
                if probability > 0 and covers(matched + step, asked + 1):
                    following[matched + step] = following.get(matched + step, 0.0) + weight * probability
        alive = following
    return 1 - sum(alive.values())


@pytest.mark.parametrize("population", [1, 3, 8, 20])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_it_covers_at_all_times_at_once(population, confidence):
    """The strongest stopping rule is to wait for a failure; none has more than the level allows."""
    for truth in range(population + 1):
        assert ever_missed(truth, population, confidence) <= 1 - confidence + 1e-12


def test_an_interval_for_a_fixed_number_of_queries_does_fail_whoever_waits():
    """So the test above can see the disease."""
    population, truth, confidence = 20, 10, 0.8
    orders = np.random.default_rng(0).permuted(np.tile(np.arange(population) < truth, (150, 1)), axis=1)

    def fails(order):
        for asked, matched in enumerate(np.cumsum(order), start=1):
            low, high = count_interval(int(matched), asked, population=population, confidence=confidence)
            if not low <= truth <= high:
                return True
        return False

    assert sum(map(fails, orders)) / len(orders) > 2 * (1 - confidence)


@repeatable
@given(st.data(), st.integers(1, 400), st.floats(0.01, 0.999))
def test_it_lies_within_what_was_seen_and_what_is_left(data, population, confidence):
    queries = data.draw(st.integers(0, population))
    matches = data.draw(st.integers(0, queries))
    low, high = anytime_count_interval(matches, queries, population=population, confidence=confidence)
    assert matches <= low <= high <= population - (queries - matches)
    mirrored = anytime_count_interval(queries - matches, queries, population=population, confidence=confidence)
    assert mirrored == (population - high, population - low)
    wider = anytime_count_interval(matches, queries, population=population, confidence=(1 + confidence) / 2)
    assert wider[0] <= low <= high <= wider[1]


def test_nothing_asked_nothing_known_and_all_asked_all_known():
    assert anytime_count_interval(0, 0, population=7) == (0, 7)
    assert anytime_count_interval(4, 7, population=7) == (4, 4)


@pytest.mark.parametrize(("matches", "queries", "population"), [(2, 1, 5), (-1, 1, 5), (1, 6, 5), (0, 0, 0)])
def test_impossible_counts_are_refused(matches, queries, population):
    with pytest.raises(InvalidInput, match="impossible counts"):
        anytime_count_interval(matches, queries, population=population)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_lies_between_0_and_1(confidence):
    with pytest.raises(InvalidInput, match="confidence"):
        anytime_count_interval(1, 2, population=3, confidence=confidence)


def test_small_populations_by_brute_force():
    """All orders of five items, three of which match, without the dynamic programming above."""
    failures = 0
    orders = list(itertools.permutations([1, 1, 1, 0, 0]))
    for order in orders:
        seen = itertools.accumulate(order)
        intervals = [anytime_count_interval(s, t, population=5, confidence=0.6) for t, s in enumerate(seen, start=1)]
        failures += any(not low <= 3 <= high for low, high in intervals)
    assert failures / len(orders) == pytest.approx(ever_missed(3, 5, 0.6))
