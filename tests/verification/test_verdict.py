"""From counts to a verdict: cases by hand, and what must hold for all counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.verification.verdict import Counts, decide, null_rate_range, queries_to_settle

repeatable = settings(derandomize=True, deadline=None)
null_rates = st.floats(0, 1, exclude_max=True)
alphas = st.floats(0.001, 0.5)
STRENGTH = {"does not support": 0, "inconclusive": 1, "supports": 2}


@st.composite
def samples(draw):
    triggers = draw(st.integers(1, 80))
    queries = draw(st.integers(1, triggers))
    return Counts(draw(st.integers(0, queries)), queries, triggers)


def test_without_a_null_rate_nothing_is_decided():
    for matches in (0, 50, 100):
        decision = decide(Counts(matches, 100, 100), null_rate=None, alpha=0.5)
        assert decision.verdict == "inconclusive"
        assert decision.p_value is None
        assert decision.p_value_opposite is None


@pytest.mark.parametrize(("matches", "verdict"), [(0, "does not support"), (45, "does not support"), (46, "supports")])
def test_with_every_trigger_asked_the_null_rate_is_the_border(matches, verdict):
    assert decide(Counts(matches, 100, 100), null_rate=0.45, alpha=0.001).verdict == verdict


def test_a_null_rate_of_29_percent_allows_29_of_100():
    """The product .29 · 100 is 28.999… in floating point."""
    assert decide(Counts(29, 100, 100), null_rate=0.29, alpha=0.01).limit == 29
    assert decide(Counts(29, 100, 100), null_rate=0.29, alpha=0.01).verdict == "does not support"


def test_by_hand():
    """2 of 4 may match. Both of two asked match: 1 in 6. None of two: at least 3 match is impossible."""
    both = decide(Counts(2, 2, 4), null_rate=0.5, alpha=0.17)
    assert both.p_value == pytest.approx(1 / 6)
    assert both.verdict == "supports"
    assert decide(Counts(2, 2, 4), null_rate=0.5, alpha=0.16).verdict == "inconclusive"
    assert decide(Counts(0, 2, 4), null_rate=0.5, alpha=0.001).verdict == "does not support"


def test_a_null_rate_of_zero_is_broken_by_one_match():
    assert decide(Counts(1, 10, 100), null_rate=0, alpha=0.01).verdict == "supports"
    assert decide(Counts(0, 10, 100), null_rate=0, alpha=0.01).verdict == "inconclusive"


@repeatable
@given(samples(), null_rates, alphas)
def test_one_more_match_never_weakens_the_verdict(counts, null_rate, alpha):
    if counts.matches < counts.queries:
        more = Counts(counts.matches + 1, counts.queries, counts.triggers)
        before, after = (decide(c, null_rate=null_rate, alpha=alpha).verdict for c in (counts, more))
        assert STRENGTH[after] >= STRENGTH[before]


@repeatable
@given(samples(), null_rates, null_rates, alphas)
def test_a_higher_null_rate_never_strengthens_the_verdict(counts, one, other, alpha):
    low, high = sorted((one, other))
    lenient, strict = (decide(counts, null_rate=rate, alpha=alpha).verdict for rate in (low, high))
    assert STRENGTH[strict] <= STRENGTH[lenient]


@repeatable
@given(samples(), null_rates, alphas)
def test_asking_all_triggers_always_decides(counts, null_rate, alpha):
    exhausted = Counts(counts.matches, counts.triggers, counts.triggers)
    assert exhausted.exhausted
    assert decide(exhausted, null_rate=null_rate, alpha=alpha).verdict != "inconclusive"


@repeatable
@given(samples(), null_rates, st.sampled_from([0.001, 0.01, 0.05, 0.5]))
def test_the_turning_points_are_where_the_verdict_turns(counts, null_rate, alpha):
    turning = null_rate_range(counts, alpha=alpha)
    assert 0 <= turning.supports_below <= turning.refutes_from <= 1
    verdict = decide(counts, null_rate=null_rate, alpha=alpha).verdict
    assert (verdict == "supports") == (null_rate < turning.supports_below)
    assert (verdict == "does not support") == (null_rate >= turning.refutes_from)


def test_queries_to_settle_are_enough_and_not_many_too_many():
    undecided = Counts(12, 16, 200)
    assert decide(undecided, null_rate=0.5, alpha=0.01).verdict == "inconclusive"
    needed = queries_to_settle(undecided, null_rate=0.5, alpha=0.01)
    assert 16 < needed <= 40
    assert decide(Counts(round(needed * 0.75), needed, 200), null_rate=0.5, alpha=0.01).verdict == "supports"


def test_a_suspect_at_the_null_rate_takes_every_query():
    assert queries_to_settle(Counts(10, 20, 100), null_rate=0.5, alpha=0.01) > 90


@repeatable
@given(samples(), null_rates, alphas)
def test_queries_to_settle_lie_between_those_asked_and_all(counts, null_rate, alpha):
    if decide(counts, null_rate=null_rate, alpha=alpha).verdict == "inconclusive":
        assert counts.queries < queries_to_settle(counts, null_rate=null_rate, alpha=alpha) <= counts.triggers


@pytest.mark.parametrize("null_rate", [-0.1, 1, 1.5, 45, float("nan")])
def test_impossible_null_rates_are_refused(null_rate):
    with pytest.raises(InvalidInput, match="null rate"):
        decide(Counts(1, 2, 3), null_rate=null_rate, alpha=0.01)


@pytest.mark.parametrize("alpha", [0, -0.1, 0.51, 5, float("nan")])
def test_impossible_levels_are_refused(alpha):
    with pytest.raises(InvalidInput, match="alpha"):
        decide(Counts(1, 2, 3), null_rate=0.5, alpha=alpha)


def test_impossible_counts_are_refused():
    with pytest.raises(InvalidInput, match="not a count"):
        decide(Counts(3, 2, 5), null_rate=0.5, alpha=0.01)
    with pytest.raises(InvalidInput, match="without replacement"):
        decide(Counts(3, 6, 5), null_rate=0.5, alpha=0.01)
