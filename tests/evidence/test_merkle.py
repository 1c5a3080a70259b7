"""A path shows one leaf at one index of one list, and nothing else passes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tellmark.digests import digest_bytes
from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence.merkle import path, paths, root, verify_path


def leaves(count: int) -> list[str]:
    return [digest_bytes(bytes([number])) for number in range(count)]


def raw(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def top_by_definition(level: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word by word."""
    if len(level) == 1:
        return sha(b"\x00", level[0])
    split = 1
    while 2 * split < len(level):
        split *= 2
    return sha(b"\x01", top_by_definition(level[:split]), top_by_definition(level[split:]))


sizes = st.integers(1, 40)


def test_one_leaf():
    (leaf,) = leaves(1)
    expected = sha(b"\x02", bytes(7) + b"\x01", sha(b"\x00", raw(leaf)))
    assert root([leaf]) == "sha256:" + expected.hex()
    assert path([leaf], 0) == ()


def test_three_leaves_by_hand():
    a, b, c = (sha(b"\x00", raw(leaf)) for leaf in leaves(3))
    left = sha(b"\x01", a, b)
    expected = sha(b"\x02", bytes(7) + b"\x03", sha(b"\x01", left, c))
    assert root(leaves(3)) == "sha256:" + expected.hex()
    assert path(leaves(3), 1) == ("sha256:" + a.hex(), "sha256:" + c.hex())
    assert path(leaves(3), 2) == ("sha256:" + left.hex(),)


@given(sizes)
def test_the_tree_is_the_recursive_one(size):
    top = top_by_definition([raw(leaf) for leaf in leaves(size)])
    assert raw(root(leaves(size))) == sha(b"\x02", size.to_bytes(8, "big"), top)


@given(sizes, st.data())
def test_every_leaf_is_shown(size, data):
    index = data.draw(st.integers(0, size - 1))
    verify_path(leaves(size)[index], path(leaves(size), index), index=index, size=size, root=root(leaves(size)))


@given(sizes)
def test_paths_are_those_of_each_leaf(size):
    assert paths(leaves(size), range(size)) == [path(leaves(size), index) for index in range(size)]


@given(sizes, st.integers(-2, 45), st.integers(-2, 45), st.data())
def test_no_other_leaf_index_or_size_passes(size, index, claimed_size, data):
    real = data.draw(st.integers(0, size - 1))
    shown = data.draw(st.sampled_from(leaves(size + 1)))
    assume((leaves(size)[real], real, size) != (shown, index, claimed_size))
    with pytest.raises(EvidenceError):
        verify_path(shown, path(leaves(size), real), index=index, size=claimed_size, root=root(leaves(size)))


@given(st.integers(2, 40), st.data())
def test_no_other_path_passes(size, data):
    index = data.draw(st.integers(0, size - 1))
    good = path(leaves(size), index)
    place = data.draw(st.integers(0, len(good) - 1))
    strange = digest_bytes(b"strange")
    broken = data.draw(
        st.sampled_from(
            [good[:-1], (*good, strange), good[1:], (*good[:place], strange, *good[place + 1 :]), good[::-1] + good]
        )
    )
    with pytest.raises(EvidenceError):
        verify_path(leaves(size)[index], broken, index=index, size=size, root=root(leaves(size)))


def test_a_node_does_not_pass_for_a_leaf():
    """What the prefixes are for: without them the node over a and b would be a leaf of a list of two."""
    node = path(leaves(3), 2)[0]
    last = "sha256:" + sha(b"\x00", raw(leaves(3)[2])).hex()
    for size in (2, 3):
        with pytest.raises(EvidenceError):
            verify_path(node, (last,), index=0, size=size, root=root(leaves(3)))


def test_without_the_size_in_the_root_another_list_would_pass():
    """The tops agree, and the roots do not: leaf 0 of three has the path of leaf 0 of four."""
    with pytest.raises(EvidenceError, match="item 0 of 4"):
        verify_path(leaves(3)[0], path(leaves(3), 0), index=0, size=4, root=root(leaves(3)))


def test_what_has_no_leaves_is_no_tree():
    with pytest.raises(InvalidInput, match="at least one"):
        root([])
    with pytest.raises(InvalidInput, match="from 0 to 2"):
        path(leaves(3), 3)
    with pytest.raises(InvalidInput, match="from 0 to 2"):
        paths(leaves(3), [0, -1])
