"""A shard is read back as it was written, and an input can be read from its span alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import save as to_safetensors

from golden.make_marks import INPUTS, SPACES
from tellmark.digests import canonical_json
from tellmark.errors import InvalidInput, MarkError
from tellmark.spaces import Column, ImageSpace, TableSpace, TextSpace
from tellmark.triggers.shards import TENSORS, Shard, shard_codec


def shard_of(inputs: np.ndarray) -> Shard:
    n = len(inputs)
    return Shard(np.arange(n) * 3, np.arange(2 * n).reshape(n, 2), np.arange(n) % 2, inputs)


def tensors_of(inputs: np.ndarray) -> dict[str, np.ndarray]:
    shard = shard_of(inputs)
    return {name: getattr(shard, name) for name in TENSORS}


def assert_read_back(space, inputs: np.ndarray):
    codec, shard = shard_codec(space), shard_of(inputs)
    raw = codec.encode(shard)
    read = codec.decode(raw, where="x")
    for name in TENSORS:
        np.testing.assert_array_equal(getattr(read, name), getattr(shard, name))
        assert getattr(read, name).dtype == getattr(shard, name).dtype
    pieces = [raw[start:stop] for start, stop in codec.spans(raw)[::-1]]
    np.testing.assert_array_equal(codec.batch(pieces), inputs[::-1])
    space.check(codec.batch(pieces))
    space.check(codec.batch([]))


@pytest.mark.parametrize("kind", ["image", "table", "text"])
def test_each_space_is_read_back(kind):
    assert_read_back(SPACES[kind], INPUTS[kind])


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(2), st.just(1), st.just(3))))
def test_any_image_is_read_back(inputs):
    assert_read_back(ImageSpace(height=2, width=1, channels=3), inputs)


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(2)), elements=st.floats(allow_nan=False)))
def test_any_row_is_read_back_to_the_last_bit(inputs):
    assert_read_back(TableSpace(columns=(Column(name="a"), Column(name="b"))), inputs)


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_text_is_read_back(texts):
    assert_read_back(TextSpace(), np.array([*texts, ""], dtype=object)[:-1])


def test_half_a_surrogate_pair_cannot_be_written():
    with pytest.raises(InvalidInput, match="half a surrogate pair"):
        shard_codec(TextSpace()).encode(shard_of(np.array(["\ud83d"], dtype=object)))


def test_views_and_other_integer_types_are_written_as_the_format_has_them():
    inputs = np.arange(5 * 24, dtype=np.uint8).reshape(5, 4, 3, 2).transpose(0, 2, 1, 3)
    shard = shard_of(inputs)
    small = Shard(shard.indices.astype(np.int32), shard.items[:, ::-1], shard.labels.astype(np.int8), inputs)
    codec = shard_codec(SPACES["image"])
    read = codec.decode(codec.encode(small), where="x")
    np.testing.assert_array_equal(read.inputs, inputs)
    np.testing.assert_array_equal(read.items, shard.items[:, ::-1])


IMAGES = INPUTS["image"]


@pytest.mark.parametrize(
    ("tensors", "problem"),
    [
        (tensors_of(IMAGES[:, :, :3]), r"inputs in x is U8 of shape \(5, 3, 3, 2\), not U8 of \(5, 3, 4, 2\)"),
        (tensors_of(IMAGES.astype(np.float64)), "inputs in x is F64"),
        (tensors_of(IMAGES.astype(np.float16)), "inputs in x is F16"),
        (tensors_of(IMAGES) | {"labels": np.zeros(4, np.int64)}, r"labels in x is I64 of shape \(4,\)"),
        (tensors_of(IMAGES) | {"labels": np.zeros(5)}, "labels in x is F64"),
        (tensors_of(IMAGES) | {"items": np.zeros((5, 3), np.int64)}, "items in x"),
        (tensors_of(IMAGES) | {"indices": np.zeros((0, 7), np.int64)}, "indices in x"),
        (tensors_of(IMAGES) | {"indices": np.array(7)}, "indices in x"),
        (tensors_of(IMAGES) | {"more": np.zeros(5)}, "these only"),
        ({"indices": np.arange(5)}, "these only"),
    ],
)
def test_tensors_that_are_not_those_of_the_space_are_refused(tensors, problem):
    with pytest.raises(MarkError, match=problem):
        shard_codec(SPACES["image"]).decode(to_safetensors(tensors), where="x")


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_no_shard_of_tensors(data):
    with pytest.raises(MarkError, match=r"^x is not a safetensors file"):
        shard_codec(SPACES["image"]).decode(data, where="x")


GOOD_LINE = {"index": 0, "items": [0, 1], "label": 0, "text": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"index": -1},
        {"index": 2**53 - 1 + 1e3},
        {"items": [0]},
        {"items": [0, 1, 2]},
        {"label": "x"},
        {"text": 1},
        {"x": 1},
    ],
)
def test_lines_that_are_no_trigger_are_refused(change):
    with pytest.raises(MarkError, match=r"^x has a line that is no trigger"):
        shard_codec(TextSpace()).decode(canonical_json(GOOD_LINE | change) + b"\n", where="x")


def test_a_last_line_without_end_is_refused():
    with pytest.raises(MarkError, match=r"^the last line of x has no end"):
        shard_codec(TextSpace()).decode(canonical_json(GOOD_LINE), where="x")


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_no_shard_of_texts(data):
    try:
        shard = shard_codec(TextSpace()).decode(data, where="x")
    except MarkError:
        return
    assert len(shard) == 0
    assert data == b""
