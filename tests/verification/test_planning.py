"""A plan says what follows from the numbers of a mark, and admits what does not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from planned_marks import (
    COPY_FAMILIES,
    COPY_REFERENCES,
    DISTILLED_FAMILIES,
    DISTILLED_REFERENCES,
    left_tiers,
    one_tier,
    plan_of,
    public_of,
    tier,
    two_tiers,
)
from tellmark.errors import InvalidInput
from tellmark.statistics.planning import average_times, decision_times
from tellmark.statistics.tolerance import upper_tolerance_limit
from tellmark.statistics.wealth import AtLeast, AtMost
from tellmark.verification.plan import AT_LIMIT
from tellmark.verification.planning import plan_verification
from tellmark.verification.tier_limits import claim_of

FORECAST = {
    "model": str,
    "role": str,
    "theft_class": str | None,
    "models": int,
    "budget": int,
    "expected_queries": float,
    "queries_95": int | None,
    "detection_probability": float,
    "futility_probability": float,
}
PROJECTION = {
    "change": str,
    "count": int,
    "triggers": int,
    "limit": int,
    "claim": int | None,
    "method": str,
    "forecast": dict | None,
}
TIER = {
    "name": str,
    "theft_classes": list,
    "triggers": int,
    "limit": int | None,
    "limit_rate": float | None,
    "limit_method": str | None,
    "content": float | None,
    "confidence": float | None,
    "references": int,
    "references_for_any_distribution": int | None,
    "claim": int | None,
    "foundation": str | None,
    "level": float | None,
    "forecasts": list,
    "projections": list,
}
PLAN = {
    "schema": str,
    "alpha": float,
    "beta": float,
    "budget": int,
    "null_rate": float | None,
    "decidable": bool,
    "false_claim_bound": float | None,
    "false_claim_confidence": float | None,
    "tiers": list,
    "overall": list,
    "remarks": list,
}


def row(forecasts, name):
    return next(each for each in forecasts if each.models.name == name)


def check(document, fields):
    assert list(document) == list(fields)
    for name, kind in fields.items():
        assert isinstance(document[name], kind), name


def test_a_row_is_the_average_over_the_fresh_members_at_the_limit_of_the_mark():
    public = one_tier()
    (planned,) = plan_of(1, budget=40).tiers
    limit = upper_tolerance_limit(np.array(COPY_REFERENCES) / 100, triggers=100).matches_of(100)
    assert planned.test.limit == limit
    assert planned.test.claim == claim_of(public.tiers[0])
    needed = max(limit + 1, planned.test.claim)
    by_hand = average_times(
        [
            decision_times(count, null=AtMost(limit, 100), alpha=0.01, futility=AtLeast(needed, 100), beta=0.05)
            for count in COPY_FAMILIES["pruned"]
        ]
    )
    pruned = row(planned.forecasts, "pruned")
    assert pruned.members == 3
    assert pruned.detection == pytest.approx(by_hand.detection_probability(40))
    assert pruned.expected_queries == pytest.approx(by_hand.expected_queries(40))
    assert pruned.likely_queries == by_hand.queries_to_decide(0.95)


def test_families_of_the_tier_come_first_and_innocents_last():
    copy, distilled = plan_of(2).tiers
    innocents = ["median reference", "highest reference", AT_LIMIT]
    assert [each.models.name for each in copy.forecasts] == [
        "weight-noise-relative",
        "pruned",
        "distilled-soft",
        *innocents,
    ]
    assert [each.models.name for each in distilled.forecasts] == [
        "distilled-soft",
        "weight-noise-relative",
        "pruned",
        *innocents,
    ]
    assert copy.hardest.name == "pruned"
    assert distilled.hardest.name == "distilled-soft"


def test_innocents_are_claimed_at_most_as_often_as_alpha_and_given_up_sooner_the_less_they_match():
    for budget in (30, 250):
        plan = plan_of(2, budget=budget)
        for forecasts in (*(each.forecasts for each in plan.tiers), plan.overall):
            median, highest, worst = (
                row(forecasts, name) for name in ("median reference", "highest reference", AT_LIMIT)
            )
            assert median.detection <= highest.detection <= worst.detection <= 0.01
            assert median.expected_queries <= highest.expected_queries <= worst.expected_queries


def test_with_one_tier_the_whole_is_the_tier():
    plan = plan_of(1, budget=25)
    assert [each.to_json() for each in plan.overall] == [each.to_json() for each in plan.tiers[0].forecasts]


def test_a_theft_of_the_second_class_pays_for_the_first_tier():
    plan = plan_of(2, budget=300)
    first = row(plan.tiers[0].forecasts, "distilled-soft")
    second = row(plan.tiers[1].forecasts, "distilled-soft")
    both = row(plan.overall, "distilled-soft")
    assert first.futility > 0.99
    assert max(first.expected_queries, second.expected_queries) < both.expected_queries
    assert both.expected_queries <= first.expected_queries + second.expected_queries
    assert both.detection < second.detection + first.detection


def test_a_tier_left_early_costs_the_next_one_little_and_is_still_planned_to_its_end():
    plan = plan_verification(left_tiers(), budget=250)
    copy, distilled = plan.tiers
    assert copy.test.claim is None
    assert copy.test.leaving.count > copy.test.futility.count == copy.test.limit + 1
    students = (row(each, "distilled-soft") for each in (copy.forecasts, distilled.forecasts, plan.overall))
    in_copy, in_distilled, overall = (each.expected_queries for each in students)
    assert overall < in_copy + in_distilled / 2
    assert any("Tier copy is left for the next one" in text for text in plan.remarks)
    assert not any("is left for" in text for number in (1, 2) for text in plan_of(number).remarks)
    for name in ("median reference", "highest reference", AT_LIMIT):
        innocent = row(plan.overall, name)
        assert innocent.detection <= 0.01
        both = row(copy.forecasts, name).expected_queries + row(distilled.forecasts, name).expected_queries
        assert innocent.expected_queries == pytest.approx(both, rel=0.02)


def test_the_bound_on_false_claims_counts_every_limit():
    one, two = plan_of(1).false_claims, plan_of(2).false_claims
    assert (one.bound, one.confidence) == (pytest.approx(0.05 + 0.95 * 0.01), pytest.approx(0.95))
    assert (two.bound, two.confidence) == (pytest.approx(0.10 + 0.90 * 0.01), pytest.approx(0.90))


def test_a_larger_budget_never_detects_less():
    detections = [row(plan_of(1, budget=budget).overall, "pruned").detection for budget in (20, 40, 60)]
    assert detections == sorted(detections)
    assert detections[0] < detections[-1]


def test_a_budget_beyond_the_triggers_is_said_to_be_and_asks_them_all():
    plan = plan_of(1, budget=1000)
    assert plan.overall[0].budget == 100
    assert any("1000 queries is more than the 100 triggers" in text for text in plan.remarks)


@pytest.mark.parametrize(
    ("references", "says"),
    [((), "no reference was kept"), ((55,), "one calibration reference"), ((20, 30), "does not exclude")],
)
def test_without_a_null_limit_nothing_is_planned_and_the_plan_says_why(references, says):
    public = public_of(tier("copy", 60, references=references, families={"pruned": (58, 59)}))
    plan = plan_verification(public)
    assert not plan.decidable
    assert plan.overall == ()
    assert plan.tiers[0].forecasts == ()
    assert plan.false_claims is None
    obstacle, advice = plan.remarks
    assert says in obstacle
    assert "at most inconclusive" in advice
    assert "--reference" in advice
    assert "--null-rate" in advice
    assert plan.to_json()["remarks"] == [obstacle, advice]


def test_too_few_references_still_show_what_more_would_buy():
    public = public_of(tier("copy", 60, references=(20, 30), families={"pruned": (58, 59)}))
    projections = plan_verification(public).tiers[0].projections
    assert [each.count for each in projections] == [4, 8, 16, 59]
    assert projections[-1].forecast.detection > 0.99


def test_a_stated_rate_takes_the_place_of_the_measured_limit():
    plan = plan_verification(one_tier(), null_rate=0.8)
    assert plan.tiers[0].test.limit == 80
    assert plan.tiers[0].measured is None
    assert (plan.false_claims.bound, plan.false_claims.confidence) == (0.01, None)
    assert {each.change for each in plan.tiers[0].projections} == {"triggers"}
    assert any("stated, not measured" in text for text in plan.remarks)


def test_a_tier_that_cannot_be_tested_is_said_to_stand_against_one_verdict():
    hopeless = tier("distilled", 60, references=(0, 60, 30, 10))
    remarks = plan_verification(public_of(*one_tier().tiers, hopeless)).remarks
    assert any("the verdict can be supports or inconclusive, but not does not support" in text for text in remarks)
    assert not any("never says no" in text for text in plan_of(2).remarks)


def test_members_that_were_made_and_that_were_supplied_have_a_row_each():
    (record,) = one_tier().tiers
    noise, pruned, students = record.families
    supplied = pruned.model_copy(update={"origin": "supplied", "matches": (60, 66), "limit": students.limit})
    families = (noise, pruned, supplied, students)
    plan = plan_verification(public_of(record.model_copy(update={"families": families}))).tiers[0]
    rows = {each.models.name: each.models.matches["copy"] for each in plan.forecasts}
    assert (rows["pruned"], rows["pruned, supplied"]) == (pruned.matches, (60, 66))
    assert "pruned, supplied" in plan.doubtful


def test_a_tier_whose_families_were_not_asked_is_planned_for_supposed_models():
    plan = plan_verification(public_of(tier("distilled", 150, references=DISTILLED_REFERENCES)))
    supposed = [each for each in plan.tiers[0].forecasts if each.models.role == "supposed"]
    assert [each.models.matches["distilled"] for each in supposed] == [(150,), (135,), (120,)]
    assert any("supposed" in text for text in plan.remarks)
    assert not any("supposed" in text for text in plan_of(2).remarks)


def test_tiers_that_cannot_be_tested_cost_the_others_nothing():
    tested = tier("distilled", 150, references=DISTILLED_REFERENCES, families=DISTILLED_FAMILIES)
    hopeless = tier("copy", 60, references=(0, 60, 30, 10), families={"distilled-soft": (10, 20)})
    plan = plan_verification(public_of(hopeless, tested))
    assert plan.tiers[0].level is None
    assert plan.tiers[1].level == pytest.approx(0.01)
    assert row(plan.overall, "distilled-soft").to_json() == row(plan.tiers[1].forecasts, "distilled-soft").to_json()
    assert plan.false_claims.bound == pytest.approx(0.05 + 0.95 * 0.01)


@pytest.mark.parametrize("tiers", [0, 1, 2])
def test_the_json_document_has_one_shape(tiers):
    document = json.loads(json.dumps(plan_of(tiers).to_json(), allow_nan=False))
    assert document["schema"] == "tellmark.plan/1"
    check(document, PLAN)
    for planned in document["tiers"]:
        check(planned, TIER)
        for each in planned["forecasts"]:
            check(each, {**FORECAST, "matches": list})
        for each in planned["projections"]:
            check(each, PROJECTION)
            check(each["forecast"], FORECAST)
    for each in document["overall"]:
        check(each, FORECAST)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"budget": 0}, "at least 1 query"),
        ({"alpha": 0}, "alpha must lie"),
        ({"alpha": 0.6}, "alpha must lie"),
        ({"beta": 1}, "beta must lie"),
        ({"null_rate": 1.0}, "null rate must be"),
    ],
)
def test_bad_arguments_are_refused(arguments, says):
    with pytest.raises(InvalidInput, match=says):
        plan_verification(one_tier(), **arguments)


def test_one_rate_does_not_speak_for_several_tiers():
    with pytest.raises(InvalidInput, match="2 tiers"):
        plan_verification(two_tiers(), null_rate=0.5)


def test_a_tier_that_is_named_is_planned_as_if_it_were_the_only_one():
    plan, alone = plan_verification(two_tiers(), tiers=["distilled"]), public_of(two_tiers().tiers[1])
    *_, choice = [text for text in plan.remarks if text.startswith("Left out by choice: tier copy.")]
    assert "settled before any answer" in choice
    expected = plan_verification(alone)
    assert [text for text in plan.remarks if text != choice] == list(expected.remarks)
    assert plan.to_json() | {"remarks": []} == expected.to_json() | {"remarks": []}
    assert plan.tiers[0].level == pytest.approx(2 * plan_verification(two_tiers()).tiers[1].level)


def test_all_tiers_named_are_all_tiers():
    named = plan_verification(two_tiers(), tiers=["distilled", "copy"])
    assert named.to_json() == plan_of(2).to_json()


def test_a_rate_speaks_for_the_one_tier_that_is_named():
    plan = plan_verification(two_tiers(), tiers=["copy"], null_rate=0.7)
    assert [(tier.test.name, tier.test.limit) for tier in plan.tiers] == [("copy", 70)]


def test_an_unknown_tier_is_refused():
    with pytest.raises(InvalidInput, match="no tier 'derived': it has copy, distilled"):
        plan_verification(two_tiers(), tiers=["copy", "derived"])


def test_no_rate_is_asked_for_where_none_would_be_taken():
    *_, advice = plan_verification(public_of(tier("paper", 50), tier("copy", 50))).remarks
    assert "--reference" in advice
    assert "--null-rate" not in advice


def test_families_whose_few_members_prove_no_gap_are_named():
    limits = {each.family: each.limit.value for each in one_tier().tiers[0].families}
    assert limits["pruned"] < 0.7 < limits["weight-noise-relative"]
    (planned,) = plan_of(1).tiers
    assert planned.doubtful == ("pruned",)
    assert any("pruned do not exclude" in text for text in plan_of(1).remarks)
