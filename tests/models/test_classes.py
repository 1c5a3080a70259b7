"""Answers in a given order of classes, or a sentence on why they cannot be."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import Mismatch
from tellmark.models.base import Answers, ModelInfo, Parameter, PerturbableModel
from tellmark.models.classes import aligned
from tellmark.models.loading import load_model

repeatable = settings(derandomize=True, deadline=None)

ROWS = np.random.default_rng(0).normal(size=(20, 3))


class Fixed:
    """Answers with the columns of its input."""

    def __init__(self, classes=None, *, labels_only=False):
        self.info = ModelInfo("fixed", classes=classes)
        self.labels_only = labels_only

    def query(self, batch):
        scores = batch.astype(np.float32)
        return Answers(scores.argmax(axis=1), None if self.labels_only else scores)


class Noisy(Fixed):
    """Noise on its one parameter is added to its scores."""

    parameters = (Parameter("shift", (3,), 1.0),)

    @contextmanager
    def perturbed(self, noise):
        shift = noise(self.parameters[0], 0, 3)
        yield load_model(lambda batch: batch + shift)


@repeatable
@given(st.permutations(["a", "b", "c"]), st.permutations(["a", "b", "c"]), st.booleans())
def test_an_input_keeps_the_name_of_its_class(own, wanted, labels_only):
    model = Fixed(tuple(own), labels_only=labels_only)
    turned = aligned(model, wanted)
    before, after = model.query(ROWS), turned.query(ROWS)
    assert turned.info.classes == tuple(wanted)
    assert [own[label] for label in before.labels] == [wanted[label] for label in after.labels]
    if not labels_only:
        for position, name in enumerate(wanted):
            assert (after.scores[:, position] == before.scores[:, own.index(name)]).all()


@pytest.mark.parametrize(
    ("own", "wanted", "reason"),
    [
        (("a", "b"), ("a", "b", "c"), "it does not know 'c'$"),
        (("a", "b", "c"), ("a", "b"), "it also knows 'c'$"),
        (("a", "x"), ("a", "b"), "it does not know 'b', and it also knows 'x'$"),
        (("a", "b"), tuple("cdefgh"), "'c', 'd', 'e' and 3 more"),
    ],
)
def test_other_classes_are_named(own, wanted, reason):
    with pytest.raises(Mismatch, match=reason):
        aligned(Fixed(own), wanted)


@pytest.mark.parametrize("names", ["ab", "abcd"])
def test_unnamed_classes_are_counted_at_the_first_answer(names):
    model = aligned(Fixed(), tuple(names))
    with pytest.raises(Mismatch, match=f"answers 3 classes, the data or mark names {len(names)}"):
        model.query(ROWS)


def test_unnamed_labels_must_fit():
    model = aligned(Fixed(labels_only=True), ("a", "b"))
    with pytest.raises(Mismatch, match="answers label 2"):
        model.query(ROWS)
    assert len(aligned(Fixed(labels_only=True), ("a", "b", "c")).query(ROWS)) == len(ROWS)


def test_only_a_perturbable_model_stays_one():
    assert not isinstance(aligned(Fixed(), ("a", "b", "c")), PerturbableModel)
    assert isinstance(aligned(Noisy(), ("a", "b", "c")), PerturbableModel)


def test_copies_are_aligned_too():
    model = aligned(Noisy(("a", "b", "c")), ("c", "a", "b"))
    with model.perturbed(lambda parameter, start, stop: np.float32([0, 90, 0])) as copy:
        assert (copy.query(ROWS).labels == 2).all()
        assert copy.info.classes == ("c", "a", "b")


def test_a_function_that_answers_names_learns_their_order():
    model = load_model(lambda batch: np.where(batch[:, 0] > 0, "yes", "no"))
    labels = aligned(model, ("no", "yes")).query(ROWS).labels
    assert (labels == (ROWS[:, 0] > 0)).all()


def test_the_wrapper_shows_what_it_wraps():
    model = load_model(brightest)
    assert repr(aligned(model, ("a", "b", "c"))) == repr(model) == "CallableModel(brightest)"


def brightest(batch):
    return batch
