"""Raw outputs become answers, or an error that says what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tellmark.errors import InvalidInput, ModelError
from tellmark.models.answers import (
    answers_from_array,
    answers_from_labels,
    answers_from_scores,
    first_line,
    is_out_of_memory,
    refusal_named,
)

repeatable = settings(derandomize=True, deadline=None)

FINITE = st.floats(-(2.0**100), 2.0**100, width=32)


@repeatable
@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(2, 5)), elements=FINITE))
def test_the_label_is_the_first_of_the_highest_scores(scores):
    answers = answers_from_scores(scores, asked=len(scores), model="m")
    for label, row in zip(answers.labels, scores, strict=True):
        assert row[label] == row.max()
        assert (row[:label] < row.max()).all()


def test_ties_go_to_the_lowest_class():
    assert answers_from_scores(np.array([[0.2, 0.4, 0.4]]), asked=1, model="m").labels.tolist() == [1]


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.zeros(3), "array \\(3,\\)"),
        (np.zeros((2, 3)), "array \\(2, 3\\)"),
        (np.zeros((3, 2, 2)), "array \\(3, 2, 2\\)"),
        (np.zeros((3, 1)), "one number per input"),
        (np.zeros((3, 0)), "one number per input"),
        (np.array([[0, 1], [np.nan, 1], [1, np.inf]]), "2 of 3 inputs with NaN or infinite"),
        (np.array([[0, 1e300]] * 3), "NaN or infinite"),  # too large for float32
    ],
)
def test_bad_scores(scores, reason):
    with pytest.raises(ModelError, match=reason):
        answers_from_scores(scores, asked=3, model="m")


@pytest.mark.parametrize("labels", [np.array([2, 0]), np.array(["c", "a"]), np.array(["c", "a"], dtype=object)])
def test_labels_as_numbers_or_names(labels):
    answers = answers_from_labels(labels, asked=2, model="m", classes=("a", "b", "c"))
    assert answers.labels.tolist() == [2, 0]
    assert answers.labels.dtype == np.int64
    assert answers.scores is None


@pytest.mark.parametrize(
    ("labels", "classes", "reason"),
    [
        (np.array([0]), None, "\\(1,\\), not \\(2,\\)"),
        (np.array([0, -1]), None, "negative label -1"),
        (np.array([0, 3]), ("a", "b", "c"), "label 3, but has classes 0 to 2"),
        (np.array(["a", "z"]), ("a", "b"), "'z', which is none of its 2 classes"),
        (np.array(["a", "b"]), None, "classes=a,b,c"),
        (np.array([0.0, 1.0]), None, "float64"),
        (np.array([None, "a"]), ("a", "b"), "object"),
    ],
)
def test_bad_labels(labels, classes, reason):
    with pytest.raises(ModelError, match=reason):
        answers_from_labels(labels, asked=2, model="m", classes=classes)


def test_two_axes_are_scores_and_one_is_labels():
    assert answers_from_array(np.array([[0, 2], [3, 1]]), asked=2, model="m", classes=None).labels.tolist() == [1, 0]
    assert answers_from_array(np.array([0, 2]), asked=2, model="m", classes=None).labels.tolist() == [0, 2]


def test_what_a_framework_raises_becomes_a_sentence():
    with pytest.raises(ModelError) as caught, refusal_named("m", np.zeros((2, 3))):
        raise RuntimeError("shapes differ\nand more")
    assert str(caught.value) == "m cannot answer float64 of shape (2, 3) (RuntimeError: shapes differ)"
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("error", [MemoryError(), InvalidInput("said already"), RuntimeError("CUDA out of memory.")])
def test_what_passes_through(error):
    with pytest.raises(type(error)) as caught, refusal_named("m", np.zeros((2, 3))):
        raise error
    assert caught.value is error


def test_running_out_of_memory_is_recognised():
    class OutOfMemoryError(RuntimeError):
        pass

    assert is_out_of_memory(OutOfMemoryError())
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"))
    assert not is_out_of_memory(RuntimeError("shapes differ"))


def test_long_messages_are_cut():
    assert len(first_line(ValueError("x" * 999))) == 300
    assert first_line(ValueError()) == "ValueError"
