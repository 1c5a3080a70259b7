"""The committed rule applied to answers in the order of opening."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opened_triggers import numbers_only
from tellmark.digests import digest_bytes
from tellmark.errors import InvalidInput
from tellmark.evidence.deciding import decided, finding
from tellmark.evidence.verdict_predicate import ModelRecord
from tellmark.statistics.wealth import AtMost, log_wealth_along

MODEL = ModelRecord(name="suspect", described="a model", digest=digest_bytes(b"model"))
STRENGTH = {"does not support": 0, "inconclusive": 1, "supports": 2}


def committed(*limits, triggers=12, claims=None, alpha=0.05, beta=0.1, budget=1000):
    """A registration with a tier for each limit."""
    registration = numbers_only(triggers=triggers, reserve=(), tiers=len(limits))
    tiers = tuple(
        tier.model_copy(update={"limit": limit, "claim": claim})
        for tier, limit, claim in zip(registration.tiers, limits, claims or [None] * len(limits), strict=True)
    )
    rule = registration.rule.model_copy(update={"alpha": alpha, "beta": beta, "budget": budget})
    return registration.model_copy(update={"tiers": tiers, "rule": rule})


def of_tier(matches, tier=0):
    return [(tier, bool(match)) for match in matches]


def test_the_wealth_is_that_of_the_bets_and_stops_where_it_decides():
    """Five of six matching, where an innocent model matches at most four of twelve."""
    answers = [True, True, False, True, True, True]
    along = log_wealth_along(AtMost(4, 12), answers)
    needed = int(np.argmax(along >= math.log(1 / 0.05))) + 1
    test = decided(committed(4), of_tier(answers * 2))
    assert (test.verdict, test.queries) == ("supports", needed)
    assert test.wealth == pytest.approx(math.exp(along[needed - 1]))
    said = finding(MODEL, test)
    assert (said.tallies[0].asked, said.tallies[0].matched) == (needed, needed - 1)
    assert said.e_value == pytest.approx(test.wealth)
    assert said.p_value == pytest.approx(1 / test.wealth)


def test_a_tier_not_opened_counts_one_in_the_average():
    test = decided(committed(4, 4), of_tier([True, True]))
    along = log_wealth_along(AtMost(4, 12), [True, True])
    assert test.wealth == pytest.approx((math.exp(along[-1]) + 1) / 2)


def test_more_matches_than_the_limit_leave_nothing_to_chance():
    said = finding(MODEL, decided(committed(1, alpha=1e-9), of_tier([True, True])))
    assert (said.outcome, said.p_value, said.e_value) == ("supports", 0, None)


def test_where_no_tier_can_decide_there_is_no_number():
    said = finding(MODEL, decided(committed(None), of_tier([True] * 12)))
    assert (said.outcome, said.p_value, said.e_value, said.tallies[0].asked) == ("inconclusive", None, None, 12)


def test_nothing_beyond_the_budget_is_looked_at():
    test = decided(committed(4, budget=3, alpha=1e-6), of_tier([True] * 12))
    assert (test.queries, test.verdict) == (3, "inconclusive")


def test_a_model_that_matches_nothing_is_given_up_in_every_tier():
    answers = [*of_tier([False] * 12), *of_tier([False] * 12, tier=1)]
    test = decided(committed(4, 4), answers)
    assert test.verdict == "does not support"
    assert test.queries < 24
    assert decided(committed(4, 4), answers[:12]).verdict == "inconclusive"


def test_what_is_opened_later_goes_on_along_the_same_path():
    """A result on fewer openings is a stop on the way."""
    registration = committed(4, 6, alpha=1e-4)
    first = [*of_tier([True, False, True]), *of_tier([True, True], tier=1)]
    more = [*of_tier([True, True]), *of_tier([True, False], tier=1)]
    test = decided(registration, first)
    for tier, match in more:
        test = test.update(match=match, tier=tier)
    assert decided(registration, first + more) == test


@pytest.mark.parametrize("answers", [[(2, True)], [(-1, True)], of_tier([False] * 13)])
def test_answers_to_no_trigger_are_refused(answers):
    with pytest.raises(InvalidInput):
        decided(committed(11, 11, alpha=1e-9, beta=1e-9), answers)


@st.composite
def turns(draw):
    """Tiers in the order of opening, and which answers match."""
    tiers = draw(st.permutations([tier for tier in range(2) for _ in range(8)]))
    length = draw(st.integers(1, 16))
    return tiers[:length], draw(st.lists(st.booleans(), min_size=length, max_size=length))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(turns(), st.integers(0, 7), st.integers(0, 7), st.data())
def test_one_more_match_never_weakens_the_result(asked, first, second, data):
    tiers, matches = asked
    registration = committed(first, second, triggers=8, claims=(6, None))
    place = data.draw(st.integers(0, len(matches) - 1))
    more = [match or number == place for number, match in enumerate(matches)]
    weaker = decided(registration, zip(tiers, matches, strict=True))
    stronger = decided(registration, zip(tiers, more, strict=True))
    assert STRENGTH[stronger.verdict] >= STRENGTH[weaker.verdict]
    if stronger.queries == weaker.queries:
        assert stronger.p_value <= weaker.p_value + 1e-12
        assert stronger.wealth >= weaker.wealth * (1 - 1e-9)
