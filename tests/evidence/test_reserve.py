"""The reserve is a uniform random subset, which the salted leaves decide."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from tellmark.digests import digest_bytes
from tellmark.errors import InvalidInput
from tellmark.evidence.reserve import first_of, reserve_of


def leaves(salt, triggers=20):
    return tuple(digest_bytes(f"{salt}/{position}".encode()) for position in range(triggers))


def drawn(salt, share=0.5, triggers=20):
    return reserve_of(leaves(salt, triggers), share=share)


def test_it_follows_from_the_leaves_as_written_down():
    """Worked out again with published hashes alone."""
    committed = leaves(5)
    listed = hashlib.sha256(json.dumps(committed, separators=(",", ":")).encode()).digest()
    draw = hashlib.sha256(b"tellmark/1/evidence/reserve" + listed).digest()
    keys = [hashlib.sha256(draw + position.to_bytes(8, "big")).digest() for position in range(20)]
    assert drawn(5, share=0.37) == tuple(sorted(sorted(range(20), key=keys.__getitem__)[:7]))


@given(st.integers(0, 2**64), st.floats(0, 1, exclude_max=True), st.integers(1, 60))
def test_it_is_so_many_positions_in_order(salt, share, triggers):
    reserve = drawn(salt, share, triggers)
    assert len(reserve) == int(share * triggers) < triggers
    assert list(reserve) == sorted(set(reserve))
    assert all(0 <= position < triggers for position in reserve)
    assert first_of(leaves(salt, triggers), len(reserve)) == reserve


def test_every_pair_is_as_likely_as_any_other():
    counts = np.zeros((6, 6))
    for salt in range(4500):
        counts[drawn(salt, share=1 / 3, triggers=6)] += 1
    assert chisquare(counts[np.triu_indices(6, 1)]).pvalue > 1e-3


def test_one_leaf_more_or_another_order_gives_another():
    usual = leaves(1)
    found = {reserve_of(each, share=0.5) for each in (usual, usual[::-1], leaves(2), (*usual[:-1], leaves(2)[-1]))}
    assert len(found) == 4


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InvalidInput, match="at least 0 and below 1"):
        drawn(1, share=share)
