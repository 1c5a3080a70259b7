"""A data set refuses what cannot serve, and its digest names its content alone."""

import numpy as np
import pytest

from tellmark.data.dataset import Dataset
from tellmark.errors import DataError, Mismatch
from tellmark.spaces import Column, ImageSpace, TableSpace

SPACE = TableSpace(columns=(Column(name="a"), Column(name="b")))
ROWS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def data(inputs=ROWS, labels=(0, 1, 1), classes=("no", "yes"), name="data"):
    return Dataset(inputs, None if labels is None else np.array(labels), classes, SPACE, name)


def test_digest_depends_on_content_and_order_and_not_on_the_name():
    assert data().digest == data(name="other").digest
    assert len({data().digest, data(labels=None).digest, data(labels=(0, 1, 0)).digest, data(ROWS[::-1]).digest}) == 4


def test_take_keeps_inputs_and_labels_together():
    taken = data().take(np.array([2, 0]))
    assert taken.inputs.tolist() == [[5.0, 6.0], [1.0, 2.0]]
    assert taken.labels.tolist() == [1, 0]
    assert data(labels=None).take(np.array([1])).labels is None


def test_with_labels_replaces_them():
    assert data(labels=None, classes=()).with_labels(np.array([0, 1, 1]), ("no", "yes")).digest == data().digest


def test_repr_shows_no_items():
    assert "3." not in repr(data())
    assert "yes" in repr(data())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": ROWS[:0], "labels": None}, "holds no inputs"),
        ({"inputs": np.where(ROWS == 4, np.nan, ROWS)}, "row 1, column 1"),
        ({"labels": (0, 1)}, "3 inputs and 2 labels"),
        ({"labels": (0, 1, 2)}, r"outside 0..1"),
        ({"labels": (0, 1, -1)}, r"outside 0..1"),
    ],
)
def test_what_cannot_serve_is_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        data(**arguments)


def test_inputs_outside_the_space_are_refused():
    with pytest.raises(Mismatch, match="uint8"):
        Dataset(ROWS, None, (), ImageSpace(height=1, width=2, channels=1))


def test_labels_follow_the_order_of_the_classes():
    labelled = data(labels=(0, 1, 2), classes=("a", "b", "c"))
    turned = labelled.in_order_of(("c", "a", "b"))
    assert turned.labels is not None
    assert [turned.classes[label] for label in turned.labels] == ["a", "b", "c"]
    assert turned.in_order_of(labelled.classes).digest == labelled.digest
    assert data(labels=None, classes=("a", "b")).in_order_of(("b", "a")).classes == ("b", "a")
    with pytest.raises(Mismatch, match="has the classes a, b, c, not a, b, d"):
        labelled.in_order_of(("a", "b", "d"))
