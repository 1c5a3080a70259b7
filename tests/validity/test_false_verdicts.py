"""A verdict is wrong no more often than alpha, at every number of queries fixed beforehand."""

import numpy as np
import pytest

from tellmark.verification.verdict import Counts, decide

TRIGGERS = 40
ORDERS = 4000
ALPHA = 0.05


def verdicts_after_each_query(matching, null_rate, rng):
    """Verdicts of many orders of asking (rows) after 1, 2, … N queries (columns)."""
    answers = np.arange(TRIGGERS) < matching
    matches = np.cumsum(rng.permuted(np.tile(answers, (ORDERS, 1)), axis=1), axis=1)
    table = np.full((TRIGGERS + 1, TRIGGERS), "impossible count", dtype=object)
    for queries in range(1, TRIGGERS + 1):
        for seen in range(queries + 1):
            decision = decide(Counts(seen, queries, TRIGGERS), null_rate=null_rate, alpha=ALPHA)
            table[seen, queries - 1] = decision.verdict
    return table[matches, np.arange(TRIGGERS)]


@pytest.mark.parametrize(("null_rate", "matching"), [(0.2, 8), (0.5, 20), (0.5, 15), (0.5, 0), (0.9, 36), (0.0, 0)])
def test_a_suspect_within_the_null_rate_is_seldom_called_supports(null_rate, matching, rng, more_often_than):
    supports = verdicts_after_each_query(matching, null_rate, rng) == "supports"
    assert not any(more_often_than(ALPHA, after) for after in supports.T)
    assert not supports[:, -1].any()


@pytest.mark.parametrize(("null_rate", "matching"), [(0.2, 9), (0.5, 21), (0.5, 30), (0.9, 37), (0.0, 1)])
def test_a_suspect_above_the_null_rate_is_seldom_called_does_not_support(null_rate, matching, rng, more_often_than):
    refuted = verdicts_after_each_query(matching, null_rate, rng) == "does not support"
    assert not any(more_often_than(ALPHA, after) for after in refuted.T)
    assert not refuted[:, -1].any()


def test_a_suspect_far_above_the_null_rate_is_found_with_few_queries(rng):
    supports = verdicts_after_each_query(38, 0.5, rng) == "supports"
    assert supports[:, 14].mean() > 0.95
    assert supports[:, -1].all()


def test_stopping_at_the_first_pleasant_look_breaks_the_level(rng, more_often_than):
    """Why the budget must be fixed beforehand: looking after each query, some look is bound to please."""
    supports = verdicts_after_each_query(20, 0.5, rng) == "supports"
    assert more_often_than(2 * ALPHA, supports.any(axis=1))
