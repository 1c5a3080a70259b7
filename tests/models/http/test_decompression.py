"""A body is unpacked as it was packed, once, and never beyond its limit."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tellmark.errors import BadAnswer
from tellmark.models.http.decompression import unpacked


def bare(data: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(data) + packing.flush()


PACKED = {"gzip": gzip.compress, "x-gzip": gzip.compress, "GZIP ": gzip.compress, "deflate": zlib.compress}


@given(st.binary(max_size=200), st.sampled_from(sorted(PACKED)))
def test_what_was_packed_comes_out(data, coding):
    assert unpacked(PACKED[coding](data), coding, most=200) == data
    assert unpacked(bare(data), "deflate", most=200) == data


@pytest.mark.parametrize("coding", ["", "identity", "identity, identity"])
def test_what_was_not_packed_stays(coding):
    assert unpacked(b"[1]", coding, most=3) == b"[1]"


def test_the_limit_is_exact():
    data = gzip.compress(bytes(1000))
    assert unpacked(data, "gzip", most=1000) == bytes(1000)
    with pytest.raises(BadAnswer, match="more than 999 bytes"):
        unpacked(data, "gzip", most=999)


@pytest.mark.parametrize(
    ("data", "coding", "words"),
    [
        pytest.param(gzip.compress(gzip.compress(b"[1]")), "gzip, gzip", "compressed 2 times over", id="twice"),
        pytest.param(gzip.compress(b"[1]"), "br", "not asked for", id="another coding"),
        pytest.param(gzip.compress(b"[1]")[:-1], "gzip", "wrongly", id="cut short"),
        pytest.param(gzip.compress(b"[1]") + b"more", "gzip", "wrongly", id="more behind it"),
        pytest.param(gzip.compress(b"[") + gzip.compress(b"1]"), "gzip", "wrongly", id="two members"),
        pytest.param(b"[1]", "gzip", "wrongly", id="not packed"),
    ],
)
def test_anything_else_is_refused(data, coding, words):
    with pytest.raises(BadAnswer, match=words):
        unpacked(data, coding, most=100)
