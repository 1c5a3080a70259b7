"""Blends are exact: whole-number pixels, rounded columns, whole words."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tellmark.candidates.blending import SHARE_ONE, blend_images, blend_rows, chosen, splice_texts

SHARE = st.integers(0, SHARE_ONE)


def shares(*values):
    return np.array(values, dtype=np.uint32)


WORD = st.integers(0, (1 << 64) - 1)


def test_the_first_two_words_choose_items_and_the_third_a_share_by_their_upper_bits():
    words = np.array([[0, 1 << 63, 0, 0], [(1 << 64) - 1, 1 << 62, (1 << 64) - 1, 5]], dtype=np.uint64)
    items, share = chosen(words, items=10)
    assert items.tolist() == [[0, 5], [9, 2]]
    assert share.tolist() == [1, SHARE_ONE - 1]


@given(st.lists(st.tuples(WORD, WORD, WORD, WORD), min_size=1), st.integers(1, (1 << 32) - 1))
def test_whatever_the_words_the_items_exist_and_both_have_a_share(words, count):
    items, share = chosen(np.array(words, dtype=np.uint64), items=count)
    assert items.min() >= 0
    assert items.max() < count
    assert share.min() > 0
    assert share.max() < SHARE_ONE


@given(st.integers(0, 255), st.integers(0, 255), SHARE)
def test_a_pixel_is_the_exact_blend_rounded_half_up(a, b, share):
    one = np.full((1, 1, 1, 1), a, np.uint8), np.full((1, 1, 1, 1), b, np.uint8)
    exact = Fraction(a * share + b * (SHARE_ONE - share), SHARE_ONE)
    assert blend_images(*one, shares(share)).item() == int(exact + Fraction(1, 2))


def test_each_image_has_its_own_share():
    white, black = np.full((2, 1, 1, 3), 200, np.uint8), np.zeros((2, 1, 1, 3), np.uint8)
    mixed = blend_images(white, black, shares(SHARE_ONE // 2, SHARE_ONE))
    assert mixed[:, 0, 0, 0].tolist() == [100, 200]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), SHARE)
def test_a_column_is_written_with_its_digits_and_lies_between(a, b, share):
    a, b = round(a, 2), round(b, 2)
    (mixed,) = blend_rows(np.array([[a]]), np.array([[b]]), shares(share), decimals=(2,))[0]
    assert mixed == float(f"{mixed:.2f}")
    assert min(a, b) - 0.01 <= mixed <= max(a, b) + 0.01


def test_whole_number_columns_stay_whole_and_free_columns_are_not_rounded():
    mixed = blend_rows(np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]]), shares(SHARE_ONE // 8), decimals=(0, None))
    assert mixed.tolist() == [[1.0, 0.875]]


@pytest.mark.parametrize(
    ("share", "expected"),
    [(SHARE_ONE // 2, "a b y z"), (SHARE_ONE // 4, "a x y z"), (SHARE_ONE - 1, "a b c d z"), (1, "a w x y z")],
)
def test_a_splice_opens_with_one_text_and_closes_with_the_other(share, expected):
    first, second = np.array(["a b  c d"], dtype=object), np.array(["w x\ty z"], dtype=object)
    assert splice_texts(first, second, shares(share)).tolist() == [expected]


@given(st.text(), st.text(), SHARE)
def test_any_two_texts_can_be_spliced(a, b, share):
    (text,) = splice_texts(np.array([a], dtype=object), np.array([b], dtype=object), shares(share))
    words = text.split()
    assert len(words) <= len(a.split()) + len(b.split())
    assert bool(words) == bool(a.split() or b.split())
