"""The sentences follow from the figures, and say what cannot be told."""

import pytest

from planned_marks import public_of, tier
from tellmark.demo.remarks import remarks
from tellmark.demo.result import Row
from tellmark.verification.result import TierResult, Verification

MARK = public_of(tier("copy", 100, references=(40, 44, 46, 50)), tier("distilled", 10, references=(3, 9)))
INNOCENT, STOLEN = "does not support", "supports"


def verification(verdict, queries):
    asked = TierResult(
        recipe="copy",
        triggers=100,
        queries=queries,
        matches=queries,
        rate=1.0,
        interval=None,
        matching=(queries, 100),
        limit=61,
        limit_from="mark",
        claim=None,
        e_value=1.0,
        given_up=False,
    )
    return Verification(
        method="sequential",
        triggers=100,
        queries=queries,
        matches=queries,
        confidence=0.95,
        tiers=(asked,),
        null_rate=None,
        alpha=0.01,
        beta=0.05,
        e_value=1.0,
        p_value=1.0,
        p_value_opposite=None,
        false_claim_bound=0.0595,
        verdict=verdict,
        reasons=(),
        recipe_digests=("sha256:0",),
        model_digest=None,
        order_seed=0,
        order_given=False,
    )


def row(name, kind, verdict, *, accuracy=0.98, queries=12):
    return Row(name, kind, "made by hand", accuracy, verification(verdict, queries))


def said(*rows):
    return " ".join(remarks((row("source", "source", STOLEN), *rows), MARK))


TWIN = row("twin 1", "twin", INNOCENT)


def test_what_the_references_showed_and_where_they_were_too_few():
    text = said(TWIN)
    assert (
        "4 references, which owe the source nothing, matched 40 to 50 of the 100 triggers of the tier copy; one" in text
    )
    assert "matched 3 to 9 of the 10 triggers of the tier distilled: too few to say" in text


def test_references_that_were_not_kept_back_showed_nothing():
    text = " ".join(remarks((row("source", "source", STOLEN), TWIN), public_of(tier("paper", 100))))
    assert "How often innocent networks match the 100 triggers of the tier paper was not measured." in text


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (STOLEN, "The int8 copy was told from innocent networks by its answers to 12 questions."),
        (INNOCENT, "The int8 copy matched too rarely to be told from innocent networks; that was clear after 12 quest"),
        ("inconclusive", "The int8 copy could not be told from innocent networks with 12 questions."),
    ],
)
def test_each_verdict_on_a_thief_has_its_sentence(verdict, sentence):
    assert sentence in said(row("int8 copy", "thief", verdict), TWIN)


def test_a_verdict_against_a_twin_is_owned_up_to():
    assert "The twin was not taken for derived from the source." in said(TWIN)
    accused = said(TWIN, row("twin 2", "twin", STOLEN), row("twin 3", "twin", INNOCENT))
    assert "Wrongly taken for derived from the source: twin 2." in accused
    assert "not taken" not in accused
    assert "at most 6 % of networks like the references are so taken" in accused


def test_loss_of_accuracy_is_told():
    broken = row("pruned copy", "thief", INNOCENT, accuracy=0.455)
    kept = row("int8 copy", "thief", STOLEN, accuracy=0.97)
    assert said(broken, kept, TWIN).count("This theft cost accuracy") == 1
    assert "45.5 % against the source's 98.0 %" in said(broken, TWIN)


def test_one_question_is_no_questions():
    assert "answers to 1 question." in said(row("copy", "thief", STOLEN, queries=1), TWIN)
