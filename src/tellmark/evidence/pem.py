"""Key files: private keys as PKCS #8 and public ones as SubjectPublicKeyInfo, in PEM, as other tools read them."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence.signatures import Private, Public, checked_public, kind_of

_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_DAMAGED = (ValueError, TypeError, UnsupportedAlgorithm)


def private_pem(key: Private, passphrase: str | None) -> bytes:
    """A private key as a file holds it; not encrypted where `passphrase` is None.

    Raises
    ------
    InvalidInput
        If nothing can be encrypted under the passphrase.
    """
    if passphrase is None:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        encryption = BestAvailableEncryption(passphrase.encode())
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    except ValueError:
        raise InvalidInput("a passphrase has 1 to 1023 bytes of UTF-8") from None


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
        key = load_pem_private_key(raw, None if passphrase is None else passphrase.encode())
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
    return _ENCRYPTED in raw
