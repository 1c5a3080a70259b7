"""Key files: private keys as PKCS #8 and public ones as SubjectPublicKeyInfo, in PEM, as other tools read them.

A private key is encrypted with AES-256 under a key that scrypt makes of the passphrase (PBES2). The library that writes
PKCS #8 otherwise makes it by 2048 rounds of PBKDF2, which a machine tries by the million.

References
----------
K. Moriarty, B. Kaliski, A. Rusch. PKCS #5: Password-Based Cryptography Specification. RFC 8018, 2017.
C. Percival, S. Josefsson. The scrypt Password-Based Key Derivation Function. RFC 7914, section 7, 2016.
"""

from __future__ import annotations

import base64
import secrets
import textwrap

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence.der import OCTETS, SEQUENCE, Element, integer, joined, oid
from tellmark.evidence.signatures import Private, Public, checked_public, kind_of

COST = 1 << 14
"""N of scrypt, with blocks of 8 and 5 in parallel: 16 MiB each, as much as OpenSSL reads."""

_BLOCK, _PARALLEL = 8, 5
_LONGEST_PASSPHRASE = 1023
_BEGIN, _END = "-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----END ENCRYPTED PRIVATE KEY-----"
_PBES2 = oid(1, 2, 840, 113549, 1, 5, 13)
_SCRYPT = oid(1, 3, 6, 1, 4, 1, 11591, 4, 11)
_AES_256_CBC = oid(2, 16, 840, 1, 101, 3, 4, 1, 42)
_DAMAGED = (ValueError, TypeError, UnsupportedAlgorithm, MemoryError)


def private_pem(key: Private, passphrase: str | None) -> bytes:
    """A private key as a file holds it; not encrypted where `passphrase` is None.

    Raises
    ------
    InvalidInput
        If nothing can be encrypted under the passphrase.
    """
    if passphrase is None:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    words = _bytes_of(passphrase)
    if not 1 <= len(words) <= _LONGEST_PASSPHRASE:
        raise InvalidInput(f"a passphrase has 1 to {_LONGEST_PASSPHRASE} bytes")
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    text = base64.b64encode(_encrypted(plain, words)).decode("ascii")
    return "\n".join([_BEGIN, *textwrap.wrap(text, 64), _END, ""]).encode("ascii")


def private_from_pem(raw: bytes, passphrase: str | None, *, where: str) -> Private:
    """The private key in a file.

    Raises
    ------
    EvidenceError
        If the passphrase is missing or wrong, or there is no key of a known kind.
    """
    if is_encrypted(raw) and passphrase is None:
        raise EvidenceError(f"{where} is encrypted: give its passphrase")
    if not is_encrypted(raw) and passphrase is not None:
        raise EvidenceError(f"{where} is not encrypted, though a passphrase is given for it")
    try:
        key = load_pem_private_key(raw, None if passphrase is None else _bytes_of(passphrase))
    except _DAMAGED:
        reason = "is no private key in PEM" if passphrase is None else "does not open: a wrong passphrase, or damaged"
        raise EvidenceError(f"{where} {reason}") from None
    if kind_of(key) is None:
        raise EvidenceError(f"{where} holds a key of another kind than Ed25519 or ECDSA over P-256")
    return key  # pyright: ignore[reportReturnType] - one of the two kinds


def public_pem(key: Public) -> bytes:
    """A public key as a file holds it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_from_pem(raw: bytes, *, where: str) -> Public:
    """The public key in a file.

    Raises
    ------
    EvidenceError
        If there is none of a known kind.
    """
    try:
        key = load_pem_public_key(raw)
    except _DAMAGED:
        raise EvidenceError(f"{where} holds no public key in PEM") from None
    try:
        return checked_public(key)
    except EvidenceError as error:
        raise EvidenceError(f"{where}: {error}") from None


def is_encrypted(raw: bytes) -> bool:
    """Whether the private key in a file is encrypted."""
    return _BEGIN.encode() in raw


def _encrypted(plain: bytes, passphrase: bytes) -> bytes:
    """EncryptedPrivateKeyInfo in DER."""
    salt, start = secrets.token_bytes(16), secrets.token_bytes(16)
    key = Scrypt(salt=salt, length=32, n=COST, r=_BLOCK, p=_PARALLEL).derive(passphrase)
    padder, encryptor = PKCS7(128).padder(), Cipher(AES256(key), CBC(start)).encryptor()
    hidden = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    costs = joined(SEQUENCE, Element(OCTETS, salt), integer(COST), integer(_BLOCK), integer(_PARALLEL))
    derivation = joined(SEQUENCE, _SCRYPT, costs)
    cipher = joined(SEQUENCE, _AES_256_CBC, Element(OCTETS, start))
    algorithm = joined(SEQUENCE, _PBES2, joined(SEQUENCE, derivation, cipher))
    return joined(SEQUENCE, algorithm, Element(OCTETS, hidden)).encoded


def _bytes_of(passphrase: str) -> bytes:
    try:
        return passphrase.encode()
    except UnicodeEncodeError:
        raise InvalidInput("a passphrase is Unicode text") from None
