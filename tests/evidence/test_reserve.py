"""The reserve is a uniform random subset, which the seed and the mark decide."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from tellmark.errors import InvalidInput
from tellmark.evidence.reserve import reserve_of
from tellmark.randomness import seed_from_int

MARK = "sha256:" + "a1" * 32


def drawn(seed, share=0.5, triggers=20, tier=0, mark=MARK):
    return reserve_of(seed_from_int(seed), mark, tier=tier, triggers=triggers, share=share)


def test_it_follows_from_the_seed_as_written_down():
    """Worked out again with HKDF and HMAC as published."""
    key = HKDF(SHA256(), 32, f"{MARK}/2".encode(), b"tellmark/1/evidence/reserve").derive(seed_from_int(5))
    first = [hmac.digest(key, position.to_bytes(8, "big"), hashlib.sha256)[:8] for position in range(20)]
    expected = sorted(sorted(range(20), key=first.__getitem__)[:7])
    assert drawn(5, share=0.37, tier=2) == tuple(expected)


@given(st.integers(0, 2**64), st.floats(0, 1, exclude_max=True), st.integers(1, 60))
def test_it_is_so_many_positions_in_order(seed, share, triggers):
    reserve = drawn(seed, share, triggers)
    assert len(reserve) == int(share * triggers) < triggers
    assert list(reserve) == sorted(set(reserve))
    assert all(0 <= position < triggers for position in reserve)


def test_every_pair_is_as_likely_as_any_other():
    counts = np.zeros((6, 6))
    for seed in range(4500):
        counts[drawn(seed, share=1 / 3, triggers=6)] += 1
    assert chisquare(counts[np.triu_indices(6, 1)]).pvalue > 1e-3


def test_seed_mark_and_tier_decide():
    assert len({drawn(1), drawn(2), drawn(1, tier=1), drawn(1, mark="sha256:" + "b2" * 32)}) == 4


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InvalidInput, match="at least 0 and below 1"):
        drawn(1, share=share)
