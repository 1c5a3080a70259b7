"""Labels become class indices and class names, in an order that can be relied on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.data.labels import encode_labels
from tellmark.data.origin import Origin
from tellmark.errors import DataError

ORIGIN = Origin("data.csv", "line", range(2, 1000))


def encoded(values, classes=None):
    labels, names = encode_labels(values, classes=classes, origin=ORIGIN)
    assert labels.dtype == np.int64
    return labels.tolist(), names


def test_whole_numbers_are_sorted_as_numbers():
    assert encoded(np.array([10, 9, 1, 10])) == ([2, 1, 0, 2], ("1", "9", "10"))


def test_whole_floats_are_whole_numbers():
    assert encoded(np.array([1.0, 0.0, -0.0])) == ([1, 0, 0], ("0", "1"))


def test_large_unsigned_integers_keep_their_digits():
    assert encoded(np.array([2**64 - 1, 0], dtype=np.uint64)) == ([1, 0], ("0", "18446744073709551615"))


def test_booleans_are_false_and_true():
    assert encoded(np.array([True, False])) == ([1, 0], ("false", "true"))
    assert encoded(np.array([True, True]), ["false", "true"]) == ([1, 1], ("false", "true"))


def test_names_are_sorted_and_stripped():
    assert encoded(["dog", " cat", "cat "]) == ([1, 0, 0], ("cat", "dog"))


def test_given_classes_fix_the_order_of_names():
    assert encoded(["dog", "cat"], ["dog", "fish", "cat"]) == ([0, 2], ("dog", "fish", "cat"))


def test_numbers_are_names_where_all_are_among_the_classes():
    assert encoded(np.array([1, 14]), ["14", "1"]) == ([1, 0], ("14", "1"))


def test_numbers_otherwise_count_the_classes_from_0():
    assert encoded(np.array([2, 0]), ["cat", "dog", "fish"]) == ([2, 0], ("cat", "dog", "fish"))


@pytest.mark.parametrize("classes", [["0", "1", "2"], ["0", "1", "fish"]])
def test_numbers_that_are_names_and_the_same_positions_are_taken(classes):
    assert encoded(np.array([1, 0]), classes) == ([1, 0], tuple(classes))


ONE_TO_TEN = [str(number) for number in range(1, 11)]


@pytest.mark.parametrize(("first", "last", "positions"), [(1, 10, range(10)), (0, 9, range(10))])
def test_numbers_from_1_or_from_0_are_told_apart_by_all_of_them(first, last, positions):
    assert encoded(np.arange(first, last + 1), ONE_TO_TEN) == (list(positions), tuple(ONE_TO_TEN))


def test_numbers_that_could_be_names_or_other_positions_are_refused():
    with pytest.raises(DataError, match=r"labels from 1 to 9, which could be .* use class names that are no whole"):
        encode_labels(np.arange(1, 10), classes=ONE_TO_TEN, origin=ORIGIN)


def test_strings_are_names_and_never_positions():
    assert encoded(["1", "9"], ONE_TO_TEN)[0] == [0, 8]


@pytest.mark.parametrize(
    ("values", "classes", "message"),
    [
        (np.array([0.0, 0.5]), None, r"data.csv, line 3: the label 0.5 is not a whole number"),
        (np.array([np.nan]), None, r"line 2: the label nan is not a whole number"),
        (np.array([1, 3]), ["cat", "dog", "fish"], r"labels from 1 to 3: neither .* from 0 to 2"),
        (np.array([-1, 0]), ["cat", "dog"], r"labels from -1 to 0: neither"),
        (["cat", "cow"], ["cat", "dog"], r"line 3: the label 'cow' is not among the classes 'cat', 'dog'"),
        (["0"], ["cat", "dog"], r"label '0' is not among"),
        (np.array([True]), ["cat", "dog"], r"label 'true' is not among"),
        (["cat", " "], None, r"line 3: the label is empty"),
        (["\ud800"], None, r"line 2: the label holds half of a surrogate pair"),
    ],
)
def test_labels_that_fit_nothing_are_refused(values, classes, message):
    with pytest.raises(DataError, match=message):
        encode_labels(values, classes=classes, origin=ORIGIN)


@settings(derandomize=True)
@given(st.lists(st.integers(-50, 50), min_size=1))
def test_every_label_keeps_its_name(numbers):
    labels, names = encode_labels(np.array(numbers), classes=None, origin=ORIGIN)
    assert [names[label] for label in labels] == [str(number) for number in numbers]
    assert list(names) == [str(number) for number in sorted(set(numbers))]
