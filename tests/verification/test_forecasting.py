"""Forecasts agree with verifications that are simulated answer by answer, and never promise more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.statistics.planning import decision_times
from tellmark.statistics.wealth import AtLeast, AtMost, log_wealth_along
from tellmark.verification.forecasting import Models, TierForecaster, overall_forecast
from tellmark.verification.sequential import SequentialTest
from tellmark.verification.tier_test import TierTest

ALPHA, BETA = 0.01, 0.05
COPY = TierTest("copy", triggers=60, limit=30, claim=50)
DISTILLED = TierTest("distilled", triggers=120, limit=45, claim=70)
TESTS = (COPY, DISTILLED)
TIERS = tuple(TierForecaster(test, place, 2, alpha=ALPHA, beta=BETA) for place, test in enumerate(TESTS))
RUNS = 3000


def orders(matching, triggers, rng, runs=RUNS):
    """Answers in so many random orders."""
    return rng.permuted(np.broadcast_to(np.arange(triggers) < matching, (runs, triggers)), axis=1)


def first(crossed):
    """Number of the first answer at which each run crossed; beyond the last if never."""
    return np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, crossed.shape[1] + 1)


def simulated(matching, rng):
    """When each run of both tiers ends, and whether with ``supports``, from the wealth of every path."""
    queries, supports, kept = np.zeros(RUNS, int), np.zeros(RUNS, bool), np.zeros(RUNS)
    for place, (test, count) in enumerate(zip(TESTS, matching, strict=True)):
        answers = orders(count, test.triggers, rng)
        with np.errstate(over="ignore"):
            wealth = np.exp(log_wealth_along(test.null, answers))
        found = first((wealth + kept[:, None] + (1 - place)) / 2 >= 1 / ALPHA)
        futile = first(log_wealth_along(test.futility, answers) >= -np.log(BETA))
        ended = np.minimum(found, futile)
        queries += np.where(supports, 0, ended)
        supports |= found <= futile
        kept = np.take_along_axis(wealth, np.minimum(ended, test.triggers)[:, None] - 1, axis=1)[:, 0]
    return queries, supports


def test_one_tier_alone_is_exactly_the_plain_test():
    alone = TierForecaster(COPY, alpha=ALPHA, beta=BETA)
    assert alone.level == pytest.approx(ALPHA)
    exact = decision_times(
        52, null=AtMost(30, population=60), alpha=ALPHA, futility=AtLeast(50, population=60), beta=BETA
    )
    np.testing.assert_allclose(alone.times([52]).refuted, exact.refuted)
    np.testing.assert_allclose(alone.times([52]).futile, exact.futile)


def test_the_first_of_several_tiers_needs_what_the_others_still_count_less():
    """(W + 1) / 2 >= 100 asks for W >= 199; behind it, with nothing kept, for W >= 200."""
    assert [1 / tier.level for tier in TIERS] == pytest.approx([199, 200])


@pytest.mark.parametrize("matching", [(58, 100), (31, 66), (20, 62), (30, 45)])
def test_a_forecast_over_two_tiers_agrees_with_simulation(matching):
    queries, supports = simulated(matching, np.random.default_rng(7))
    models = Models("one", "thief", {"copy": matching[:1], "distilled": matching[1:]})
    for budget in (20, 60, 120):
        forecast = overall_forecast(TIERS, models, budget=budget)
        seen = float((supports & (queries <= budget)).mean())
        noise = 3.5 * np.sqrt(max(seen * (1 - seen), 1 / RUNS) / RUNS)
        # Understated by no more than what little wealth the first tier kept can add.
        assert seen - 0.01 - noise <= forecast.detection <= seen + noise
        spent = np.minimum(queries, budget)
        assert forecast.expected_queries == pytest.approx(spent.mean(), abs=0.5 + 4 * spent.std() / np.sqrt(RUNS))


def test_a_forecast_agrees_with_the_sequential_test_itself():
    rng, runs, ends, verdicts = np.random.default_rng(1), 60, [], []
    for copy, distilled in zip(orders(25, 60, rng, runs), orders(80, 120, rng, runs), strict=True):
        test = SequentialTest(TESTS, alpha=ALPHA, beta=BETA)
        while (place := test.next_tier) is not None:
            test = test.update(match=bool((copy, distilled)[place][test.states[place].queries]))
        ends.append(test.queries)
        verdicts.append(test.verdict)
    forecast = overall_forecast(TIERS, Models("one", "thief", {"copy": (25,), "distilled": (80,)}), budget=180)
    assert forecast.expected_queries == pytest.approx(np.mean(ends), abs=3.5 * np.std(ends) / np.sqrt(runs))
    assert np.mean(np.array(verdicts) == "supports") == pytest.approx(forecast.detection, abs=0.12)


@pytest.mark.parametrize("matching", [(30, 45), (0, 0), (30, 0), (0, 45)])
def test_an_innocent_model_is_claimed_no_more_often_than_alpha(matching):
    models = Models("one", "innocent", {"copy": matching[:1], "distilled": matching[1:]})
    forecast = overall_forecast(TIERS, models, budget=180)
    assert forecast.detection <= ALPHA
    assert forecast.detection + forecast.futility == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 59), st.integers(1, 60))
def test_more_matches_or_queries_never_lower_the_detection(matching, budget):
    def detection(count, queries):
        return TIERS[0].forecast(Models("one", "thief", {"copy": (count,)}), budget=queries).detection

    assert detection(matching, budget) <= detection(matching + 1, budget) + 1e-12
    assert detection(matching, budget - 1) <= detection(matching, budget) + 1e-12


def test_models_are_averaged():
    both, low, high = (TIERS[0].times(counts) for counts in ((45, 55), (45,), (55,)))
    np.testing.assert_allclose(both.refuted, (low.refuted + high.refuted) / 2)


def test_a_tier_that_is_left_early_costs_a_student_less():
    noisy = TierTest("copy", triggers=60, limit=30, promising=59)
    models = Models("one", "thief", {"copy": (28,), "distilled": (100,)})
    kept = TierTest("copy", triggers=60, limit=30)
    left, stayed = (
        overall_forecast(
            [TierForecaster(test, place, 2, alpha=ALPHA, beta=BETA) for place, test in enumerate((first_, DISTILLED))],
            models,
            budget=180,
        )
        for first_ in (noisy, kept)
    )
    assert left.expected_queries < stayed.expected_queries - 5
    assert left.detection > 0.99


def test_a_copy_unlike_the_noisy_ones_is_found_when_its_tier_is_asked_again():
    noisy = TierTest("copy", triggers=60, limit=30, promising=59)
    tiers = [TierForecaster(test, place, 2, alpha=ALPHA, beta=BETA) for place, test in enumerate((noisy, DISTILLED))]
    forecast = overall_forecast(tiers, Models("one", "thief", {"copy": (48,), "distilled": (20,)}), budget=180)
    assert forecast.detection > 0.99
    assert tiers[0].visits(48).found.sum() < 0.9


def test_models_that_were_not_asked_every_tier_have_no_overall_forecast():
    assert overall_forecast(TIERS, Models("one", "thief", {"copy": (50,)}), budget=60) is None
    assert overall_forecast(TIERS, Models("two", "thief", {"copy": (50,), "distilled": (80, 90)}), budget=60) is None


def test_nothing_is_forecast_where_nothing_can_be_tested():
    tier = TierForecaster(TierTest("paper", triggers=10, limit=None), alpha=ALPHA, beta=BETA)
    with pytest.raises(InvalidInput, match="'paper' cannot be tested"):
        tier.times([5])
    with pytest.raises(InvalidInput, match="'paper' cannot be tested"):
        tier.visits(5)
