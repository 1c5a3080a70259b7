"""Any function from a batch to labels or scores is a model."""

from __future__ import annotations

import numpy as np
import pytest

from tellmark.errors import InvalidInput, ModelError
from tellmark.models.loading import load_model
from tellmark.models.preprocessing import Preprocessing

ROWS = np.random.default_rng(0).normal(size=(9, 3))
IMAGES = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 3), dtype=np.uint8)
LARGEST = ROWS.argmax(axis=1)


class Tensor:
    """As little of a PyTorch tensor on a GPU as is needed."""

    def __init__(self, array):
        self.array = array

    def detach(self):
        return self

    def cpu(self):
        return self.array


@pytest.mark.parametrize(
    "function",
    [
        lambda batch: batch,
        lambda batch: batch.tolist(),
        Tensor,
        lambda batch: batch.argmax(axis=1),
        lambda batch: batch.argmax(axis=1).astype(np.uint8),
        lambda batch: np.array(["a", "b", "c"])[batch.argmax(axis=1)],
        lambda batch: ["abc"[label] for label in batch.argmax(axis=1)],
    ],
)
def test_labels_names_or_scores(function):
    model = load_model(function, classes=("a", "b", "c"))
    assert (model.query(ROWS).labels == LARGEST).all()
    assert model.info.classes == ("a", "b", "c")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda batch: batch[:2], "answers 9 inputs with"),
        (lambda batch: 3, "labels \\(\\)"),
        (lambda batch: [[1, 2], [3]], "rows of different lengths"),
        (lambda batch: ["a"] * len(batch), "classes=a,b,c"),
        (lambda batch: batch[:, 0], "neither class indices nor class names"),
        (lambda batch: 1 / 0, "ZeroDivisionError"),
        (lambda batch: np.full((len(batch), 2), np.nan), "NaN"),
    ],
)
def test_other_answers(function, reason):
    with pytest.raises(ModelError, match=reason):
        load_model(function).query(ROWS)


def test_inputs_come_as_they_are_sent_unless_preprocessing_is_given():
    seen = []

    def look(batch):
        seen.append(batch)
        return np.zeros(len(batch), dtype=int)

    load_model(look).query(IMAGES)
    load_model(look, preprocessing=Preprocessing()).query(IMAGES)
    load_model(look, preprocessing=Preprocessing()).query(ROWS)
    assert (seen[0] == IMAGES).all()
    assert seen[0].dtype == np.uint8
    assert seen[1].shape == (9, 3, 4, 4)
    assert (seen[2] == ROWS).all()


def test_a_function_may_spoil_its_input():
    def spoil(batch):
        batch[:] = 0
        return batch

    rows = ROWS.copy()
    load_model(spoil).query(rows)
    assert (rows == ROWS).all()


def test_by_name(tmp_path, monkeypatch):
    (tmp_path / "own_rules.py").write_text("def sign(batch):\n    return (batch[:, 0] > 0).astype(int)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    model = load_model("callable:own_rules:sign?batch_size=2")
    assert (model.query(ROWS).labels == (ROWS[:, 0] > 0)).all()
    assert repr(model) == "CallableModel(own_rules:sign)"
    with pytest.raises(InvalidInput, match="unknown key"):
        load_model("callable:own_rules:sign?weights=w.pt")
