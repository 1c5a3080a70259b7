"""One model given twice is noticed, under any name and in any format; different models are not taken for one."""

from __future__ import annotations

from itertools import combinations
from zlib import crc32

import numpy as np
import pytest

from populations import CLASSES, COLUMNS, DATA, source, thieves, twin, twins
from tellmark.api import mark
from tellmark.candidates.choosing import candidate_source
from tellmark.errors import InvalidInput
from tellmark.models.base import Answers, ModelInfo
from tellmark.randomness import seed_from_int
from tellmark.triggers.journal import Accepted
from tellmark.triggers.panel import Panelist
from tellmark.triggers.sameness import (
    CONTESTED,
    SAME_PROBABILITY,
    UNDECIDED,
    Portrait,
    pairs_alike,
    pairs_unclear,
    portrait_of,
)
from toys import texts

QUICK = {"n": 10, "proxies": 2, "sigma": 0.02, "tau": None, "seed": 7, "fresh": 2}


class InAnotherFormat:
    """The same function without a digest, its scores in another form."""

    def __init__(self, model, form="rounded"):
        self.info = ModelInfo("other-format", None)
        self._model, self._form = model, form

    def query(self, batch):
        answers = self._model.query(batch)
        if self._form == "labels":
            return Answers(answers.labels)
        if self._form == "rounded":
            noise = np.random.default_rng(len(batch)).normal(size=answers.scores.shape).astype(np.float32)
            return Answers(answers.labels, answers.scores * (1 + 1e-6 * noise))
        powers = np.exp(answers.scores - answers.scores.max(axis=1, keepdims=True))
        return Answers(answers.labels, powers / powers.sum(axis=1, keepdims=True))


def made(**settings):
    return mark(source(), DATA, **(QUICK | settings))


@pytest.mark.parametrize("form", ["rounded", "probabilities", "labels"])
def test_a_reference_in_another_format_is_noticed(form):
    again = Panelist("again.onnx", InAnotherFormat(twin(2), form))
    with pytest.raises(InvalidInput) as caught:
        made(references=[*twins(3), again])
    first, _, rest = str(caught.value).partition(" answers all of 400 candidates as ")
    second = rest.partition(" does: are they one model, given twice?")[0]
    assert {first, second} == {"again.onnx", "twin 2"}
    assert str(caught.value).endswith("give --accept-similar; else leave one of them out")


def test_two_functions_without_a_digest_are_noticed():
    both = [Panelist(name, InAnotherFormat(twin(2), "labels")) for name in ("one", "other")]
    with pytest.raises(InvalidInput, match="as one does|as other does"):
        made(references=[twins(1)[0], *both])


@pytest.mark.parametrize("form", ["rounded", "probabilities", "labels"])
def test_a_shadow_in_another_format_is_noticed_in_any_two_parts(form):
    students = thieves(4)
    student = Panelist("again", InAnotherFormat(students[0].model, form))
    reference = Panelist("again", InAnotherFormat(twin(1), form))
    for shadows in (
        {"distilled": [*students, student]},
        {"distilled": students, "fine-tuned": [student]},
        {"distilled": [*students, reference]},
    ):
        with pytest.raises(InvalidInput, match=r"again answers all of 400 candidates as (thief|twin) 1 does"):
            made(references=twins(3), shadows=shadows)


@pytest.mark.parametrize("form", ["rounded", "labels"])
def test_a_student_that_is_the_source_is_noticed(form):
    student = Panelist("mine", InAnotherFormat(source(), form))
    with pytest.raises(InvalidInput, match="mine answers all of 400 candidates as the source does"):
        made(references=twins(3), shadows={"distilled": [*thieves(2), student]})


def test_its_owners_word_lets_it_in_and_stands_in_the_mark():
    again = Panelist("again", InAnotherFormat(twin(2)))
    record = made(references=[*twins(3), again], accept_similar=True).public.references.independence
    assert (record.alike, record.similar, record.accepted) == (1, 0, True)


def test_copies_that_give_labels_only_may_agree():
    """Those that keep the weights answer alike by nature: two of them, or one and the source, show nothing."""
    copies = [Panelist(name, InAnotherFormat(source(), "labels")) for name in ("int8", "pruned")]
    record = made(references=twins(3), shadows={"quantised": copies}).public.references.independence
    assert (record.alike, record.unclear, record.accepted) == (0, 3, False)


class Counting:
    """Sorts texts by their length, and some of them in a way of its own."""

    def __init__(self, number):
        self.info = ModelInfo("counting", None)
        self._number = number

    def query(self, batch):
        own = np.array([self._number and crc32(text.encode()) % 4 == 0 for text in batch])
        return Answers((np.array([len(text) for text in batch]) + own) % 3)


def test_little_data_that_tells_no_labels_apart_is_said():
    """Two functions that give labels only are one, and the few answers that the source does not share hide it."""
    data = texts(8, classes=3, seed=4)
    both = [Panelist(name, InAnotherFormat(Counting(1), "labels")) for name in ("one", "other")]
    each = mark(Counting(0), data, n=2, proxies=0, seed=1, references=both, recipes=["paper"], reuse_items=True)
    record = each.public.references.independence
    assert 0 < record.candidates * (1 - max(record.agreements)) < CONTESTED
    assert (record.checked, record.alike, record.unclear) == (True, 0, 1)


def portraits(models, count=400, *, labels_only=False):
    candidates = candidate_source("mixup-and-errors", DATA, seed_from_int(3))
    draws = candidates.draw(0, 3 * count).take(np.arange(count))
    labels = source().query(candidates.make(draws)).labels
    asked = Accepted(draws.indices, draws.items, labels, np.arange(count).astype(np.uint64))
    given = [InAnotherFormat(one, "labels") if labels_only else one for one in models]
    return [portrait_of(str(number), one.query, candidates, asked) for number, one in enumerate(given)]


@pytest.mark.parametrize("labels_only", [False, True])
def test_of_many_different_models_none_are_taken_for_one(labels_only):
    """Twins that share all they were trained on, students of one source: 3160 pairs."""
    models = [*map(twin, range(1, 41)), *(one.model for one in thieves(40))]
    assert pairs_alike(portraits(models, labels_only=labels_only)) == []


def test_different_models_that_often_agree_are_seldom_taken_for_one():
    """Labels only, and nine of ten candidates answered alike by any two: of 2016 pairs not one."""
    n, models, rng = 400, 64, np.random.default_rng(5)
    common, own = rng.integers(0, 9, n), rng.integers(0, 9, (models, n))
    labels = np.where(rng.random((models, n)) < 0.95, common, own)
    assert np.mean(labels[0] == labels[1]) > 0.85
    assert pairs_alike([Portrait(str(number), row, None) for number, row in enumerate(labels)]) == []


def two_of(labels, other, *, probabilities=(None, None), theft_class=None):
    """What two with the same labels are said to be to each other, beside a third model."""
    both = [Portrait(name, labels, each, theft_class) for name, each in zip("ab", probabilities, strict=True)]
    portraits = [*both, Portrait("c", other, None)]
    alike, unclear = (tuple(both) in of(portraits) for of in (pairs_alike, pairs_unclear))
    return {(True, False): "alike", (False, True): "unclear", (False, False): "different"}[alike, unclear]


@pytest.mark.parametrize(("contested", "alike"), [(CONTESTED - 1, "unclear"), (CONTESTED, "alike")])
def test_so_many_labels_must_be_contested(contested, alike):
    labels = np.zeros(400, dtype=np.int64)
    other = (np.arange(400) < contested).astype(np.int64)
    assert two_of(labels, other) == alike
    assert two_of(labels, other, theft_class="copy") == "unclear"
    assert two_of(labels, other, theft_class="distilled") == alike


@pytest.mark.parametrize(
    ("undecided", "apart", "alike"),
    [(UNDECIDED, 0.9, "alike"), (UNDECIDED, 1.1, "different"), (0, 0.9, "unclear"), (0, 1.1, "different")],
)
def test_probabilities_decide_where_some_are_undecided(undecided, apart, alike):
    labels = np.zeros(400, dtype=np.int64)
    first = np.where(np.arange(400) < undecided, 0.6, 1.0)
    second = first - SAME_PROBABILITY * apart
    assert two_of(labels, labels, probabilities=(first, second)) == alike
    assert two_of(labels, labels, probabilities=(first, second), theft_class="copy") == alike


def test_one_answer_that_differs_tells_models_apart():
    labels = np.zeros(400, dtype=np.int64)
    differing = labels.copy()
    differing[7] = 1
    portraits = [Portrait("a", labels, None), Portrait("b", differing, None), Portrait("c", labels + 2, None)]
    assert pairs_alike(portraits) == pairs_unclear(portraits) == []


def test_the_populations_are_what_they_are_said_to_be():
    """Else the tests above would show nothing: twins often agree, and give scores."""
    first, second = portraits([twin(1), twin(2)])
    assert 0.2 < (first.labels == second.labels).mean() < 0.95
    assert first.probabilities is not None
    assert (first.probabilities < 0.999).sum() > 100
    assert len({crc32(each.labels.tobytes()) for each in portraits(map(twin, range(1, 9)))}) == 8
    assert all(one.info.digest != other.info.digest for one, other in combinations(map(twin, range(1, 9)), 2))
    assert twin(1).weights.shape == (COLUMNS, CLASSES)
