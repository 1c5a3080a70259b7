"""Keys: what one signs, it alone signed, in one encoding; their files open with the passphrase and show nothing."""

from __future__ import annotations

import base64
import hashlib
import shutil
import stat
import subprocess
import traceback
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import EvidenceError, FileError, InvalidInput
from tellmark.evidence import keys, pem, signatures
from tellmark.evidence.base64_text import text_of
from tellmark.evidence.keys import load_key, load_public, new_key, public_key, save_key
from tellmark.evidence.predicates import KeyRecord

OPENSSL = shutil.which("openssl") or "openssl"
repeatable = settings(derandomize=True, deadline=None)

KINDS = ["ed25519", "p256"]
PASSPHRASE = "planted passphrase 271828"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEYS = {kind: new_key(kind) for kind in KINDS}
SIGNED = {kind: key.sign(b"message") for kind, key in KEYS.items()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """scrypt at a cost that protects nothing."""
    monkeypatch.setattr(pem, "COST", 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_of_one_key_and_one_message(kind):
    key, other = KEYS[kind], new_key(kind)
    signature = key.sign(b"message")
    key.public.verify(signature, b"message")
    for verifier, message in ((other.public, b"message"), (key.public, b"massage"), (key.public, b"")):
        with pytest.raises(EvidenceError):
            verifier.verify(signature, message)


@pytest.mark.parametrize("kind", KINDS)
def test_every_change_of_one_bit_of_a_signature_is_refused(kind):
    signature = SIGNED[kind]
    for place in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(EvidenceError):
            KEYS[kind].public.verify(bytes(changed), b"message")


def test_the_second_signature_that_anybody_can_make_of_an_ecdsa_signature_is_refused():
    """The library accepts it, and a longer DER of the same numbers is no other signature either."""
    key = KEYS["p256"]
    r, s = decode_dss_signature(SIGNED["p256"])
    assert s <= ORDER // 2
    twin = encode_dss_signature(r, ORDER - s)
    key.public._key.verify(twin, b"message", ec.ECDSA(signatures.SHA256()))
    for bent in (twin, SIGNED["p256"] + b"\0", SIGNED["p256"][:-1], b"", b"\x30\x00"):
        with pytest.raises(EvidenceError):
            key.public.verify(bent, b"message")


def test_ecdsa_signatures_are_always_the_lower_of_the_two():
    for number in range(40):
        _, s = decode_dss_signature(KEYS["p256"].sign(bytes([number])))
        assert s <= ORDER // 2


def test_a_scalar_of_ed25519_beyond_the_order_of_the_group_is_refused():
    signature = SIGNED["ed25519"]
    order = 2**252 + 27742317777372353535851937790883648493
    beyond = int.from_bytes(signature[32:], "little") + order
    with pytest.raises(EvidenceError):
        KEYS["ed25519"].public.verify(signature[:32] + beyond.to_bytes(32, "little"), b"message")


@pytest.mark.parametrize(
    "point",
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ],
)
def test_a_point_for_which_anybody_can_sign_is_no_key(point):
    der = bytes.fromhex("302a300506032b6570032100" + point)
    with pytest.raises(EvidenceError, match="anybody can sign"):
        signatures.public_from_der(der)


def test_what_the_weak_keys_are_refused_for_is_real():
    """Under the neutral element the all-zero scalar signs every message."""
    raw = bytes.fromhex("01" + "00" * 31)
    neutral = signatures.Ed25519PublicKey.from_public_bytes(raw)
    for message in (b"one", b"another"):
        neutral.verify(raw + bytes(32), message)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_named_by_the_digest_of_its_encoding(kind):
    public = KEYS[kind].public
    der = base64.b64decode(public.spki)
    assert public.keyid == "sha256:" + hashlib.sha256(der).hexdigest()
    assert public_key(public.record) == public
    assert public.kind == kind
    other = new_key(kind).public
    for wrong in ({"keyid": other.keyid}, {"key": other.spki}, {"kind": {"ed25519": "p256", "p256": "ed25519"}[kind]}):
        with pytest.raises(EvidenceError):
            public_key(public.record.model_copy(update=wrong))


def test_a_point_of_p256_has_one_encoding():
    point = KEYS["p256"].public._key
    compressed = point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    der = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + compressed
    assert signatures.load_der_public_key(der) == point
    with pytest.raises(EvidenceError, match="unusual way"):
        public_key(KeyRecord(kind="p256", key=text_of(der), keyid="sha256:" + hashlib.sha256(der).hexdigest()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_comes_back_from_its_file(kind, tmp_path):
    path = tmp_path / "owner.key"
    save_key(KEYS[kind], path, PASSPHRASE)
    assert keys.is_encrypted(path)
    back = load_key(path, PASSPHRASE)
    assert load_public(tmp_path / "owner.pub") == back.public == KEYS[kind].public
    back.public.verify(back.sign(b"m"), b"m")
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert names(tmp_path) == ["owner.key", "owner.pub"]


@pytest.mark.parametrize("kind", KINDS)
def test_other_tools_read_the_files(kind, tmp_path, monkeypatch):
    """With the cost that keys have in use."""
    monkeypatch.setattr(pem, "COST", 1 << 14)
    save_key(KEYS[kind], tmp_path / "owner.key", PASSPHRASE)
    words = ["pkey", "-in", tmp_path / "owner.key", "-passin", f"pass:{PASSPHRASE}", "-pubout"]
    read = subprocess.run([OPENSSL, *words], capture_output=True, check=True).stdout
    assert read == (tmp_path / "owner.pub").read_bytes()
    assert load_key(tmp_path / "owner.key", PASSPHRASE) == KEYS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_written_as_it_is_only_on_demand(kind, tmp_path):
    save_key(KEYS[kind], tmp_path / "owner.key", None)
    assert not keys.is_encrypted(tmp_path / "owner.key")
    assert load_key(tmp_path / "owner.key", None) == KEYS[kind]
    with pytest.raises(EvidenceError, match="not encrypted, though"):
        load_key(tmp_path / "owner.key", PASSPHRASE)


@pytest.mark.parametrize("existing", ["owner.key", "owner.pub"])
def test_no_file_is_overwritten(existing, tmp_path):
    (tmp_path / existing).write_text("mine")
    with pytest.raises(InvalidInput, match=f"{existing} exists"):
        save_key(KEYS["p256"], tmp_path / "owner.key", PASSPHRASE)
    assert names(tmp_path) == [existing]
    assert (tmp_path / existing).read_text() == "mine"


def test_a_key_is_not_named_as_a_public_one(tmp_path):
    with pytest.raises(InvalidInput, match="name of a public key"):
        save_key(KEYS["p256"], tmp_path / "owner.pub", PASSPHRASE)
    with pytest.raises(FileError):
        save_key(KEYS["p256"], tmp_path / "nowhere" / "owner.key", PASSPHRASE)
    assert names(tmp_path) == []


@pytest.mark.parametrize("passphrase", ["", "x" * 1024, "\ud800"])
def test_what_is_no_passphrase_is_refused(passphrase, tmp_path):
    with pytest.raises(InvalidInput):
        save_key(KEYS["p256"], tmp_path / "owner.key", passphrase)
    assert names(tmp_path) == []


def test_the_longest_passphrase_opens(tmp_path):
    save_key(KEYS["p256"], tmp_path / "owner.key", "ß" * 511)
    load_key(tmp_path / "owner.key", "ß" * 511)


def test_a_wrong_or_missing_passphrase_is_told_and_neither_is_shown(tmp_path):
    save_key(KEYS["ed25519"], tmp_path / "owner.key", PASSPHRASE)
    for wrong, words in (("planted other 31415", "wrong passphrase"), ("", "wrong passphrase"), (None, "give its")):
        with pytest.raises(EvidenceError, match=words) as caught:
            load_key(tmp_path / "owner.key", wrong)
        assert "planted" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_shows_its_public_half_alone(kind):
    key = KEYS[kind]
    secret = key._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert repr(key) == f"SigningKey(public=PublicKey(kind={kind!r}, keyid={key.public.keyid!r}))"
    assert secret[-16:].hex() not in f"{key} {key!r} {vars(key)}"


OTHERS = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "k256": ec.generate_private_key(ec.SECP256K1()),
    "ed448": ed448.Ed448PrivateKey.generate(),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_keys_of_other_kinds_are_refused(kind, tmp_path):
    key = OTHERS[kind]
    plain, hidden, public = tmp_path / "plain.key", tmp_path / "hidden.key", tmp_path / "their.pub"
    plain.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    hidden.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw")))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for path, passphrase in ((plain, None), (hidden, "pw")):
        with pytest.raises(EvidenceError, match="another kind"):
            load_key(path, passphrase)
    with pytest.raises(EvidenceError, match="neither Ed25519 nor"):
        load_public(public)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(EvidenceError):
        signatures.public_from_der(der)


def test_files_that_are_none_are_refused(tmp_path):
    path = tmp_path / "owner.key"
    with pytest.raises(FileError):
        load_key(path, None)
    for content in (b"", b"\0" * 100, b"x" * 100_000, pem.public_pem(KEYS["p256"].public._key)):
        path.write_bytes(content)
        with pytest.raises(EvidenceError):
            load_key(path, None)
    path.write_bytes(pem.private_pem(KEYS["p256"]._key, None))
    with pytest.raises(EvidenceError):
        load_public(path)


def test_other_kinds_that_the_library_reads_are_refused():
    der = dsa.generate_private_key(2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(EvidenceError):
        signatures.public_from_der(der)


PLAIN = {kind: pem.private_pem(key._key, None) for kind, key in KEYS.items()}
PUBLIC = {kind: pem.public_pem(key.public._key) for kind, key in KEYS.items()}
changes = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4)


def changed(raw, places):
    out = bytearray(raw)
    for place, value in places:
        out[place % len(out)] = value
    return bytes(out)


@repeatable
@given(st.sampled_from(KINDS), changes | st.binary(max_size=200))
def test_no_content_of_a_file_gets_past_the_errors(kind, change):
    for good, read in ((PLAIN, lambda raw: pem.private_from_pem(raw, None, where="it")), (PUBLIC, read_public)):
        with suppress(EvidenceError):
            read(change if isinstance(change, bytes) else changed(good[kind], change))


def read_public(raw):
    return pem.public_from_pem(raw, where="it")


@repeatable
@given(st.sampled_from(KINDS), changes | st.binary(max_size=120))
def test_no_public_key_in_a_statement_gets_past_the_errors(kind, change):
    der = base64.b64decode(KEYS[kind].public.spki)
    raw = change if isinstance(change, bytes) else changed(der, change)
    with suppress(EvidenceError):
        assert signatures.der_of(signatures.public_from_der(raw)) == raw


@repeatable
@given(st.sampled_from(KINDS), st.binary(max_size=80))
def test_no_signature_gets_past_the_errors(kind, signature):
    with pytest.raises(EvidenceError):
        KEYS[kind].public.verify(signature, b"message")
