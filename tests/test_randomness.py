"""Random words and normals are what the published definitions say, at any address, in any order."""

import hmac

import numpy as np
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from tellmark.errors import InvalidInput
from tellmark.randomness import (
    derive_key,
    fresh_seed,
    is_guessable,
    random_words,
    seed_from_int,
    seed_of,
    seed_words,
    standard_normals,
    words_of,
)

KEY = derive_key(bytes(32), "test")


def test_words_are_the_published_philox_vectors():
    """Known answers of Philox4x64-10, from the Random123 distribution (Salmon et al., SC 2011)."""
    zero = [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
    assert random_words(bytes(16), 0, 1).tolist() == [zero]


def test_key_is_hkdf_with_purpose_as_info():
    expected = HKDF(SHA256(), 32, b"salt", b"tellmark/1/purpose").derive(b"secret")
    assert derive_key(b"secret", "purpose", context=b"salt") == expected


def test_purposes_and_contexts_give_different_keys():
    keys = {derive_key(b"s", "a"), derive_key(b"s", "b"), derive_key(b"t", "a"), derive_key(b"s", "a", context=b"c")}
    assert len(keys) == 4


@given(st.integers(0, 2**40), st.integers(1, 50), st.integers(0, 49))
def test_words_do_not_depend_on_where_one_starts(start, count, skip):
    skip = min(skip, count - 1)
    assert (random_words(KEY, start, count)[skip:] == random_words(KEY, start + skip, count - skip)).all()


def test_seeds_are_hmac_of_their_number():
    """As Python's own HMAC gives them; that of number 0 under a key of zeros is written out, for other programs."""
    assert [hex(word) for word in seed_words(bytes(32), 0, 1)[0].tolist()] == [
        "0xf375180aba928884",
        "0x1f1919be4a8715a",
        "0x62763b65c1c10e1d",
        "0x858e81d4d6f9fd2",
    ]
    expected = [hmac.digest(KEY, number.to_bytes(8, "big"), "sha256") for number in (2**40, 2**40 + 1)]
    assert [seed_of(words) for words in seed_words(KEY, 2**40, 2)] == expected
    np.testing.assert_array_equal(words_of(b"".join(expected)), seed_words(KEY, 2**40, 2))


@given(st.integers(0, 2**40), st.integers(1, 50), st.integers(0, 49))
def test_seeds_do_not_depend_on_where_one_starts(start, count, skip):
    skip = min(skip, count - 1)
    assert (seed_words(KEY, start, count)[skip:] == seed_words(KEY, start + skip, count - skip)).all()


def test_seeds_of_none_are_none():
    assert seed_words(KEY, 5, 0).shape == (0, 4)


@given(st.integers(0, 10_000), st.integers(0, 200))
def test_normals_do_not_depend_on_where_one_starts(start, length):
    whole = standard_normals(KEY, 0, start + length)
    assert (standard_normals(KEY, start, start + length) == whole[start:]).all()


def test_normals_are_normal_and_uncorrelated():
    draws = standard_normals(KEY, 0, 400_000).astype(np.float64)
    assert kstest(draws[:50_000], "norm").pvalue > 1e-3
    assert abs(draws.mean()) < 4 / np.sqrt(len(draws))
    assert abs(draws.var() - 1) < 4 * np.sqrt(2 / len(draws))
    for lag in (1, 2, 4, 8):
        assert abs(np.mean(draws[:-lag] * draws[lag:])) < 4 / np.sqrt(len(draws))
    assert np.isfinite(draws).all()


def test_seed_from_int_is_big_endian_and_small_ones_are_guessable():
    assert seed_from_int(7) == bytes(31) + b"\x07"
    assert is_guessable(seed_from_int(2**64 - 1))
    assert not is_guessable(seed_from_int(2**64))
    assert not is_guessable(fresh_seed())


@pytest.mark.parametrize("number", [-1, 2**256])
def test_impossible_seeds_are_refused(number):
    with pytest.raises(InvalidInput, match="whole number"):
        seed_from_int(number)
