"""What is encrypted under a passphrase here, another implementation of age opens."""

from __future__ import annotations

import pyrage
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.triggers import age_passphrase
from tellmark.triggers.age_passphrase import encrypt_with_passphrase, stated_work_factor


@pytest.fixture(scope="module", autouse=True)
def _little_work():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(age_passphrase, "WORK_FACTOR", 2)
        yield


@given(st.binary(max_size=300) | st.sampled_from([b"", bytes(1 << 16)]), st.text(min_size=1))
def test_pyrage_opens_it(plain, passphrase):
    assert pyrage.passphrase.decrypt(encrypt_with_passphrase(plain, passphrase), passphrase) == plain


@given(st.text(min_size=1), st.text())
def test_another_passphrase_does_not(passphrase, other):
    assume(passphrase.rstrip("\0") != other.rstrip("\0"))  # HMAC, and so scrypt, pads short keys with zeros
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(encrypt_with_passphrase(b"secret", passphrase), other)


def test_no_two_files_share_their_randomness():
    first, second = (encrypt_with_passphrase(b"secret", "one") for _ in range(2))
    for line in range(1, 4):
        assert first.split(b"\n")[line] != second.split(b"\n")[line]
    assert first[-22 - 16 :][:16] != second[-22 - 16 :][:16]
    assert b"secret" not in first


def test_the_work_factor_is_read_before_any_work(monkeypatch):
    for factor in (2, 9):
        monkeypatch.setattr(age_passphrase, "WORK_FACTOR", factor)
        assert stated_work_factor(encrypt_with_passphrase(b"secret", "one")) == factor


@given(st.binary(max_size=100))
def test_arbitrary_bytes_state_no_work_factor(data):
    assert stated_work_factor(data) is None
    assert stated_work_factor(pyrage.encrypt(data, [pyrage.x25519.Identity.generate().to_public()])) is None


def test_more_than_a_chunk_is_refused():
    with pytest.raises(InvalidInput, match="at most 65536 bytes"):
        encrypt_with_passphrase(bytes((1 << 16) + 1), "one")
