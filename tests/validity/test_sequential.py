"""A sequential test errs no more often than its level, although it is looked at after every answer."""

import numpy as np
import pytest
from scipy.stats import binomtest, hypergeom

from tellmark.statistics.betting import refuting_log_wealth
from tellmark.statistics.planning import decision_times
from tellmark.statistics.wealth import AtLeast, AtMost, log_wealth_along

TRIGGERS = 60
ORDERS = 4000
ALPHA = 0.05
BETA = 0.1


def answers_in_random_orders(matching, rng):
    """Rows are orders of asking, of which this many answers match."""
    return rng.permuted(np.tile(np.arange(TRIGGERS) < matching, (ORDERS, 1)), axis=1)


def ever_refuted(hypothesis, answers, level):
    return log_wealth_along(hypothesis, answers).max(axis=1) >= refuting_log_wealth(level)


@pytest.mark.parametrize(("limit", "matching"), [(0, 0), (6, 6), (30, 30), (30, 27), (30, 10), (54, 54), (59, 59)])
def test_looking_after_every_answer_does_not_break_the_level(limit, matching, rng, more_often_than):
    answers = answers_in_random_orders(matching, rng)
    for level in (0.01, ALPHA, 0.3):
        assert not more_often_than(level, ever_refuted(AtMost(limit, TRIGGERS), answers, level))


@pytest.mark.parametrize(("limit", "matching"), [(30, 30), (30, 20), (54, 54)])
def test_no_way_to_stop_earns_wealth(limit, matching, rng):
    """Mean wealth at the end of each rule is at most 1, up to four standard errors."""
    wealth = np.exp(log_wealth_along(AtMost(limit, TRIGGERS), answers_in_random_orders(matching, rng)))
    first_doubling = np.where((wealth >= 2).any(axis=1), (wealth >= 2).argmax(axis=1), TRIGGERS - 1)
    greedy = np.where((wealth > 1).any(axis=1), (wealth > 1).argmax(axis=1), TRIGGERS // 2)
    for stop in (np.full(ORDERS, 9), np.full(ORDERS, 29), first_doubling, greedy):
        stopped = np.take_along_axis(wealth, stop[:, None], axis=1)[:, 0]
        assert stopped.mean() <= 1 + 4 * stopped.std() / np.sqrt(ORDERS)


@pytest.mark.parametrize(("count", "matching"), [(1, 1), (40, 40), (40, 45), (60, 60)])
def test_a_thief_is_seldom_given_up(count, matching, rng, more_often_than):
    answers = answers_in_random_orders(matching, rng)
    assert not more_often_than(BETA, ever_refuted(AtLeast(count, TRIGGERS), answers, BETA))


@pytest.mark.parametrize("matching", [15, 30, 31, 36, 42, 60])
def test_plans_say_what_happens(matching, rng):
    """The exact probabilities agree with the simulation, at several budgets."""
    null, futility = AtMost(30, TRIGGERS), AtLeast(40, TRIGGERS)
    answers = answers_in_random_orders(matching, rng)
    up = log_wealth_along(null, answers) >= refuting_log_wealth(ALPHA)
    down = log_wealth_along(futility, answers) >= refuting_log_wealth(BETA)
    detected = np.where(up.any(axis=1), up.argmax(axis=1), TRIGGERS) + 1
    given_up = np.where(down.any(axis=1), down.argmax(axis=1), TRIGGERS) + 1
    times = decision_times(matching, null=null, alpha=ALPHA, futility=futility, beta=BETA)
    for budget in (5, 15, 30, 60):
        for share, probability in (
            ((detected <= budget) & (detected < given_up), times.detection_probability(budget)),
            ((given_up <= budget) & (given_up < detected), times.futility_probability(budget)),
        ):
            assert binomtest(int(share.sum()), ORDERS, probability).pvalue > 1e-4


def test_the_level_is_not_kept_by_never_rejecting():
    """Most of alpha is spent, and a copy is found within a few queries."""
    assert decision_times(30, null=AtMost(30, TRIGGERS), alpha=ALPHA).refuted.sum() > ALPHA / 2
    copy = decision_times(58, null=AtMost(30, TRIGGERS), alpha=ALPHA)
    assert copy.queries_to_detect(0.95) <= 15


def test_peeking_at_an_exact_p_value_breaks_the_level(rng, more_often_than):
    """The disease: the same answers, tested exactly, but as if their number had been fixed."""
    matches = np.cumsum(answers_in_random_orders(30, rng), axis=1)
    p_values = hypergeom.sf(matches - 1, TRIGGERS, 30, np.arange(1, TRIGGERS + 1))
    assert more_often_than(2 * ALPHA, p_values.min(axis=1) <= ALPHA)


def test_an_order_that_is_not_random_breaks_the_level(rng, more_often_than):
    """The assumption matters: asking first what an innocent model matches looks like theft."""
    answers = np.sort(answers_in_random_orders(30, rng), axis=1)[:, ::-1]
    assert more_often_than(0.99, ever_refuted(AtMost(30, TRIGGERS), answers, ALPHA))
