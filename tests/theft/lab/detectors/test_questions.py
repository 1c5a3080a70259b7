"""A fixed set of questions: the null limit of a mark, the verdict of a verification."""

import numpy as np
import pytest

from populations import DATA, source, thief, twin
from tellmark.api import mark
from tellmark.errors import DataError, InvalidInput, Mismatch
from tellmark.models.base import Answers, ModelInfo
from tellmark.statistics.tolerance import upper_tolerance_limit
from tellmark.theft.lab.detectors.base import Prepared
from tellmark.theft.lab.detectors.questions import PreparedQuestions, Questions, calibrated, divided, drawn, standing
from tellmark.theft.lab.terms import TierTerms, terms_of
from tellmark.verification.tier_test import TierTest

ALPHA = 0.01
REFERENCES = [twin(number) for number in range(1, 9)]


class Scripted:
    """Answers a row by looking up its first column."""

    info = ModelInfo("toy")

    def __init__(self, answers):
        self.answers = np.asarray(answers, dtype=np.int64)

    def query(self, batch):
        return Answers(self.answers[batch[:, 0].astype(int)])


def numbered(count):
    """Questions 0 … count - 1, each to be answered with 1."""
    return Questions(np.arange(count, dtype=np.float64)[:, None], np.ones(count, dtype=np.int64))


def prepared(count, *, limit, alpha=ALPHA):
    return tiered(TierTest("toy", count, limit=limit), alpha=alpha)


def tiered(*tests, alpha=ALPHA):
    """Numbered questions in tiers that are tested so."""
    tiers = [TierTerms(name=one.name, questions=one.triggers, references=0, most_matches=one.limit) for one in tests]
    return PreparedQuestions(
        numbered(sum(one.triggers for one in tests)), tests, terms_of(tiers, alpha=alpha, beta=0.05)
    )


def source_questions(count=60):
    answers = source().query(DATA.inputs).labels
    errors = np.flatnonzero(answers != DATA.labels)[:count]
    return Questions(DATA.inputs[errors], answers[errors], DATA.classes)


def test_prepared_is_told_by_what_it_can_do():
    assert isinstance(prepared(10, limit=None), Prepared)


def test_score_is_the_share_of_all_questions_whatever_the_order():
    suspect = Scripted([1, 1, 1, 0] * 20)
    found = [prepared(80, limit=20).examine(suspect, seed=seed) for seed in range(5)]
    assert {one.score for one in found} == {0.75}
    assert len({one.queries for one in found}) > 1
    assert {one.verdict for one in found} == {"supports"}
    assert all(one.p_value <= ALPHA for one in found)


def test_a_model_that_matches_nothing_is_given_up_early():
    found = prepared(80, limit=20).examine(Scripted([0] * 80), seed=0)
    assert (found.score, found.verdict) == (0.0, "does not support")
    assert found.queries < 20


def test_without_a_limit_everything_is_asked_and_nothing_decided():
    found = prepared(10, limit=None).examine(Scripted([1] * 10), seed=0)
    assert (found.queries, found.verdict, found.p_value) == (10, "inconclusive", None)


def test_an_innocent_at_the_limit_is_claimed_no_more_often_than_promised():
    alpha, orders = 0.1, 100
    questions, innocent = prepared(40, limit=20, alpha=alpha), Scripted([1, 0] * 20)
    claims = sum(questions.examine(innocent, seed=seed).verdict == "supports" for seed in range(orders))
    assert claims <= orders * alpha + 3 * np.sqrt(orders * alpha * (1 - alpha))


def test_the_limit_is_the_tolerance_limit_of_the_calibration_references():
    questions = source_questions()
    found = calibrated(questions, name="toy", references=REFERENCES, alpha=ALPHA, seed=3)
    kept_back = divided(REFERENCES, seed=3).kept_back
    assert len(kept_back) == 4
    rates = [questions.matched_by(one.model).mean() for one in kept_back]
    assert found.tests[0].limit == upper_tolerance_limit(rates, triggers=60).matches_of(60)
    assert found.examine(thief(1, share=0.98), seed=0).score > max(rates)


def test_the_terms_say_what_the_limit_rests_on():
    questions = source_questions()
    found = calibrated(questions, name="toy", references=REFERENCES, alpha=ALPHA, seed=3)
    rates = [questions.matched_by(one.model).mean() for one in divided(REFERENCES, seed=3).kept_back]
    limit = upper_tolerance_limit(rates, triggers=60, content=0.95, confidence=0.95)
    (tier,) = found.terms.tiers
    assert (tier.questions, tier.references, tier.method) == (60, 4, "logit-normal")
    assert (tier.null_limit, tier.most_matches) == (limit.value, limit.matches_of(60))
    assert (tier.content, tier.confidence) == (0.95, 0.95)
    assert (found.terms.alpha, found.terms.beta, found.terms.shadows) == (ALPHA, 0.05, {})
    assert found.terms.false_claim_bound == pytest.approx(0.05 + 0.95 * ALPHA)


def test_without_a_limit_nobody_is_claimed_and_nothing_bounded():
    found = calibrated(source_questions(), name="toy", references=[], alpha=ALPHA, seed=3)
    assert found.terms.false_claim_bound is None


def test_several_tiers_are_one_test_and_rank_by_the_tier_that_stands_out():
    copies, students = TierTest("copy", 40, limit=30), TierTest("distilled", 40, limit=10)
    both = tiered(copies, students)
    student, innocent = (
        both.examine(Scripted([1] * 20 + [0] * 20 + [1] * matches + [0] * (40 - matches)), seed=0)
        for matches in (30, 8)
    )
    assert (student.verdict, innocent.verdict) == ("supports", "does not support")
    assert student.score == pytest.approx(0.5 + 0.5 * 20 / 30)
    assert student.matched == pytest.approx(50 / 80)
    assert innocent.score == pytest.approx(0.5 * 8 / 10)


@pytest.mark.parametrize(
    ("limit", "rate", "expected"), [(None, 0.5, 0.25), (40, 1.0, 0.5), (0, 0.0, 0.5), (0, 0.5, 0.75)]
)
def test_a_tier_without_a_limit_to_exceed_lifts_nobody_above_one_half(limit, rate, expected):
    assert standing(rate, TierTest("toy", 40, limit=limit)) == expected


@pytest.mark.parametrize("seed", [3, 4])
def test_the_same_references_calibrate_as_in_a_mark(seed):
    made = mark(source(), DATA, n=10, proxies=2, seed=seed, references=REFERENCES, recipes=("copy",), pool=40, tau=None)
    calibration = {one.digest for one in made.public.references.calibration}
    assert {one.identity for one in divided(REFERENCES, seed=seed).kept_back} == calibration


@pytest.mark.parametrize("count", [0, 1, 2])
def test_one_calibration_reference_makes_no_limit(count):
    found = calibrated(source_questions(), name="toy", references=REFERENCES[:count], alpha=ALPHA, seed=3)
    assert found.tests[0].limit is None


def test_labels_follow_the_names_of_the_suspects_classes():
    classes, order = ("a", "b"), ("b", "a")
    questions = Questions(np.zeros((3, 1)), np.zeros(3, dtype=np.int64), classes)
    renamed = Scripted([1])
    renamed.info = ModelInfo("toy", classes=order)
    assert questions.matched_by(renamed).all()


def test_a_suspect_of_other_classes_is_refused():
    questions = Questions(np.zeros((3, 1)), np.zeros(3, dtype=np.int64), ("a", "b"))
    stranger = Scripted([1])
    stranger.info = ModelInfo("toy", classes=("a", "c"))
    with pytest.raises(Mismatch, match="'c'"):
        questions.matched_by(stranger)


def test_items_are_drawn_without_repetition_and_the_seed_decides():
    one, same, other = (drawn(100, 30, seed=seed, purpose="toy") for seed in (1, 1, 2))
    assert len(set(one.tolist())) == 30
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert sorted(drawn(5, 30, seed=1, purpose="toy").tolist()) == [0, 1, 2, 3, 4]


def test_nothing_to_ask_is_refused():
    with pytest.raises(InvalidInput, match="asks nothing"):
        drawn(100, 0, seed=1, purpose="toy")
    with pytest.raises(DataError, match="without a question"):
        numbered(0)
    with pytest.raises(InvalidInput, match="2 questions cannot have 1 answers"):
        Questions(np.zeros((2, 1)), np.zeros(1, dtype=np.int64))


def test_questions_do_not_show_what_they_ask():
    assert repr(source_questions()) == f"Questions(classes={DATA.classes!r})"
