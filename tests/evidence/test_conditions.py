"""What must hold for a verdict to support a claim, each condition alone and all together; and the words around them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from judged_bundles import LIMIT, predicate
from tellmark.digests import digest_bytes
from tellmark.evidence.conditions import (
    SUPPORTED,
    DateProven,
    IndependentAsked,
    NoIndependentClaimed,
    RuleSupports,
    SuspectYounger,
    outcome_of,
)
from tellmark.evidence.deciding import decided, finding
from tellmark.evidence.grounds import Dates, Examined, Grounds
from tellmark.evidence.predicates import AuditRecord, ModelRecord, SuspectAge
from tellmark.evidence.verdict_words import LINEAGE, meaning
from tellmark.statistics.repeated_tries import bound_over_tries, tries_that_exhaust
from tellmark.verification.sequential import false_claim_bound_of_tiers

REGISTERED = datetime(2026, 1, 1, tzinfo=UTC)
AGE = SuspectAge(since=REGISTERED + timedelta(days=1), source="release notes")
ASKED = 24


def examined(name, matching, *, said=None, asked=ASKED):
    """A model that matches the first so many of the triggers asked."""
    matches = tuple(number < matching for number in range(asked))
    test = decided(said or predicate(), ((0, match) for match in matches))
    return Examined(finding(ModelRecord(name=name, described="a model", digest=None), test), matches)


def grounds(matching=ASKED, *independents, **changes):
    independents = independents or (4,)
    all_hold = Grounds(
        registration=predicate(),
        dates=Dates(REGISTERED, AGE),
        suspect=examined("suspect", matching),
        independents=tuple(examined(f"independent {n}", each) for n, each in enumerate(independents, 1)),
        source_asked=True,
        audit=None,
    )
    return replace(all_hold, **changes)


UNDECIDED = examined("suspect", 3, asked=4)


def test_where_all_hold_the_claim_is_supported():
    assert outcome_of(grounds()) == ("supports", ())
    assert tuple(SUPPORTED.missing(grounds())) == ()


BROKEN = {
    "no date": ({"dates": Dates(None, AGE)}, DateProven(), "not proven"),
    "no age": ({"dates": Dates(REGISTERED, None)}, SuspectYounger(), "not stated since when"),
    "as old": (
        {"dates": Dates(REGISTERED, SuspectAge(since=REGISTERED, source="a log"))},
        SuspectYounger(),
        "made after the suspect can be made to fit it",
    ),
    "older": (
        {"dates": Dates(REGISTERED, SuspectAge(since=REGISTERED - timedelta(days=9), source="a log"))},
        SuspectYounger(),
        "2025-12-23 00:00:00 UTC (a log)",
    ),
    "nobody independent": ({"independents": ()}, IndependentAsked(), "the owner's word alone"),
    "an innocent claimed": (
        {"independents": (examined("independent 1", 4), examined("independent 2", ASKED))},
        NoIndependentClaimed(),
        "claims independent 2:",
    ),
    "undecided": ({"suspect": UNDECIDED}, RuleSupports(), "undecided after 4 of 24 triggers"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_where_one_does_not_hold_it_is_not_and_the_reason_is_given(name):
    changes, condition, words = BROKEN[name]
    given = grounds(**changes)
    (reason,) = condition.missing(given)
    assert words in reason
    assert outcome_of(given) == ("inconclusive", (reason,))


def test_every_reason_is_given():
    given = grounds(dates=Dates(None, None), independents=(), suspect=UNDECIDED)
    outcome, reasons = outcome_of(given)
    assert (outcome, len(reasons)) == ("inconclusive", 4)


def test_a_suspect_that_matches_too_few_is_not_supported_whatever_else_is_missing():
    given = grounds(3, dates=Dates(None, None), independents=())
    outcome, reasons = outcome_of(given)
    assert outcome == "does not support"
    assert "does not show that the suspect is independent" in reasons[0]
    assert len(reasons) == 1


def test_without_a_limit_nothing_is_decided():
    said = predicate()
    unknown = said.tiers[0].model_copy(update={"limit": None, "null": None, "claim": None})
    said = said.model_copy(update={"tiers": (unknown,)})
    given = grounds(registration=said, suspect=examined("suspect", ASKED, said=said))
    outcome, reasons = outcome_of(given)
    assert outcome == "inconclusive"
    assert "never measured" in reasons[0]


def test_a_spent_budget_is_said():
    said = predicate()
    said = said.model_copy(update={"rule": said.rule.model_copy(update={"budget": 4})})
    (reason,) = RuleSupports().missing(grounds(registration=said, suspect=UNDECIDED))
    assert "budget of 4 is spent" in reason


# What goes with the outcome


def said_of(given):
    return " ".join(meaning(given))


def test_the_bound_is_that_of_rule_and_limits_and_many_tries_multiply_it():
    bound = false_claim_bound_of_tiers(0.01, [0.8])
    words = said_of(grounds())
    assert f"with probability at most {100 * bound:.1f} %" in words
    assert bound_over_tries(bound, 10) == 1
    assert f"nothing is left of it from {tries_that_exhaust(bound)} on" in words
    assert "80 % confidence, from 4 independent models of the owner" in words


def test_limits_of_several_tiers_fail_together():
    words = said_of(grounds(registration=predicate(2)))
    assert f"at most {100 * false_claim_bound_of_tiers(0.01, [0.8, 0.8]):.1f} %" in words
    assert "60 % confidence" in words


def test_a_limit_that_the_owner_stated_is_named_as_such():
    said = predicate()
    stated = said.model_copy(update={"tiers": (said.tiers[0].model_copy(update={"null": None}),)})
    words = said_of(grounds(registration=stated))
    assert "stated by the owner, not measured" in words
    assert "k times" not in words


def test_the_judges_own_models_say_as_much_as_their_number_allows():
    words = said_of(grounds(ASKED, 4, 5, 6))
    assert f"the suspect matches {ASKED}, the judge's 3 independent models 4 and 5 and 6" in words
    assert "at most 25 %" in words
    tied = said_of(grounds(LIMIT, 4, LIMIT, LIMIT))
    assert "at most 75 %" in tied
    assert "independent models" not in said_of(grounds(independents=(), registration=predicate(2))).split("k times")[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source_asked": False}, "The source model was not asked"),
        ({}, "names no digest that it could be told by"),
        ({"registration": predicate(source=digest_bytes(b"source"))}, "which the registration names by its digest"),
        ({"audit": None}, "give --mark and --holdout"),
        ({"audit": AuditRecord(triggers=24, relabelled=None, proxies=None)}, "made all 24 triggers anew"),
        ({"audit": AuditRecord(triggers=24, relabelled=23, proxies=4)}, "23 labels given, 4 noisy copies agreeing"),
    ],
)
def test_what_was_asked_of_whom_is_said(changes, words):
    assert words in said_of(grounds(**changes))


def test_lineage_is_not_theft_and_ancestors_look_alike():
    assert meaning(grounds())[-1] == LINEAGE
    assert "common ancestor" in LINEAGE
    assert "not about theft" in LINEAGE


def test_triggers_left_out_count_only_where_the_judge_knows_why():
    left_out = grounds(burned=3)
    assert outcome_of(left_out)[0] == "inconclusive"
    assert "leaves out 3 triggers" in outcome_of(left_out)[1][0]
    assert outcome_of(grounds(burned=3, burned_known="the verdict of an earlier judge")) == ("supports", ())
