"""The wealth of the bets: against a second way to compute it, and fair by exact enumeration."""

from fractions import Fraction
from functools import cache
from itertools import combinations, product
from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from tellmark.errors import InvalidInput
from tellmark.statistics.wealth import AtLeast, AtMost, log_wealth_along

repeatable = settings(derandomize=True, deadline=None)
SMALL = [(limit, population) for population in range(1, 8) for limit in range(population)]


def factors(answers, limit, population):
    """Bet after bet, in fractions: what a Bayesian who thinks each alternative alike expects, over the null's chance.

    Yields the factor by which each answer multiplies the wealth; None where the hypothesis gave it no chance.
    """
    belief = {m: Fraction(1, population - limit) for m in range(limit + 1, population + 1)}
    matches = 0
    for queries, match in enumerate(answers):
        left = population - queries
        chance = Fraction(limit - matches, left)
        expected = sum(weight * (m - matches) / left for m, weight in belief.items())
        likelihood = {m: Fraction(m - matches if match else left - (m - matches), left) for m in belief}
        null_likelihood = chance if match else 1 - chance
        yield None if null_likelihood <= 0 else (expected if match else 1 - expected) / null_likelihood
        matches += match
        total = sum(belief[m] * likelihood[m] for m in belief)
        if total == 0:
            return
        belief = {m: belief[m] * likelihood[m] / total for m in belief}


@cache
def wealths(answers, limit, population):
    """Exact wealth after each answer."""
    path, wealth = [], Fraction(1)
    for factor in factors(answers, limit, population):
        wealth = inf if factor is None or wealth == inf else wealth * factor
        path.append(wealth)
        if wealth == inf:
            break
    decided = path[-1]
    return tuple(path + [decided] * (len(answers) - len(path)))


def orders(matching, population):
    """All arrangements of the matches, each equally likely."""
    return [tuple(i in chosen for i in range(population)) for chosen in combinations(range(population), matching)]


def test_by_hand():
    """Of 3 at most 1, against 2 and against 3: after one match 2/1 and 3/1, after one miss 1/2 and 0."""
    bet = AtMost(1, population=3)
    assert exp(bet.log_wealth(1, 1)) == pytest.approx(2.5)
    assert exp(bet.log_wealth(0, 1)) == pytest.approx(0.25)
    assert bet.log_wealth(0, 0) == 0
    assert bet.log_wealth(2, 2) == inf
    assert bet.log_wealth(0, 2) == -inf


@pytest.mark.parametrize(("limit", "population"), SMALL)
def test_equals_the_bets_in_fractions(limit, population):
    bet = AtMost(limit, population)
    for answers in product([False, True], repeat=population):
        expected = [inf if w == inf else log(w) if w else -inf for w in wealths(answers, limit, population)]
        assert log_wealth_along(bet, answers) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("limit", "population"), [(0, 40), (13, 40), (30, 40), (39, 40)])
def test_equals_the_bets_in_fractions_for_more_items(limit, population):
    rng = np.random.default_rng(0)
    for matching in (limit, min(limit + 5, population), population):
        answers = tuple(bool(x) for x in rng.permutation(np.arange(population) < matching))
        expected = [inf if w == inf else log(w) if w else -inf for w in wealths(answers, limit, population)]
        assert log_wealth_along(AtMost(limit, population), answers) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("limit", "population"), [(126, 300), (700, 1000), (3, 500)])
def test_equals_a_tail_divided_by_a_point_of_hypergeometric_distributions(limit, population):
    """Averaging over alternatives has a closed form, by the hockey-stick identity on C(M, s) C(N - M, t - s)."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        queries = int(rng.integers(1, population // 2))
        matches = int(np.clip(rng.normal(queries * limit / population, 3), max(0, queries + limit - population), limit))
        matches = min(matches, queries)
        tail = hypergeom.logcdf(matches, population + 1, limit + 1, queries + 1)
        point = hypergeom.logpmf(matches, population, limit, queries)
        closed_form = log((population + 1) / (queries + 1) / (population - limit)) + tail - point
        assert AtMost(limit, population).log_wealth(matches, queries) == pytest.approx(closed_form, abs=1e-8)


@pytest.mark.parametrize(("limit", "population"), SMALL)
def test_no_stopping_rule_gains_under_the_hypothesis(limit, population):
    """Whoever may stop at any time, knowing everything, expects at most 1: exact, by backward induction."""
    for matching in range(limit + 1):

        def best(answers, matching=matching):
            """Largest expected wealth at the end, if `answers` came so far."""
            now = wealths(answers, limit, population)[-1] if answers else Fraction(1)
            left = population - len(answers)
            if left == 0:
                return now
            chance = Fraction(matching - sum(answers), left)
            going_on = sum(
                probability * best((*answers, match))
                for match, probability in ((True, chance), (False, 1 - chance))
                if probability
            )
            return max(now, going_on)

        assert best(()) == 1


@pytest.mark.parametrize(("limit", "population"), SMALL)
def test_wealth_ever_reaches_a_multiple_with_at_most_its_reciprocal_probability(limit, population):
    """Ville's inequality, exactly, over all orders, for every multiple that is reached at all."""
    for matching in range(limit + 1):
        peaks = [max(wealths(answers, limit, population)) for answers in orders(matching, population)]
        assert all(Fraction(sum(peak >= level for peak in peaks), len(peaks)) * level <= 1 for level in peaks)


@pytest.mark.parametrize(("limit", "population"), SMALL)
def test_the_expected_wealth_is_one_until_the_hypothesis_can_be_seen_to_be_true(limit, population):
    """No evidence is wasted: with M = M0 the bets are fair while every alternative path is possible."""
    paths = [wealths(answers, limit, population) for answers in orders(limit, population)]
    for queries in range(min(limit, population - limit - 1)):
        assert sum(path[queries] for path in paths) == len(paths)


@pytest.mark.parametrize(("limit", "population"), SMALL)
def test_a_bet_wins_on_a_match_and_never_stakes_more_than_there_is(limit, population):
    for answers in product([False, True], repeat=population):
        for match, factor in zip(answers, factors(answers, limit, population), strict=False):
            if factor is None:
                break
            assert factor >= 1 if match else 0 <= factor <= 1


@st.composite
def situations(draw, largest=80):
    population = draw(st.integers(1, largest))
    limit = draw(st.integers(0, population - 1))
    queries = draw(st.integers(0, population))
    return limit, population, draw(st.integers(0, queries)), queries


@repeatable
@given(situations())
def test_one_more_match_never_lowers_the_wealth(situation):
    limit, population, matches, queries = situation
    if queries < population:
        bet = AtMost(limit, population)
        now = bet.log_wealth(matches, queries)
        assert bet.log_wealth(matches, queries + 1) <= now + 1e-9
        assert bet.log_wealth(matches + 1, queries + 1) >= now - 1e-9


@repeatable
@given(situations())
def test_the_bet_on_misses_mirrors_the_bet_on_matches(situation):
    limit, population, matches, queries = situation
    mirrored = AtLeast(population - limit, population).log_wealth(queries - matches, queries)
    assert mirrored == AtMost(limit, population).log_wealth(matches, queries)


@repeatable
@given(situations())
def test_what_is_certain_is_infinite(situation):
    limit, population, matches, queries = situation
    log_wealth = AtMost(limit, population).log_wealth(matches, queries)
    assert (log_wealth == inf) == (matches > limit)
    assert (log_wealth == -inf) == (matches + population - queries <= limit)


@repeatable
@given(situations(), st.randoms(use_true_random=False))
def test_only_the_counts_matter(situation, random):
    limit, population, matches, queries = situation
    answers = [True] * matches + [False] * (queries - matches)
    random.shuffle(answers)
    along = log_wealth_along(AtMost(limit, population), answers)
    assert along.shape == (queries,)
    if queries:
        assert along[-1] == AtMost(limit, population).log_wealth(matches, queries)


def test_many_paths_at_once_are_the_paths_one_by_one():
    answers = np.random.default_rng(0).random((2, 5, 20)) < 0.7
    for bet in (AtMost(10, population=25), AtLeast(20, population=25)):
        together = log_wealth_along(bet, answers)
        assert together.shape == answers.shape
        assert together[1, 3].tolist() == log_wealth_along(bet, answers[1, 3]).tolist()


def test_large_tables_are_computed_in_blocks():
    matches = np.arange(3000)
    bet = AtMost(5000, population=10_000)
    together = bet.log_wealth(matches, 4000)
    assert together[[0, 1999, 2999]].tolist() == [float(bet.log_wealth(s, 4000)) for s in (0, 1999, 2999)]
    assert np.all(np.diff(together) > 0)


@pytest.mark.parametrize(("limit", "population"), [(-1, 5), (5, 5), (0, 0)])
def test_a_limit_that_cannot_be_exceeded_is_refused(limit, population):
    with pytest.raises(InvalidInput, match="no hypothesis to bet against"):
        AtMost(limit, population)


@pytest.mark.parametrize(("count", "population"), [(0, 5), (6, 5)])
def test_a_count_that_is_always_or_never_reached_is_refused(count, population):
    with pytest.raises(InvalidInput, match="no hypothesis to bet against"):
        AtLeast(count, population)


@pytest.mark.parametrize(("matches", "queries"), [(-1, 1), (2, 1), (3, 6)])
def test_impossible_counts_are_refused(matches, queries):
    for bet in (AtMost(2, population=5), AtLeast(2, population=5)):
        with pytest.raises(InvalidInput, match="impossible counts"):
            bet.log_wealth(matches, queries)


def test_more_answers_than_items_are_refused():
    with pytest.raises(InvalidInput, match="impossible counts"):
        log_wealth_along(AtMost(2, population=3), [[True] * 4])
