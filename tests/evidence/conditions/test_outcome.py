"""What must hold for a verdict to support a claim, each condition alone and all together; and the words around them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from judged_bundles import LIMIT, predicate
from tellmark.evidence.conditions.circumstances import (
    DateProven,
    EarlierClaimsKnown,
    JudgeKnown,
    NonceDrawn,
    SuspectYounger,
)
from tellmark.evidence.conditions.comparison import (
    IndependentAsked,
    NoBaseClaimed,
    NoIndependentClaimed,
    SuspectApart,
)
from tellmark.evidence.conditions.outcome import SUPPORTED, outcome_of
from tellmark.evidence.conditions.rule import AuditAgrees, LimitsMeasured, RuleSupports, SourceAnswers
from tellmark.evidence.deciding import decided, finding
from tellmark.evidence.grounds import Dates, Examined, Grounds, JudgesWord
from tellmark.evidence.verdict_predicate import AuditRecord, ModelRecord, SuspectAge
from tellmark.evidence.verdict_words import LINEAGE, meaning
from tellmark.statistics.repeated_tries import bound_over_tries, tries_that_exhaust
from tellmark.verification.sequential import false_claim_bound_of_tiers

REGISTERED = datetime(2026, 1, 1, tzinfo=UTC)
AGE = SuspectAge(since=REGISTERED + timedelta(days=1), source="release notes")
ASKED = 24


WORD = JudgesWord(nonce_drawn=True, earlier_claims="none, by the owner's ledger")


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
        word=WORD,
        suspect=examined("suspect", matching),
        bases=(),
        independents=tuple(examined(f"independent {n}", each) for n, each in enumerate(independents, 1)),
        source_asked=True,
    )
    return replace(all_hold, **changes)


def with_levels(level, alpha=0.01):
    """The registration with a limit of other levels; the limit itself stays, as no test of it is made here."""
    said = predicate()
    null = said.tiers[0].null.model_copy(update={"content": level, "confidence": level})
    tiers = (said.tiers[0].model_copy(update={"null": null}),)
    return said.model_copy(update={"tiers": tiers, "rule": said.rule.model_copy(update={"alpha": alpha})})


def stated():
    """The registration with a limit that the owner states."""
    said = predicate()
    return said.model_copy(update={"tiers": (said.tiers[0].model_copy(update={"null": None}),)})


def below(name, matching, asked=12):
    """A model that matches the last so many of twelve triggers, too few to be claimed."""
    matches = tuple(number >= asked - matching for number in range(asked))
    test = decided(predicate(), ((0, match) for match in matches))
    return Examined(finding(ModelRecord(name=name, described="a model", digest=None), test), matches)


SHORT = examined("suspect", 12, asked=12)
UNDECIDED = examined("suspect", 3, asked=4)


def test_where_all_hold_the_claim_is_supported():
    assert outcome_of(grounds()) == ("supports", ())
    assert tuple(SUPPORTED.missing(grounds())) == ()
    unsaid = {"JUDGE_KNOWN", "AUDIT_AGREES", "NO_BASE_MODEL_CLAIMED"}
    assert not unsaid & set(SUPPORTED.holding(grounds())), "nothing could have made them fail"
    assert len(SUPPORTED.holding(grounds())) == len(set(SUPPORTED.holding(grounds()))) == 10


BROKEN = {
    "no date": ({"dates": Dates(None, AGE)}, DateProven(), "not proven"),
    "no age": ({"dates": Dates(REGISTERED, None)}, SuspectYounger(), "not stated since when"),
    "as old": (
        {"dates": Dates(REGISTERED, SuspectAge(since=REGISTERED, source="a log"))},
        SuspectYounger(),
        "made after them can be made to fit",
    ),
    "older": (
        {"dates": Dates(REGISTERED, SuspectAge(since=REGISTERED - timedelta(days=9), source="a log"))},
        SuspectYounger(),
        "2025-12-23 00:00:00 UTC (a log)",
    ),
    "a nonce of the owner's": (
        {"word": replace(WORD, nonce_drawn=False)},
        NonceDrawn(),
        "chooses one of them when he knows the other",
    ),
    "earlier claims unknown": (
        {"word": replace(WORD, earlier_claims=None)},
        EarlierClaimsKnown(),
        "this claim leaves out none",
    ),
    "burned by the owner's word": (
        {"word": replace(WORD, earlier_claims=None), "burned": 3},
        EarlierClaimsKnown(),
        "leaves out 3 triggers as opened",
    ),
    "a judge nobody knows": ({"judge_known": False}, JudgeKnown(), "--judge-key"),
    "no source": ({"source_asked": False}, SourceAnswers(), "The source model was not asked"),
    "a source without a digest": ({"registration": predicate(source=None)}, SourceAnswers(), "names no digest"),
    "a limit by the owner's word": ({"registration": stated()}, LimitsMeasured(), "stated by the owner, not measured"),
    "a limit that half of the innocent exceed": (
        {"registration": with_levels(0.5)},
        LimitsMeasured(),
        "at most 50.5 %, and that with 50 % confidence",
    ),
    "an alpha of one half": ({"registration": with_levels(0.9, alpha=0.5)}, LimitsMeasured(), "at most 55 %"),
    "an audit that disagrees": (
        {"word": replace(WORD, audit=AuditRecord(triggers=24, relabelled=22, proxies=None))},
        AuditAgrees(),
        "gives the committed label to 22 only",
    ),
    "nobody independent": ({"independents": ()}, IndependentAsked(), "the owner's word alone"),
    "an innocent claimed": (
        {"independents": (examined("independent 1", 4), examined("independent 2", 20))},
        NoIndependentClaimed(),
        "claims independent 2:",
    ),
    "a base claimed": ({"bases": (examined("base 1", 20),)}, NoBaseClaimed(), "claims base 1:"),
    "an innocent that is hardly below": (
        {"suspect": SHORT, "independents": (below("independent 1", 6),)},
        SuspectApart(),
        "the suspect matches 12 and independent 1 6: too few to tell them apart (sign test p = 0.016",
    ),
    "a base that is hardly below": (
        {"suspect": SHORT, "bases": (below("base 1", 6),), "independents": (below("independent 1", 2),)},
        SuspectApart(),
        "the suspect matches 12 and base 1 6",
    ),
    "undecided": (
        {"suspect": UNDECIDED, "independents": (examined("independent 1", 0, asked=4),)},
        RuleSupports(),
        "undecided after 4 of 24 triggers",
    ),
}


BESIDE = {
    "no date": {"SUSPECT_YOUNGER"},
    "undecided": {"SUSPECT_ABOVE_OTHERS"},
    "nobody independent": {"NO_INDEPENDENT_MODEL_CLAIMED", "SUSPECT_ABOVE_OTHERS"},
    "an innocent claimed": {"SUSPECT_ABOVE_OTHERS"},
    "a base claimed": {"SUSPECT_ABOVE_OTHERS"},
}
"""What then fails too, or is not at stake any more."""


@pytest.mark.parametrize("name", BROKEN)
def test_where_one_does_not_hold_it_is_not_and_the_reason_is_given(name):
    changes, condition, words = BROKEN[name]
    given = grounds(**changes)
    reason = next(condition.missing(given))
    assert words in reason
    outcome, reasons = outcome_of(given)
    assert outcome == "inconclusive"
    assert reason in reasons
    assert condition.name not in SUPPORTED.holding(given)
    assert set(SUPPORTED.holding(grounds())) - set(SUPPORTED.holding(given)) <= {condition.name, *BESIDE.get(name, ())}


def test_every_reason_is_given():
    given = grounds(dates=Dates(None, None), independents=(), suspect=UNDECIDED)
    outcome, reasons = outcome_of(given)
    assert (outcome, len(reasons)) == ("inconclusive", 4)


def test_one_trigger_more_tells_them_apart():
    assert outcome_of(grounds(suspect=SHORT, independents=(below("independent 1", 5),))) == ("supports", ())


@pytest.mark.parametrize(("relabelled", "holds"), [(23, True), (24, True), (None, True), (22, False)])
def test_an_audit_may_differ_in_one_trigger_of_twenty(relabelled, holds):
    audit = AuditRecord(triggers=24, relabelled=relabelled, proxies=None)
    assert (outcome_of(grounds(word=replace(WORD, audit=audit)))[0] == "supports") is holds


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
    assert "No more can be asked: the committed budget of 4 is spent" in reason
    (reason,) = RuleSupports().missing(grounds(registration=said, suspect=UNDECIDED, openable=20))
    assert "More triggers can be opened" in reason


def test_more_triggers_are_advised_only_where_there_are_any():
    near = {"suspect": SHORT, "independents": (below("independent 1", 6),)}
    (none_left,) = SuspectApart().missing(grounds(**near))
    (some_left,) = SuspectApart().missing(grounds(**near, openable=12))
    assert "More triggers" not in none_left
    assert some_left == f"{none_left} More triggers can show whether they differ."


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


def test_of_a_limit_that_the_owner_stated_no_bound_is_given():
    words = said_of(grounds(registration=stated()))
    assert "k times" not in words
    assert "probability at most" not in words.split("triggers asked the suspect")[0]


def test_a_bound_that_promises_nothing_is_given_and_no_number_of_tries():
    words = said_of(grounds(registration=with_levels(0.01)))
    assert "with probability at most" in words
    assert "k registrations" in words
    said = with_levels(0.8)
    assert "k registrations" not in said_of(grounds(registration=said.model_copy(update={"tiers": said.tiers * 6})))


def test_the_fewest_references_of_any_tier_are_named():
    said = predicate(2)
    more = said.tiers[0].null.model_copy(update={"matches": (6, 7, 8, 9, 6, 7)})
    said = said.model_copy(update={"tiers": (said.tiers[0].model_copy(update={"null": more}), said.tiers[1])})
    assert "from 4 independent models of the owner" in said_of(grounds(registration=said))


def test_few_references_speak_under_an_assumption_and_many_without():
    words = "have to be taken to be normal on the logit scale"
    assert words in said_of(grounds())
    said = predicate()
    many = said.tiers[0].null.model_copy(update={"matches": tuple(range(10))})
    tiers = (said.tiers[0].model_copy(update={"null": many}),)
    assert words not in said_of(grounds(registration=said.model_copy(update={"tiers": tiers})))


def test_what_the_mark_says_against_its_limits_is_said_again():
    doubtful = predicate(doubts=("Two references answer alike.",))
    assert "By the registration: Two references answer alike." in said_of(grounds(registration=doubtful))
    assert "By the registration" not in said_of(grounds())


def test_the_judges_own_models_say_as_much_as_their_number_allows():
    words = said_of(grounds(ASKED, 4, 5, 6))
    assert f"the suspect matches {ASKED}, the judge's 3 independent models 4 and 5 and 6" in words
    assert "at most 25 %" in words
    tied = said_of(grounds(LIMIT, 4, LIMIT, LIMIT))
    assert "at most 75 %" in tied
    assert "independent models" not in said_of(grounds(independents=(), registration=predicate(2))).split("k times")[1]


def audited(**found):
    """What changes where all triggers were made anew."""
    return {"word": replace(WORD, audit=AuditRecord(triggers=24, **found))}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "which the registration names by its digest"),
        ({}, "That the labels of the hold-out items are right is the owner's word"),
        ({}, "give --mark and --holdout"),
        (audited(relabelled=None, proxies=None), "made all 24 triggers anew"),
        (audited(relabelled=23, proxies=4), "23 labels given, 4 noisy copies agreeing"),
        ({"bases": (examined("base 1", 5),)}, "Base 1 (a model), which source or suspect may come from, matches 5 of"),
    ],
)
def test_what_was_asked_of_whom_is_said(changes, words):
    assert words in said_of(grounds(**changes))


def test_lineage_is_not_theft_and_ancestors_look_alike():
    assert meaning(grounds())[-1] == LINEAGE
    assert "common ancestor" in LINEAGE
    assert "not about theft" in LINEAGE
