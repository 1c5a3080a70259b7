"""Streams are encrypted to keys of every kind, opened by those alone, and failures keep their nature."""

from __future__ import annotations

import io
import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tellmark.errors import FileError, InvalidInput, MarkError, MissingExtra, WrongKey
from tellmark.triggers import age_passphrase, encryption
from tellmark.triggers.age_keys import (
    fresh_identity,
    lock_identity,
    parse_recipients,
    read_identities,
    unlock_identity,
)
from tellmark.triggers.encryption import decrypt, encrypt

CHUNKS = [b"", b"a", bytes(200_000), b"the end of what is to be kept"]
PLAIN = b"".join(CHUNKS)


def encrypted_to(*recipients) -> bytes:
    sink = io.BytesIO()
    encrypt(CHUNKS, sink, recipients)
    return sink.getvalue()


def ssh_pair(key) -> tuple[bytes, str]:
    unlocked = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, unlocked)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private, public.decode()


def test_what_was_encrypted_is_decrypted():
    identity = fresh_identity()
    sealed = encrypted_to(identity.to_public())
    assert CHUNKS[-1] not in sealed
    with decrypt([sealed[:7], sealed[7:]], [identity], name="m") as plain:
        plain.seek(0)
        assert plain.read() == PLAIN


@pytest.mark.parametrize("key", [Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)])
def test_ssh_keys_serve_as_well(tmp_path: Path, key):
    private, public = ssh_pair(key)
    (tmp_path / "id").write_bytes(private)
    sealed = encrypted_to(*parse_recipients([public + " somebody@somewhere\n"]))
    with decrypt([sealed], read_identities([str(tmp_path / "id")]), name="m") as plain:
        plain.seek(0)
        assert plain.read() == PLAIN


def test_each_of_several_recipients_opens_it(tmp_path: Path):
    first, second = fresh_identity(), fresh_identity()
    sealed = encrypted_to(*parse_recipients([str(first.to_public()), f" {second.to_public()}\n"]))
    (tmp_path / "keys.txt").write_text(f"# created: today\n# public key: x\n{fresh_identity()}\n\n{second}\n")
    for sources in ([str(first)], [tmp_path / "keys.txt"]):
        with decrypt([sealed], read_identities(sources), name="m") as plain:
            assert plain.seek(0, io.SEEK_END) == len(PLAIN)


def test_another_key_is_a_wrong_key():
    sealed = encrypted_to(fresh_identity().to_public())
    with pytest.raises(WrongKey, match=r"^the secrets of m are encrypted to another key than those given$"):
        decrypt([sealed], [fresh_identity()], name="m")


def test_damage_behind_the_header_is_damage():
    identity = fresh_identity()
    sealed = encrypted_to(identity.to_public())
    for damaged in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:-1], sealed[:100_000]):
        with pytest.raises(MarkError, match="damaged") as caught:
            decrypt([damaged], [identity], name="m")
        assert type(caught.value) is MarkError


def test_large_secrets_go_to_a_file_without_a_name(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(encryption, "MEMORY_LIMIT", 1000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    identity = fresh_identity()
    with decrypt([encrypted_to(identity.to_public())], [identity], name="m") as plain:
        plain.flush()
        status = os.fstat(plain.fileno())
        assert status.st_size == len(PLAIN)
        assert stat.S_IMODE(status.st_mode) == 0o600
        assert list(tmp_path.iterdir()) == []


class Full(io.BytesIO):
    def write(self, data, /) -> int:
        raise OSError(28, "No space left on device")


def test_no_room_for_the_decrypted_secrets_is_reported(monkeypatch):
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda _: Full())
    identity = fresh_identity()
    with pytest.raises(FileError, match=r"no room for the decrypted secrets of m in .*TMPDIR"):
        decrypt([encrypted_to(identity.to_public())], [identity], name="m")


@pytest.mark.parametrize("failure", [MarkError("of the stream"), OSError(5, "of the disk"), KeyboardInterrupt()])
def test_failures_of_the_stream_come_out_as_they_were_raised(failure):
    def failing():
        yield encrypted_to(identity.to_public())[:100_000]
        raise failure

    identity = fresh_identity()
    with pytest.raises(type(failure)) as caught:
        encrypt(failing(), io.BytesIO(), [identity.to_public()])
    assert caught.value is failure
    with pytest.raises(type(failure)) as caught:
        decrypt(failing(), [identity], name="m")
    assert caught.value is failure


def test_a_failure_of_the_sink_comes_out_as_it_was_raised():
    with pytest.raises(OSError, match="No space left on device"):
        encrypt(CHUNKS, Full(), [fresh_identity().to_public()])


@pytest.mark.parametrize(
    "text", ["", "age1", "age1qqqq", "ssh-ed25519 AAAA", "my.pub", ssh_pair(ec.generate_private_key(ec.SECP256R1()))[1]]
)
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(InvalidInput, match=f"a recipient is a public key, .*not '{text[:24]}"):
        parse_recipients([text])


def test_a_private_key_given_as_recipient_is_not_shown():
    secret = str(fresh_identity())
    with pytest.raises(InvalidInput, match=r"and not a private key$"):
        parse_recipients([secret])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "holds no identity"),
        ("# only a comment\n", "holds no identity"),
        ("age1publichalf\n", "neither an age identity"),
        ("AGE-SECRET-KEY-1QQQQ\n", "neither an age identity"),
        ("-----BEGIN RSA PRIVATE KEY-----\nx\n", "neither an age identity"),
        ("age-encryption.org/v1\n-> scrypt bm8gc2FsdCBhdCBhbGwgaA 18\n", "is itself encrypted: decrypt it first"),
    ],
)
def test_files_without_an_identity_are_refused(tmp_path: Path, content, problem):
    (tmp_path / "key").write_text(content)
    with pytest.raises(WrongKey, match=f"key .*{problem}"):
        read_identities([tmp_path / "key"])


def test_a_damaged_private_key_is_not_shown():
    with pytest.raises(WrongKey, match=r"^the identity given is neither") as caught:
        read_identities(["AGE-SECRET-KEY-1SECRETSECRET"])
    assert "SECRETSECRET" not in str(caught.value)


def test_a_missing_identity_file_is_named(tmp_path: Path):
    with pytest.raises(FileError, match=r"cannot read .*none"):
        read_identities([tmp_path / "none"])


@pytest.fixture
def little_work(monkeypatch):
    monkeypatch.setattr(age_passphrase, "WORK_FACTOR", 2)


def test_a_passphrase_opens_what_was_locked_under_it(little_work):
    identity = fresh_identity()
    locked = lock_identity(identity, "pässphrase")
    assert str(unlock_identity(locked, "pässphrase", name="m")) == str(identity)
    for wrong in ("passphrase", "", "Pässphrase"):
        with pytest.raises(WrongKey, match=r"^this is not the passphrase of m$"):
            unlock_identity(locked, wrong, name="m")


def test_a_passphrase_that_opens_no_identity_is_reported(little_work):
    with pytest.raises(MarkError, match=r"^the passphrase of m opens something that is no identity$"):
        unlock_identity(lock_identity("nothing of the kind", "one"), "one", name="m")


@pytest.mark.parametrize("factor", [19, 24, 40])
def test_more_work_than_a_mark_asks_for_is_refused_before_it_is_done(little_work, monkeypatch, factor):
    locked = lock_identity(fresh_identity(), "one").replace(b" 2\n", b" %d\n" % factor, 1)
    monkeypatch.setattr("pyrage.passphrase.decrypt", lambda *_: pytest.fail("the work was done"))
    with pytest.raises(MarkError, match=rf"^m asks for a work factor of {factor} to try a passphrase, and 18 is") as e:
        unlock_identity(locked, "one", name="m")
    assert not isinstance(e.value, WrongKey)


def test_work_that_pyrage_refuses_on_this_machine_is_not_taken_for_a_wrong_passphrase(little_work, monkeypatch):
    monkeypatch.setattr("tellmark.triggers.age_keys.LARGEST_WORK_FACTOR", 40)
    locked = lock_identity(fresh_identity(), "one").replace(b" 2\n", b" 40\n", 1)
    with pytest.raises(MarkError, match=r"^checking the passphrase of m would take this machine unreasonably long$"):
        unlock_identity(locked, "one", name="m")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b" 2\n", b" 100\n"), (b" 2\n", b" 02\n"), (b"-> scrypt", b"-> scrypt x"), (b"\n---", b"\n-> x y\n\n---")],
)
def test_another_header_than_that_of_a_passphrase_is_refused(little_work, old, new):
    locked = lock_identity(fresh_identity(), "one").replace(old, new, 1)
    with pytest.raises(MarkError, match=r"^the key in m is not locked under a passphrase as in a mark"):
        unlock_identity(locked, "one", name="m")


def test_without_pyrage_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(MissingExtra, match=r"an encrypted mark needs .* pip install 'tellmark\[age\]'"):
        fresh_identity()
