"""Answers given elsewhere, looked up by what was asked."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from tellmark.digests import digest_input
from tellmark.errors import FileError, Mismatch, ModelError
from tellmark.models.classes import aligned
from tellmark.models.loading import load_model

ROWS = np.random.default_rng(0).normal(size=(4, 3))
IMAGES = np.random.default_rng(0).integers(0, 256, (4, 2, 2, 1), dtype=np.uint8)
TEXTS = np.array(["a, b", 'quoted "c"', "two\nlines", "ü"], dtype=object)


@pytest.fixture
def recorded(tmp_path):
    def write(header, *rows, classes=None):
        path = tmp_path / "answers.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
        return load_model(f"recorded:{path}", classes=classes)

    return write


@pytest.mark.parametrize("batch", [ROWS, IMAGES, TEXTS], ids=["rows", "images", "texts"])
def test_any_order_any_subset(recorded, batch):
    model = recorded(["input", "label"], *([digest_input(one), 3 - i] for i, one in enumerate(batch)))
    assert model.query(batch).labels.tolist() == [3, 2, 1, 0]
    assert model.query(batch[[2, 0, 2]]).labels.tolist() == [1, 3, 1]
    assert model.query(batch).scores is None
    assert model.info.classes is None


def test_texts_as_they_are(recorded):
    model = recorded(["label", "text"], *([i, text] for i, text in enumerate(TEXTS)))
    assert model.query(TEXTS).labels.tolist() == [0, 1, 2, 3]


def test_names_need_an_order(recorded):
    rows = [[text, name] for text, name in zip(TEXTS, ["cat", "owl", "cat", "dog"], strict=True)]
    assert recorded(["text", "label"], *rows, classes=("cat", "dog", "owl")).query(TEXTS).labels.tolist() == [
        0,
        2,
        0,
        1,
    ]
    unordered = recorded(["text", "label"], *rows)
    with pytest.raises(ModelError, match="classes=a,b,c"):
        unordered.query(TEXTS)
    # the data or the mark may know more classes than were ever answered
    assert aligned(unordered, ("ant", "cat", "dog", "owl")).query(TEXTS).labels.tolist() == [1, 3, 1, 2]
    with pytest.raises(ModelError, match="none of its classes"):
        aligned(unordered, ("cat", "dog")).query(TEXTS)


def test_a_number_is_a_name_first(recorded):
    model = recorded(["text", "label"], ["a", "7"], ["b", "3"])
    assert aligned(model, ("7", "3")).query(np.array(["a", "b"], dtype=object)).labels.tolist() == [0, 1]
    assert model.query(np.array(["a", "b"], dtype=object)).labels.tolist() == [7, 3]


def test_scores_name_the_classes(recorded):
    model = recorded(["text", "score:no", "score:yes"], ["a", 0.25, 0.75], ["b", 2, -1])
    answers = model.query(np.array(["a", "b"], dtype=object))
    assert model.info.classes == ("no", "yes")
    assert answers.labels.tolist() == [1, 0]
    assert answers.scores.tolist() == [[0.25, 0.75], [2, -1]]
    turned = recorded(["text", "score:no", "score:yes"], ["a", 0.25, 0.75], classes=("yes", "no"))
    assert turned.query(np.array(["a"], dtype=object)).scores.tolist() == [[0.75, 0.25]]


def test_what_was_never_asked_is_counted(recorded):
    model = recorded(["text", "label"], ["a", 0], ["b", 1])
    with pytest.raises(ModelError, match="no answer to 2 of 3 inputs.*tellmark questions") as caught:
        model.query(np.array(["a", "secret one", "secret two"], dtype=object))
    assert "secret" not in str(caught.value)


def test_the_same_answer_twice_is_no_conflict(recorded):
    model = recorded(["text", "label"], ["a", 1], ["b", 0], ["a", 1])
    assert model.query(np.array(["a"], dtype=object)).labels.tolist() == [1]


def test_two_answers_to_one_input(recorded):
    with pytest.raises(ModelError, match="line 4: .*another answer"):
        recorded(["text", "label"], ["a", 1], ["b", 0], ["a", 2])


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([["label"], [1]], "column 'input'"),
        ([["input", "text", "label"], ["x", "y", 1]], "one of them"),
        ([["text"], ["a"]], "column 'label'"),
        ([["text", "label", "label"], ["a", 1, 2]], "two columns of the same name"),
        ([["text", "label"]], "no answers"),
        ([["text", "label"], ["a"]], "line 2: the row has more or fewer cells"),
        ([["text", "label"], ["a", 1, 2]], "line 2: the row has more or fewer cells"),
        ([["text", "score:a", "score:b"], ["x", 1, "much"]], "a score that is no number"),
        ([["text", "score:a", "score:b"], ["x", 1, "nan"]], "NaN"),
        ([["text", "score:a"], ["x", 1]], "one number per input"),
    ],
)
def test_malformed_files(recorded, lines, reason):
    with pytest.raises(ModelError, match=reason):
        recorded(*lines)


def test_other_classes_than_the_scores(recorded):
    with pytest.raises(ModelError, match="scores for other classes than x, y"):
        recorded(["text", "score:a", "score:b"], ["t", 1, 2], classes=("x", "y"))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00binary", b"PK\x03\x04\x00\x00"])
def test_other_files(tmp_path, content):
    (tmp_path / "answers.csv").write_bytes(content)
    with pytest.raises(ModelError):
        load_model(f"recorded:{tmp_path / 'answers.csv'}")


def test_missing_file():
    with pytest.raises(FileError):
        load_model("recorded:nowhere.csv")


def test_labels_beyond_the_classes(recorded):
    model = recorded(["text", "label"], ["a", 5])
    with pytest.raises((Mismatch, ModelError), match="classes"):
        aligned(model, ("x", "y")).query(np.array(["a"], dtype=object))


def test_positions_among_class_names_that_are_numbers(recorded):
    names = tuple(map(str, range(1, 11)))
    texts = np.array(list("abc"), dtype=object)
    by_name = recorded(["text", "label"], ["a", "1"], ["b", "10"], ["c", "9"])
    assert aligned(by_name, names).query(texts).labels.tolist() == [0, 9, 8]
    by_position = recorded(["text", "label"], ["a", "0"], ["b", "9"], ["c", "8"])
    with pytest.raises(ModelError, match="'0', a position and no class name.* write class names"):
        aligned(by_position, names).query(texts)


@pytest.mark.parametrize("classes", [None, ("x", "y")])
def test_labels_of_thousands_of_digits(recorded, classes):
    model = recorded(["text", "label"], ["a", "1" * 5000], classes=classes)
    with pytest.raises(ModelError, match="classes") as caught:
        model.query(np.array(["a"], dtype=object))
    assert len(str(caught.value)) < 400


def test_paths_with_a_zero_byte():
    with pytest.raises(FileError, match="cannot read"):
        load_model("recorded:%00.csv")


def test_more_answers_than_there_is_memory_for(recorded, monkeypatch):
    monkeypatch.setattr("tellmark.models.recorded.available_memory", lambda: 2000)
    assert recorded(["text", "label"], ["a", 1]).query(TEXTS[:0]).scores is None
    with pytest.raises(ModelError, match="more answers than there is memory for"):
        recorded(["text", "label"], ["a" * 100, 1])
