"""Times of tiers that are left and asked again, against every order of asking that there is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tellmark.verification.sequential import SequentialTest
from tellmark.verification.tier_test import TierTest
from tellmark.verification.visiting import VisitRule, VisitTimes, in_turn

BETA = 0.3
NOISY = TierTest("copy", 6, limit=2, promising=6)
CLAIMED = TierTest("derived", 4, limit=1, claim=3)
OTHER = TierTest("distilled", 5, limit=2, promising=5)
CERTAIN = 1e-9
"""A level that only more matches than the limit reach, so that what other tiers keep does not count."""


def rules(tiers, alpha):
    tested = len(tiers)
    return [
        VisitRule.at(tier, level=1 / (tested / alpha - (tested - 1 - place)), level_again=alpha / tested, beta=BETA)
        for place, tier in enumerate(tiers)
    ]


def forecast(tiers, matching, alpha):
    return in_turn([rule.times(count) for rule, count in zip(rules(tiers, alpha), matching, strict=True)])


def orders(triggers, matching):
    return [[place in chosen for place in range(triggers)] for chosen in combinations(range(triggers), matching)]


def enumerated(tiers, matching, alpha):
    """Probability of each verdict after exactly t queries, over all orders of asking."""
    answers = [[]]
    for tier, count in zip(tiers, matching, strict=True):
        answers = [[*earlier, own] for earlier in answers for own in orders(tier.triggers, count)]
    ends = {verdict: np.zeros(sum(tier.triggers for tier in tiers) + 1) for verdict in ("supports", "does not support")}
    for each in answers:
        test = SequentialTest(tiers, alpha=alpha, beta=BETA)
        while (place := test.next_tier) is not None:
            test = test.update(match=each[place][test.states[place].queries])
        ends[test.verdict][test.queries] += 1 / len(answers)
    return ends


@pytest.mark.parametrize(
    ("tiers", "matching"),
    [
        ((NOISY,), (4,)),
        ((NOISY, OTHER), (4, 2)),
        ((NOISY, OTHER), (2, 3)),
        ((NOISY, OTHER), (1, 2)),
        ((CLAIMED, NOISY), (2, 3)),
        ((OTHER, CLAIMED), (3, 2)),
        ((CLAIMED, OTHER, TierTest("copy", 3, limit=1, promising=3)), (1, 2, 2)),
    ],
)
def test_every_order_of_asking_counted(tiers, matching):
    """Exact, where no other tier's evidence can add to that of the tier that decides."""
    times, ends = forecast(tiers, matching, CERTAIN), enumerated(tiers, matching, CERTAIN)
    assert times.refuted == pytest.approx(ends["supports"])
    assert times.futile == pytest.approx(ends["does not support"])


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4])
@pytest.mark.parametrize("matching", [(4, 2), (3, 3), (2, 5), (2, 2), (6, 0)])
def test_detection_is_never_overstated_nor_are_queries_understated(matching, alpha):
    tiers = (NOISY, OTHER)
    times, ends = forecast(tiers, matching, alpha), enumerated(tiers, matching, alpha)
    assert np.all(np.cumsum(times.refuted) <= np.cumsum(ends["supports"]) + 1e-12)
    ended = np.cumsum(ends["supports"] + ends["does not support"])
    assert np.all(np.cumsum(times.refuted + times.futile) <= ended + 1e-12)
    assert times.refuted.sum() + times.futile.sum() == pytest.approx(1)


def test_the_first_visit_to_the_first_tier_is_exact():
    """A model that matches all is never asked elsewhere."""
    times, ends = forecast((NOISY, OTHER), (6, 3), 0.2), enumerated((NOISY, OTHER), (6, 3), 0.2)
    assert times.refuted == pytest.approx(ends["supports"])
    assert times.refuted.sum() == pytest.approx(1)


def test_a_tier_that_nothing_says_to_leave_is_left_when_it_is_given_up():
    times = rules((CLAIMED, OTHER), 0.1)[0].times(2)
    assert times.left == pytest.approx(times.futile)
    assert times.found_again.sum() == 0


def test_times_of_tiers_add_up():
    """Left after 2 or 4 queries and decided by its 6th; beside it a tier left with its 1st and futile with its 3rd."""

    def at(*queries):
        times = np.zeros(7)
        times[list(queries)] = 1 / len(queries)
        return times

    never = np.zeros(7)
    total = in_turn([VisitTimes(never, at(2, 4), at(6), never), VisitTimes(never, at(1), never, at(3))])
    assert np.flatnonzero(total.refuted).tolist() == [6 + 1]
    assert total.futile.sum() == 0
    found_second = in_turn([VisitTimes(never, at(2, 4), never, at(6)), VisitTimes(at(3), never, never, never)])
    assert np.flatnonzero(found_second.refuted).tolist() == [5, 7]


def test_a_tier_that_cannot_be_tested_has_no_rule():
    assert VisitRule.at(TierTest("paper", 5, limit=None), level=0.1, level_again=0.1, beta=BETA) is None
