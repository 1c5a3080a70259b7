"""Tolerance limits: against published factors and by hand, and refused where models are too few."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from tellmark.errors import InvalidInput
from tellmark.statistics.tolerance import (
    logit_normal_lower_limit,
    logit_normal_upper_limit,
    lower_tolerance_limit,
    models_needed,
    normal_tolerance_factor,
    order_statistic_lower_limit,
    order_statistic_upper_limit,
    upper_tolerance_limit,
)

repeatable = settings(derandomize=True, deadline=None)
levels = st.floats(0.5, 0.99)
LIMITS = [upper_tolerance_limit, lower_tolerance_limit, logit_normal_upper_limit, logit_normal_lower_limit]
TWINS = [0.40, 0.41, 0.41, 0.42, 0.42]


@st.composite
def counted_rates(draw, smallest=2):
    """Rates of a few models, as shares of N triggers, and N."""
    triggers = draw(st.integers(1, 400))
    counts = draw(st.lists(st.integers(0, triggers), min_size=smallest, max_size=12))
    return [count / triggers for count in counts], triggers


@pytest.mark.parametrize(
    ("models", "content", "confidence", "factor"),
    [(2, 0.95, 0.95, 26.260), (5, 0.95, 0.95, 4.203), (10, 0.9, 0.95, 2.355), (20, 0.99, 0.95, 3.295)],
)
def test_factors_are_those_in_the_tables(models, content, confidence, factor):
    assert normal_tolerance_factor(models, content=content, confidence=confidence) == pytest.approx(factor, abs=5e-4)


@pytest.mark.parametrize(
    ("content", "confidence", "models"), [(0.95, 0.95, 59), (0.9, 0.9, 22), (0.99, 0.99, 459), (0.5, 0.75, 2)]
)
def test_wilks_sample_sizes(content, confidence, models):
    assert models_needed(content=content, confidence=confidence) == models


@repeatable
@given(levels, levels)
def test_one_model_fewer_is_not_enough(content, confidence):
    models = models_needed(content=content, confidence=confidence)
    assert 1 - content**models >= confidence - 1e-9
    assert 1 - content ** (models - 1) < confidence


@pytest.mark.parametrize(("models", "rank"), [(59, 1), (92, 1), (93, 2), (123, 2), (124, 3), (153, 4)])
def test_ranks_are_those_in_the_tables(models, rank):
    """Content .95 and confidence .95: the first sample sizes for the 1st to 4th largest are 59, 93, 124 and 153."""
    rates = np.arange(models) / models
    upper, lower = order_statistic_upper_limit(rates), order_statistic_lower_limit(rates)
    assert (upper.rank, lower.rank) == (rank, rank)
    assert upper.value == rates[-rank]
    assert lower.value == rates[rank - 1]


@repeatable
@given(st.integers(1, 300), levels, levels)
def test_the_rank_is_the_largest_that_holds(models, content, confidence):
    if models < models_needed(content=content, confidence=confidence):
        return
    limit = order_statistic_upper_limit(np.zeros(models), content=content, confidence=confidence)
    assert limit.rank is not None
    assert binom.sf(limit.rank - 1, models, 1 - content) >= confidence - 1e-9
    assert binom.sf(limit.rank, models, 1 - content) < confidence


def test_the_method_is_named_and_depends_on_the_number_of_models():
    few = upper_tolerance_limit(TWINS, triggers=300)
    many = upper_tolerance_limit(np.linspace(0.3, 0.5, 59), triggers=300)
    assert (few.method, few.rank, few.models) == ("logit-normal", None, 5)
    assert (many.method, many.rank, many.models) == ("order statistic", 1, 59)
    assert many.value == 0.5
    assert "normally distributed" in few.assumption
    assert "nothing is assumed" in many.assumption
    assert (few.content, few.confidence, few.side) == (0.95, 0.95, "upper")


def test_the_logit_normal_limit_by_hand():
    """Mean and deviation of the logits, and Owen's factor 4.203; the corrections matter in the third place."""
    logits = np.log(np.array(TWINS) / (1 - np.array(TWINS)))
    plain = 1 / (1 + np.exp(-(logits.mean() + 4.203 * logits.std(ddof=1))))
    limit = logit_normal_upper_limit(TWINS, triggers=10**6)
    assert limit.value == pytest.approx(plain, abs=1e-5)
    assert plain < logit_normal_upper_limit(TWINS, triggers=300).value < plain + 0.005


def test_models_that_match_alike_are_not_taken_to_be_identical():
    """Four times 30 of 100: the next may match a few more."""
    assert 0.305 < logit_normal_upper_limit([0.3] * 4, triggers=100).value < 0.35


@pytest.mark.parametrize("models", [2, 3, 5, 20])
def test_rates_of_none_and_all_leave_room_for_one_trigger(models):
    assert logit_normal_upper_limit([0.0] * models, triggers=100).value >= 0.01
    assert logit_normal_lower_limit([1.0] * models, triggers=100).value <= 0.99
    assert logit_normal_upper_limit([1.0] * models, triggers=100).value == 1
    assert logit_normal_lower_limit([0.0] * models, triggers=100).value == 0


@repeatable
@given(counted_rates(), levels, levels)
def test_lower_limits_mirror_upper_limits(counted, content, confidence):
    rates, triggers = counted
    upper = upper_tolerance_limit(rates, triggers=triggers, content=content, confidence=confidence)
    mirrored = [1 - rate for rate in rates]
    lower = lower_tolerance_limit(mirrored, triggers=triggers, content=content, confidence=confidence)
    assert lower.value == pytest.approx(1 - upper.value)
    assert (lower.side, lower.method, lower.rank) == ("lower", upper.method, upper.rank)
    assert 0 <= upper.value <= 1


@repeatable
@given(st.integers(59, 120), st.data())
def test_a_rate_that_is_the_limit_is_within_it(triggers, data):
    """Rounding must not push out the model whose rate the limit is."""
    matches = data.draw(st.integers(0, triggers))
    rates = [matches / triggers] * 59
    assert order_statistic_upper_limit(rates).matches_of(triggers) == matches
    assert order_statistic_lower_limit(rates).matches_of(triggers) == matches


def test_limits_in_triggers_are_rounded_towards_the_models_within():
    rates = [0.405] * 59
    assert order_statistic_upper_limit(rates).matches_of(100) == 40
    assert order_statistic_lower_limit(rates).matches_of(100) == 41
    with pytest.raises(InvalidInput, match="at least 1 item"):
        order_statistic_upper_limit(rates).matches_of(0)


@repeatable
@given(counted_rates(), st.randoms(use_true_random=False))
def test_the_order_of_models_does_not_matter(counted, random):
    rates, triggers = counted
    shuffled = random.sample(rates, len(rates))
    for limit in LIMITS:
        assert limit(shuffled, triggers=triggers).value == pytest.approx(limit(rates, triggers=triggers).value)


@repeatable
@given(counted_rates(), st.tuples(levels, levels), st.tuples(levels, levels))
def test_asking_for_more_moves_a_limit_outwards(counted, some, more):
    """Within one method: with less asked of them the models may support a better one."""
    rates, triggers = counted
    less, greater = (
        logit_normal_upper_limit(rates, triggers=triggers, content=content, confidence=confidence).value
        for content, confidence in (np.minimum(some, more), np.maximum(some, more))
    )
    assert less <= greater + 1e-9


@repeatable
@given(st.lists(st.floats(0, 1), min_size=59, max_size=100), st.data())
def test_raising_a_rate_never_lowers_an_order_statistic(rates, data):
    index = data.draw(st.integers(0, len(rates) - 1))
    raised = list(rates)
    raised[index] = data.draw(st.floats(rates[index], 1))
    assert order_statistic_upper_limit(raised).value >= order_statistic_upper_limit(rates).value
    assert order_statistic_lower_limit(raised).value >= order_statistic_lower_limit(rates).value


@pytest.mark.parametrize("limit", [order_statistic_upper_limit, order_statistic_lower_limit])
def test_too_few_models_for_no_assumptions_are_told_how_many_it_takes(limit):
    with pytest.raises(InvalidInput, match="59 can"):
        limit([0.5] * 58)


@pytest.mark.parametrize("limit", LIMITS)
def test_one_model_is_refused(limit):
    with pytest.raises(InvalidInput, match="at least 2"):
        limit([0.5], triggers=100)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("rates", [[0.5, 1.1], [-0.1, 0.5], [float("nan"), 0.5], [], 0.5, [[0.5, 0.5]]])
def test_impossible_rates_are_refused(limit, rates):
    with pytest.raises(InvalidInput, match="rate"):
        limit(rates, triggers=100)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("level", [0, 1, 95, float("nan")])
def test_impossible_levels_are_refused(limit, level):
    with pytest.raises(InvalidInput, match="content must lie strictly between"):
        limit(TWINS, triggers=100, content=level)
    with pytest.raises(InvalidInput, match="confidence must lie strictly between"):
        limit(TWINS, triggers=100, confidence=level)


def test_shares_of_no_triggers_are_refused():
    with pytest.raises(InvalidInput, match="at least 1 trigger"):
        upper_tolerance_limit(TWINS, triggers=0)


def test_a_factor_for_one_model_is_refused():
    with pytest.raises(InvalidInput, match="at least 2 models"):
        normal_tolerance_factor(1, content=0.9, confidence=0.9)
