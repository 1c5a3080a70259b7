"""Draws without replacement: exact against enumeration, and to the point where nothing is left to chance."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.finite_population import (
    count_interval,
    count_lower_bound,
    count_upper_bound,
    largest_count,
    p_value_at_most,
    p_value_more_than,
)

repeatable = settings(derandomize=True, deadline=None)


def probability(successes, draws, population, succeeding):
    """Of exactly so many successes, by counting the ways."""
    ways = comb(succeeding, successes) * comb(population - succeeding, draws - successes)
    return Fraction(ways, comb(population, draws))


def at_least(successes, draws, population, succeeding):
    return sum(probability(x, draws, population, succeeding) for x in range(successes, draws + 1))


def at_most(successes, draws, population, succeeding):
    return sum(probability(x, draws, population, succeeding) for x in range(successes + 1))


@st.composite
def samples(draw, largest=60):
    population = draw(st.integers(1, largest))
    draws = draw(st.integers(1, population))
    return draw(st.integers(0, draws)), draws, population


def test_by_hand():
    """Two aces among four cards, two drawn: both are aces in 1 of 6 ways."""
    assert p_value_at_most(2, 2, population=4, limit=2) == pytest.approx(1 / 6)
    assert p_value_at_most(1, 2, population=4, limit=2) == pytest.approx(5 / 6)
    assert p_value_more_than(0, 2, population=4, limit=1) == pytest.approx(1 / 6)


@repeatable
@given(samples(), st.data())
def test_p_values_equal_the_enumeration(sample, data):
    successes, draws, population = sample
    limit = data.draw(st.integers(0, population - 1))
    p_value = p_value_at_most(successes, draws, population=population, limit=limit)
    opposite = p_value_more_than(successes, draws, population=population, limit=limit)
    assert p_value == pytest.approx(float(at_least(successes, draws, population, limit)), rel=1e-10)
    assert opposite == pytest.approx(float(at_most(successes, draws, population, limit + 1)), rel=1e-10)


@pytest.mark.parametrize("population", [1, 2, 7, 1000])
def test_with_every_item_drawn_the_p_value_is_the_truth(population):
    for limit in {0, population // 2, population - 1}:
        for successes in {0, limit, limit + 1, population}:
            more = successes > limit
            assert p_value_at_most(successes, population, population=population, limit=limit) == (0 if more else 1)
            assert p_value_more_than(successes, population, population=population, limit=limit) == (1 if more else 0)


def test_what_has_been_seen_is_certain():
    assert p_value_at_most(4, 5, population=100, limit=3) == 0
    assert p_value_more_than(0, 5, population=10, limit=5) == 0


@repeatable
@given(samples(), st.data())
def test_one_more_success_speaks_for_more(sample, data):
    successes, draws, population = sample
    if successes == draws:
        return
    limit = data.draw(st.integers(0, population - 1))
    few, many = (
        [p(x, draws, population=population, limit=limit) for p in (p_value_at_most, p_value_more_than)]
        for x in (successes, successes + 1)
    )
    assert few[0] >= many[0]
    assert few[1] <= many[1]


def test_a_hypothesis_and_its_opposite_are_never_both_refuted_at_one_half():
    for population in range(1, 9):
        for draws in range(1, population + 1):
            for successes in range(draws + 1):
                for limit in range(population):
                    p_value = p_value_at_most(successes, draws, population=population, limit=limit)
                    opposite = p_value_more_than(successes, draws, population=population, limit=limit)
                    assert max(p_value, opposite) > 0.5


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_bounds_are_the_numbers_that_are_not_refuted(confidence):
    level = Fraction(1 - confidence)
    for draws in range(1, 11):
        for successes in range(draws + 1):
            kept_from_below = [m for m in range(11) if at_least(successes, draws, 10, m) > level]
            kept_from_above = [m for m in range(11) if at_most(successes, draws, 10, m) > level]
            assert count_lower_bound(successes, draws, population=10, confidence=confidence) == min(kept_from_below)
            assert count_upper_bound(successes, draws, population=10, confidence=confidence) == max(kept_from_above)


@repeatable
@given(samples(largest=400), st.floats(0.5, 0.999))
def test_interval_holds_every_estimate_and_respects_what_was_seen(sample, confidence):
    successes, draws, population = sample
    low, high = count_interval(successes, draws, population=population, confidence=confidence)
    assert successes <= low <= high <= population - (draws - successes)
    assert low <= successes * population / draws <= high


@repeatable
@given(samples())
def test_one_more_success_never_lowers_the_interval(sample):
    successes, draws, population = sample
    if successes < draws:
        low, high = count_interval(successes, draws, population=population)
        higher_low, higher_high = count_interval(successes + 1, draws, population=population)
        assert low <= higher_low
        assert high <= higher_high


@pytest.mark.parametrize("successes", [0, 1, 499, 1000])
def test_with_every_item_drawn_the_interval_is_a_number(successes):
    assert count_interval(successes, 1000, population=1000) == (successes, successes)


def test_a_large_population_is_no_trouble():
    low, high = count_interval(900, 1000, population=100_000)
    assert 87_000 < low < 90_000 < high < 93_000


@pytest.mark.parametrize("population", [1, 3, 100, 999])
def test_a_share_of_the_population_counts_as_written(population):
    for count in range(population + 1):
        assert largest_count(count / population, population=population) == count


@repeatable
@given(st.floats(0, 1), st.integers(1, 10**6))
def test_largest_count_is_the_largest(rate, population):
    count = largest_count(rate, population=population)
    assert count / population <= rate
    assert count == population or (count + 1) / population > rate


@pytest.mark.parametrize(("successes", "draws", "population"), [(-1, 3, 9), (4, 3, 9), (0, 0, 9)])
def test_impossible_counts_are_refused(successes, draws, population):
    with pytest.raises(InvalidInput, match="not a count"):
        count_interval(successes, draws, population=population)
    with pytest.raises(InvalidInput, match="not a count"):
        p_value_at_most(successes, draws, population=population, limit=1)


def test_more_draws_than_items_are_refused():
    with pytest.raises(InvalidInput, match="without replacement"):
        count_lower_bound(1, 10, population=9)


@pytest.mark.parametrize("limit", [-1, 9])
def test_a_hypothesis_about_no_items_is_refused(limit):
    for p_value in (p_value_at_most, p_value_more_than):
        with pytest.raises(InvalidInput, match="limit must lie between 0 and 8"):
            p_value(1, 3, population=9, limit=limit)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_impossible_confidence_is_refused(confidence):
    for bound in (count_lower_bound, count_upper_bound, count_interval):
        with pytest.raises(InvalidInput, match="strictly between 0 and 1"):
            bound(1, 3, population=9, confidence=confidence)


@pytest.mark.parametrize(("rate", "population"), [(-0.1, 5), (1.1, 5), (float("nan"), 5), (0.5, 0)])
def test_impossible_rates_are_refused(rate, population):
    with pytest.raises(InvalidInput):
        largest_count(rate, population=population)
