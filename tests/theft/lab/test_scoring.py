"""Figures follow from findings: separation from twins, queries, verdicts, false claims, the thief's cost."""

from __future__ import annotations

import pytest

from tellmark.statistics.bounds import proportion_interval
from tellmark.theft.lab.results import Finding
from tellmark.theft.lab.scoring import score_detector
from tellmark.theft.lab.skill import floor_for


def finding(name, kind, score, queries=10, verdict="inconclusive", **more):
    fields = {"detector": "d", "matched": score} | more
    return Finding(suspect=name, kind=kind, score=score, queries=queries, verdict=verdict, **fields)


TWINS = [
    finding("twin 1", "same", 0.4, innocent=True),
    finding("twin 2", "same", 0.5, verdict="supports", innocent=True),
    finding("twin 3", "same", 0.6, verdict="does not support", innocent=True),
    finding("twin 4", "other-data", 0.3, innocent=True),
]
SOFT = [
    finding("soft 1", "soft", 0.55, queries=30, verdict="supports"),
    finding("soft 2", "soft", 0.9, queries=10, verdict="supports"),
    finding("soft 3", "soft", 0.8, queries=90),
]
COPY = [finding("copy 1", "copy", 1.0, queries=5, verdict="supports")]
LOST = {"soft 1": 0.1, "soft 2": 0.2, "soft 3": 0.3, "copy 1": 0.0}


@pytest.fixture
def scored():
    return score_detector([*SOFT, *TWINS, *COPY], levels=(0.01, 0.25), accuracy_lost=LOST, seed=1)


def test_a_kind_is_scored_over_all_its_models(scored):
    soft = scored.kinds["soft"]
    assert soft.models == 3
    assert soft.transfer_mean == pytest.approx(0.75)
    assert soft.transfer_sd == pytest.approx(0.1803, abs=1e-4)
    assert soft.auc == pytest.approx(11 / 12, abs=1e-4)
    assert soft.auc_ci95[0] <= soft.auc <= soft.auc_ci95[1]
    assert soft.tpr == {"0.01": pytest.approx(2 / 3, abs=1e-4), "0.25": 1.0}
    assert soft.accuracy_lost == pytest.approx(0.2)


def test_queries_are_the_median_where_the_verdict_was_supports(scored):
    assert scored.kinds["soft"].median_queries == 20
    assert scored.kinds["soft"].verdicts == {"supports": 2, "does not support": 0, "inconclusive": 1}


def test_one_model_that_is_told_perfectly_is_no_certainty(scored):
    copy = scored.kinds["copy"]
    assert (copy.auc, copy.transfer_sd) == (1.0, 0.0)
    assert copy.auc_ci95[0] < 0.5


def test_false_claims_are_counted_with_their_exact_interval(scored):
    assert (scored.innocents.models, scored.innocents.false_claims) == (4, 1)
    assert scored.innocents.rate_ci95 == tuple(round(end, 4) for end in proportion_interval(1, 4))
    assert set(scored.kinds) == {"soft", "copy"}


def test_kinds_of_twins_are_kept_apart(scored):
    assert list(scored.innocents.kinds) == ["same", "other-data"]
    same, other = scored.innocents.kinds.values()
    assert (same.models, same.false_claims, other.models, other.false_claims) == (3, 1, 1, 0)
    assert same.rate_ci95 == tuple(round(end, 4) for end in proportion_interval(1, 3))
    assert (same.transfer_mean, same.transfer_sd) == (0.5, pytest.approx(0.1))
    assert scored.innocents.transfer_mean == pytest.approx(0.45)


def test_the_hardest_twins_are_those_that_a_theft_is_told_from_worst(scored):
    hardest = scored.kinds["soft"].hardest_twins
    assert (hardest.kind, hardest.auc) == ("same", pytest.approx(8 / 9, abs=1e-4))
    assert hardest.auc_ci95[0] < hardest.auc < hardest.auc_ci95[1]


def test_with_one_kind_of_twin_none_is_hardest():
    found = score_detector([*SOFT, *TWINS[:3]], levels=(0.01,), accuracy_lost=LOST, seed=1)
    assert found.kinds["soft"].hardest_twins is None


def test_stolen_models_are_ranked_by_score_and_described_by_what_they_matched():
    thief = finding("soft 1", "soft", 0.9, matched=0.2)
    found = score_detector([thief, *TWINS], levels=(0.01,), accuracy_lost=LOST, seed=1)
    assert (found.kinds["soft"].auc, found.kinds["soft"].transfer_mean) == (1.0, 0.2)


def test_who_was_prepared_for_a_theft_says_so():
    found = score_detector([*SOFT, *COPY, *TWINS], levels=(0.01,), accuracy_lost=LOST, seed=1, known={"soft"})
    assert (found.kinds["soft"].known, found.kinds["copy"].known) == (True, False)


def test_without_twins_nothing_is_separated():
    scored = score_detector(SOFT, levels=(0.01,), accuracy_lost=LOST, seed=1)
    assert scored.innocents is None
    assert scored.kinds["soft"].auc is None
    assert scored.kinds["soft"].transfer_mean == pytest.approx(0.75)


def test_a_thief_near_chance_is_below_the_floor():
    assert floor_for(0.9, chance=0.1, least=0.25) == pytest.approx(0.3)
    assert floor_for(0.5, chance=0.5, least=0.25) == 0.5
