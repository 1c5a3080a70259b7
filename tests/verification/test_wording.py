"""The sentences: right numbers, the caveats that belong to each verdict, and nothing about guilt."""

import re

import pytest

from tellmark.verification.verdict import Counts, decide, queries_to_settle
from tellmark.verification.wording import coverage, headline, reasons, verdict_line

VERDICTS = ("supports", "does not support", "inconclusive")


def said(counts, *, null_rate, alpha=0.01, commonest_label=0):
    decision = decide(counts, null_rate=null_rate, alpha=alpha)
    sentences = reasons(counts, decision, null_rate=null_rate, alpha=alpha, commonest_label=commonest_label)
    return decision.verdict, sentences


def test_headline():
    line = headline(Counts(97, 100, 100), interval=(0.9148, 0.9938), confidence=0.95)
    assert line == "97 of 100 triggers matched (97.0 %, 95 % interval 91.5-99.4 %), 100 queries"
    assert headline(Counts(1, 1, 9), interval=(0.025, 1.0), confidence=0.95).endswith(", 1 query")


def test_coverage_tells_a_sample_from_the_whole():
    assert "97 of 100 is exact for this set" in coverage(Counts(97, 100, 100), matching=(97, 97), confidence=0.95)
    part = coverage(Counts(19, 20, 100), matching=(78, 99), confidence=0.9)
    assert "20 of the mark's 100 triggers" in part
    assert "between 78 and 99 of all 100 match (90 % interval)" in part


def test_without_a_null_rate_it_says_what_was_not_measured_and_what_to_do():
    verdict, sentences = said(Counts(100, 100, 100), null_rate=None)
    text = " ".join(sentences)
    assert verdict == "inconclusive"
    assert "not measured" in text
    assert "--null-rate" in text
    assert "can both match highly" in text
    assert "'supports' for any null rate below 1" in text


def test_supports_gives_the_test_and_what_the_null_rate_is_worth():
    verdict, sentences = said(Counts(20, 20, 100), null_rate=0.45)
    text = " ".join(sentences)
    assert verdict == "supports"
    assert (
        "If no more triggers matched than the 45 of 100 that the null rate 0.45 allows, 20 or more of 20 would" in text
    )
    assert "(alpha 0.01)" in text
    assert "stated, not measured" in text
    assert "upper limit over models, not their mean" in text
    assert "fixed beforehand" in text


@pytest.mark.parametrize(
    ("null_rate", "why"),
    [
        (0.45, "97 triggers matched, more than the 45 of 100 that the null rate 0.45 allows."),
        (0.97, "3 triggers did not match, so no more can match than the 97 of 100 that the null rate 0.97 allows."),
    ],
)
def test_with_every_trigger_asked_chance_and_budget_are_not_spoken_of(null_rate, why):
    _, sentences = said(Counts(97, 100, 100), null_rate=null_rate)
    assert sentences[0] == why
    assert not any("probability" in sentence or "budget" in sentence for sentence in sentences)


def test_enough_seen_is_certain_before_every_trigger_is_asked():
    assert said(Counts(6, 9, 100), null_rate=0.05)[1][0].startswith("6 triggers matched, more than the 5 of 100")
    assert said(Counts(0, 60, 100), null_rate=0.45)[1][0].startswith("60 triggers did not match")


def test_does_not_support_is_no_acquittal():
    verdict, sentences = said(Counts(2, 20, 100), null_rate=0.45)
    assert verdict == "does not support"
    assert "If more triggers matched than the 45 of 100" in sentences[0]
    assert "2 or fewer of 20 would match" in sentences[0]
    assert any("does not show that the suspect is independent" in sentence for sentence in sentences)


def test_inconclusive_says_that_the_budget_ended_and_how_many_more():
    verdict, sentences = said(Counts(12, 16, 200), null_rate=0.5)
    assert verdict == "inconclusive"
    assert "12 of 16 is compatible with no more triggers matching than the 100 of 200" in sentences[0]
    more = re.search(r"budget ended at 16 of 200 triggers\. .* about (\d+) more queries", " ".join(sentences))
    assert more is not None
    assert int(more[1]) == queries_to_settle(Counts(12, 16, 200), null_rate=0.5, alpha=0.01) - 16


@pytest.mark.parametrize("null_rate", [None, 0.3, 0.9])
@pytest.mark.parametrize(
    ("counts", "commonest_label", "worth_saying"),
    [
        (Counts(60, 100, 100), 30, True),
        (Counts(61, 100, 100), 30, False),
        (Counts(12, 20, 100), 30, True),
        (Counts(13, 20, 100), 30, False),
        (Counts(0, 20, 100), 30, False),
    ],
)
def test_what_a_constant_answer_would_match_is_said_where_it_is_half_of_what_matched(
    counts, commonest_label, worth_saying, null_rate
):
    _, sentences = said(counts, null_rate=null_rate, commonest_label=commonest_label)
    sentence = "A model that gives one answer to everything would match up to 30 of the 100 triggers."
    assert (sentence in sentences) == worth_saying


def test_one_trigger_is_no_triggers():
    _, sentences = said(Counts(1, 1, 1), null_rate=None, commonest_label=1)
    assert any(sentence.endswith("up to 1 of the 1 trigger.") for sentence in sentences)


def test_the_turning_points_close_the_reasons():
    for null_rate in (None, 0.3, 0.9):
        _, sentences = said(Counts(15, 30, 50), null_rate=null_rate)
        assert sentences[-1] == (
            "At alpha 0.01 these counts give 'supports' for any null rate below 0.36 "
            "and 'does not support' for any of 0.64 or more."
        )


@pytest.mark.parametrize(("matches", "possible"), [(0, "'does not support' for"), (1, "'supports' for")])
def test_one_answer_points_one_way(matches, possible):
    _, sentences = said(Counts(matches, 1, 100), null_rate=None)
    assert sentences[-1].startswith(f"At alpha 0.01 these counts give {possible}")
    assert " and " not in sentences[-1]


def test_a_probability_too_small_to_compute_is_bounded_not_zero():
    """Underflow is not certainty: 4000 of 4000 draws are possible if 5000 of 10 000 match."""
    verdict, sentences = said(Counts(4000, 4000, 10_000), null_rate=0.5)
    assert verdict == "supports"
    assert "below 1e-300" in sentences[0]


@pytest.mark.parametrize("null_rate", [None, 0.0, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("counts", [Counts(0, 10, 50), Counts(15, 30, 50), Counts(30, 30, 50), Counts(50, 50, 50)])
def test_lineage_not_guilt(counts, null_rate):
    verdict, sentences = said(counts, null_rate=null_rate)
    text = " ".join((verdict_line(verdict), *sentences)).lower()
    for word in ("guilt", "thief", "theft", "steal", "proof", "proves", "proven"):
        assert word not in text


def test_each_verdict_has_a_line():
    lines = {verdict: verdict_line(verdict) for verdict in VERDICTS}
    assert all(line.startswith(f"Verdict: {verdict} - ") for verdict, line in lines.items())
    assert "consistent with being derived from the source model" in lines["supports"]
