"""Verifying: what is asked, what comes of it, and how it fails."""

import dataclasses

import numpy as np
import pytest

from tellmark.errors import InvalidInput, Mismatch, ModelError
from tellmark.models.base import Answers, ModelInfo
from tellmark.statistics.bounds import proportion_interval
from tellmark.statistics.finite_population import count_interval
from tellmark.verification.asking import SLICE
from tellmark.verification.session import verify


@pytest.fixture
def mark(make_mark):
    return make_mark(300)


def test_the_source_itself_matches_every_trigger(mark, rote):
    result = verify(mark, rote(mark, 300))
    assert (result.matches, result.queries, result.triggers, result.rate) == (300, 300, 300, 1.0)
    assert result.interval == proportion_interval(300, 300)
    assert result.matching == (300, 300)
    assert result.verdict == "inconclusive"
    assert result.p_value is None


def test_matches_are_counted_whatever_the_order(mark, rote):
    results = [verify(mark, rote(mark, 217), order_seed=seed) for seed in (1, 2, None)]
    assert [result.matches for result in results] == [217, 217, 217]


def test_each_trigger_is_asked_once_and_never_more_than_the_budget(mark, rote):
    for budget in (1, SLICE - 1, SLICE, SLICE + 1, 299, 300, 5000):
        suspect = rote(mark, 300)
        result = verify(mark, suspect, max_queries=budget)
        assert result.queries == len(suspect.asked) == len(set(suspect.asked)) == min(budget, 300)
        assert result.matching == count_interval(result.matches, result.queries, population=300)


def test_the_order_is_shuffled_fresh_each_time_and_repeated_on_demand(mark, rote):
    first, second, again = rote(mark, 300), rote(mark, 300), rote(mark, 300)
    result = verify(mark, first, max_queries=50)
    verify(mark, second, max_queries=50)
    verify(mark, again, max_queries=50, order_seed=result.order_seed)
    assert first.asked != list(range(50))
    assert first.asked != second.asked
    assert first.asked == again.asked


def test_the_same_settings_give_the_same_result(mark, rote):
    one, other = (verify(mark, rote(mark, 200), null_rate=0.5, max_queries=60, order_seed=4) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("matching", "verdict"), [(300, "supports"), (151, "supports"), (150, "does not support"), (0, "does not support")]
)
def test_a_null_rate_with_every_trigger_asked_decides(mark, rote, matching, verdict):
    result = verify(mark, rote(mark, matching), null_rate=0.5)
    assert result.verdict == verdict
    assert result.p_value == (0 if verdict == "supports" else 1)


def test_a_small_budget_may_decide_or_not(mark, rote):
    assert verify(mark, rote(mark, 300), null_rate=0.5, max_queries=12).verdict == "supports"
    assert verify(mark, rote(mark, 0), null_rate=0.5, max_queries=12).verdict == "does not support"
    assert verify(mark, rote(mark, 300), null_rate=0.5, max_queries=3).verdict == "inconclusive"


def test_a_suspect_with_its_classes_in_another_order_is_understood(mark, rote):
    suspect = rote(mark, 250, classes=("owl", "cat", "fox", "dog"))
    assert verify(mark, suspect).matches == 250


def test_a_suspect_without_class_names_is_taken_in_the_marks_order(mark, rote):
    assert verify(mark, rote(mark, 250, classes=None)).matches == 250


def test_a_suspect_with_other_classes_is_refused_before_it_is_asked(mark, rote):
    suspect = rote(mark, 300, classes=("cat", "dog", "fox", "owl", "yak"))
    with pytest.raises(Mismatch):
        verify(mark, suspect)
    assert suspect.asked == []


def test_a_suspect_that_answers_classes_the_mark_does_not_name_is_refused(mark):
    class Wider:
        info = ModelInfo(kind="wider")

        def query(self, batch):
            return Answers(np.full(len(batch), 7))

    with pytest.raises(Mismatch, match="4 classes"):
        verify(mark, Wider())


def test_scores_are_ignored(mark, rote):
    class Boastful(rote):
        def query(self, batch):
            labels = super().query(batch).labels
            return Answers(labels, scores=np.eye(4, dtype=np.float32)[(labels + 1) % 4])

    assert verify(mark, Boastful(mark, 300)).matches == 300


def test_progress_moves_slice_by_slice(mark, rote):
    told = []
    verify(mark, rote(mark, 300), progress=lambda *step: told.append(step))
    assert told == [("verify", done, 300) for done in (0, SLICE, 2 * SLICE, 300)]


def test_no_more_than_a_slice_is_asked_at_a_time(mark, rote):
    sizes = []

    class Counting(rote):
        def query(self, batch):
            sizes.append(len(batch))
            return super().query(batch)

    verify(mark, Counting(mark, 300))
    assert max(sizes) == SLICE


def test_a_suspect_for_other_inputs_is_refused_in_one_sentence(mark):
    class Narrow:
        info = ModelInfo(kind="narrow")

        def query(self, batch):
            raise ModelError(f"the network takes 3 channels, not {batch.shape[-1]}.")

    with pytest.raises(Mismatch) as caught:
        verify(mark, Narrow())
    assert str(caught.value).startswith(
        "the suspect did not answer the mark's inputs (images 1×4×1, uint8): the network takes 3 channels, not 1. Check"
    )


@pytest.mark.parametrize("error", [ModelError("the server hung up"), ConnectionError("gone")])
def test_a_suspect_that_fails_midway_raises_its_own_error(mark, rote, error):
    class Tired(rote):
        def query(self, batch):
            if self.asked:
                raise error
            return super().query(batch)

    with pytest.raises(type(error)) as caught:
        verify(mark, Tired(mark, 300))
    assert caught.value is error


@pytest.mark.parametrize("labels", [np.zeros(3, dtype=np.int64), np.zeros((SLICE, 4))])
def test_a_suspect_that_gives_other_than_one_answer_each_is_refused(mark, labels):
    class Odd:
        info = ModelInfo(kind="odd")

        def query(self, batch):
            self.last = batch
            return Answers(labels)

    with pytest.raises((Mismatch, ModelError)):
        verify(mark, Odd())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"null_rate": 1.0}, "null rate"),
        ({"null_rate": -0.1}, "null rate"),
        ({"max_queries": 0}, "budget"),
        ({"alpha": 0.6}, "alpha"),
        ({"alpha": 0.0}, "alpha"),
        ({"confidence": 95}, "confidence"),
        ({"order_seed": -1}, "order seed"),
    ],
)
def test_bad_settings_are_refused_before_a_query_is_spent(mark, rote, settings, message):
    suspect = rote(mark, 300)
    with pytest.raises(InvalidInput, match=message):
        verify(mark, suspect, **settings)
    assert suspect.asked == []


def test_a_suspect_that_answers_no_queries_is_refused(mark):
    with pytest.raises(InvalidInput, match="a dict answers no queries"):
        verify(mark, {})


def test_a_given_order_is_said_where_chance_is_left(mark, rote):
    partial = verify(mark, rote(mark, 5), max_queries=4, order_seed=1)
    assert partial.order_given
    assert any("order of asking was given" in reason for reason in partial.reasons)
    for settings in ({"max_queries": 4}, {"order_seed": 1}):
        found = verify(mark, rote(mark, 5), **settings)
        assert not any("order of asking was given" in reason for reason in found.reasons)


def test_triggers_that_share_items_make_the_interval_too_narrow(mark, rote):
    reused = mark.public.recipe.candidates.model_copy(update={"reuse_items": True})
    recipe = mark.public.recipe.model_copy(update={"candidates": reused})
    shared = dataclasses.replace(mark, public=mark.public.model_copy(update={"recipe": recipe}))
    assert any("too narrow" in reason for reason in verify(shared, rote(mark, 5)).reasons)
    assert not any("too narrow" in reason for reason in verify(mark, rote(mark, 5)).reasons)
