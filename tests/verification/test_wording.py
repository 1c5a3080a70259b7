"""The sentences: right numbers, and nothing about guilt."""

import pytest

from tellmark.verification.verdict import Counts, decide, queries_to_settle
from tellmark.verification.wording import (
    assumptions,
    at_most_percent,
    budget_ended,
    constant_answer,
    coverage,
    exact_outcome,
    headline,
    probability,
    turning_points,
    verdict_line,
)

VERDICTS = ("supports", "does not support", "inconclusive")


def found(counts, *, null_rate):
    decision = decide(counts, null_rate=null_rate, alpha=0.01)
    return exact_outcome(counts, decision, allowed_by=f"the null rate {null_rate:g}", alpha=0.01)


def test_headline():
    line = headline(Counts(97, 100, 100), interval=(0.9148, 0.9938), confidence=0.95)
    assert line == "97 of 100 triggers matched (97.0 %, 95 % interval 91.5-99.4 %), 100 queries"
    assert headline(Counts(1, 1, 9), interval=None, confidence=0.95) == "1 of 1 triggers matched (100.0 %), 1 query"


def test_coverage_tells_a_sample_from_the_whole():
    assert "97 of 100 is exact for this set" in coverage(Counts(97, 100, 100), matching=(97, 97), interval="so wide")
    part = coverage(Counts(19, 20, 100), matching=(78, 99), interval="so wide")
    assert part == "20 of 100 triggers were asked, in random order: between 78 and 99 of all 100 match (so wide)."


@pytest.mark.parametrize(
    ("counts", "null_rate", "sentence"),
    [
        (
            Counts(20, 20, 100),
            0.45,
            "If no more triggers matched than the 45 of 100 that the null rate 0.45 allows, 20 or more of 20 would",
        ),
        (Counts(97, 100, 100), 0.45, "97 triggers matched, more than the 45 of 100 that the null rate 0.45 allows."),
        (Counts(97, 100, 100), 0.97, "3 triggers did not match, so no more can match than the 97 of 100 that the"),
        (Counts(6, 9, 100), 0.05, "6 triggers matched, more than the 5 of 100"),
        (Counts(0, 60, 100), 0.45, "60 triggers did not match"),
        (
            Counts(2, 20, 100),
            0.45,
            "If more triggers matched than the 45 of 100 that the null rate 0.45 allows, 2 or f",
        ),
        (Counts(12, 16, 200), 0.5, "12 of 16 is compatible with no more triggers matching than the 100 of 200"),
    ],
)
def test_what_the_test_found(counts, null_rate, sentence):
    assert found(counts, null_rate=null_rate).startswith(sentence)


def test_a_probability_too_small_to_compute_is_bounded_not_zero():
    """Underflow is not certainty: 4000 of 4000 draws are possible if 5000 of 10 000 match."""
    assert "below 1e-300" in found(Counts(4000, 4000, 10_000), null_rate=0.5)
    assert probability(0.0) == "below 1e-300"


def test_a_bound_is_rounded_up():
    assert [at_most_percent(share) for share in (0.0595, 0.05951, 0.29, 1.0)] == ["6 %", "6 %", "29 %", "100 %"]
    assert at_most_percent(0.15850001) == "15.9 %"


def test_how_many_more_queries_would_have_settled_it():
    more = queries_to_settle(Counts(12, 16, 200), null_rate=0.5, alpha=0.01) - 16
    said = budget_ended(Counts(12, 16, 200), null_rate=0.5, alpha=0.01)
    assert said.startswith("The budget ended at 16 of 200 triggers. ")
    assert f"about {more} more queries" in said


@pytest.mark.parametrize(
    ("counts", "commonest_label", "worth_saying"),
    [
        (Counts(60, 100, 100), 30, True),
        (Counts(61, 100, 100), 30, False),
        (Counts(12, 20, 100), 30, True),
        (Counts(13, 20, 100), 30, False),
        (Counts(0, 20, 100), 30, False),
        (Counts(0, 0, 100), 30, False),
    ],
)
def test_what_a_constant_answer_would_match_is_said_where_it_is_half_of_what_matched(
    counts, commonest_label, worth_saying
):
    sentence = "A model that gives one answer to everything would match up to 30 of the 100 triggers."
    assert constant_answer(counts, commonest_label) == ((sentence,) if worth_saying else ())


def test_one_trigger_is_no_triggers():
    assert constant_answer(Counts(1, 1, 1), 1)[0].endswith("up to 1 of the 1 trigger.")


def test_the_turning_points():
    assert turning_points(Counts(15, 30, 50), alpha=0.01) == (
        "At alpha 0.01 these counts give 'supports' for any null rate below 0.36 "
        "and 'does not support' for any of 0.64 or more."
    )


@pytest.mark.parametrize(("matches", "possible"), [(0, "'does not support' for"), (1, "'supports' for")])
def test_one_answer_points_one_way(matches, possible):
    said = turning_points(Counts(matches, 1, 100), alpha=0.01)
    assert said.startswith(f"At alpha 0.01 these counts give {possible}")
    assert " and " not in said


@pytest.mark.parametrize(("order_given", "items_reused"), [(False, False), (True, False), (False, True), (True, True)])
def test_what_is_taken_for_granted(order_given, items_reused):
    said = " ".join(assumptions(order_given=order_given, items_reused=items_reused))
    assert ("order of asking was given" in said) == order_given
    assert ("too narrow" in said) == items_reused


@pytest.mark.parametrize(
    ("names", "words"), [(("copy",), "by choice: tier copy."), (("copy", "derived"), "by choice: tiers copy, derived.")]
)
def test_tiers_left_out_are_named(names, words):
    (said,) = assumptions(order_given=False, items_reused=False, left_out=names)
    assert words in said


def test_each_verdict_has_a_line():
    lines = {verdict: verdict_line(verdict) for verdict in VERDICTS}
    assert all(line.startswith(f"Verdict: {verdict} - ") for verdict, line in lines.items())
    assert "consistent with being derived from the source model" in lines["supports"]
