"""A chained line is the canonical form of all it says, its digest that of all but the digest."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tellmark.digests import canonical_json, digest_bytes
from tellmark.models.wrappers.chain import Place, chained, read_chained

PLACE = Place(3, digest_bytes(b"the line before"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
OWN = {"number", "previous", "digest"}


@given(st.dictionaries(st.text(max_size=8).filter(lambda key: key not in OWN), VALUES, max_size=5))
def test_a_line_is_canonical_whatever_it_says(content):
    line, after = chained(content, PLACE)
    said = {**content, "number": 3, "previous": PLACE.digest}
    assert after == Place(4, digest_bytes(canonical_json(said)))
    assert line == canonical_json({**said, "digest": after.digest})
    assert read_chained(line, PLACE) == (json.loads(canonical_json(content)), after)


def test_keys_stand_in_the_order_of_their_utf_16():
    """Where that is not the order of their code points."""
    line, _ = chained({"\ufb33": 1, "\U0001f600": 2}, Place())
    assert line.index("\U0001f600".encode()) < line.index("\ufb33".encode())
