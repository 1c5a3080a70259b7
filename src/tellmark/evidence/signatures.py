"""Signatures of Ed25519 and of ECDSA over P-256, each in one encoding alone: no second one verifies.

Whoever holds a valid ECDSA signature (r, s) can write down another, (r, n - s), without the key, and DER can be
bent in more ways. Here s is the smaller of the two and the DER is the one that encoding the two numbers gives, so that
nobody but the signer can change a byte of what was signed.

References
----------
S. Josefsson, I. Liusvaara. Edwards-Curve Digital Signature Algorithm (EdDSA). RFC 8032, 2017.
National Institute of Standards and Technology. Digital Signature Standard. FIPS 186-5, 2023.
"""

from __future__ import annotations

from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tellmark.errors import EvidenceError

KeyKind = Literal["ed25519", "p256"]
"""``p256`` is ECDSA over the curve P-256 with SHA-256."""

Private = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
Public = Ed25519PublicKey | ec.EllipticCurvePublicKey

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""n, of the group of P-256."""

_PRIME = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = {0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8}
"""Coordinates y of the eight points of Ed25519's curve whose order divides 8."""


def kind_of(key: object) -> KeyKind | None:
    """Which of the two a key is, private or public; None for any other."""
    if isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        return "p256"
    return None


def made_signature(key: Private, message: bytes) -> bytes:
    """The signature of a message: 64 bytes of Ed25519, or DER of two numbers."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(message)
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    return encode_dss_signature(r, min(s, _ORDER - s))


def check_signature(key: Public, signature: bytes, message: bytes) -> None:
    """Check that whoever holds the other half of the key signed the message.

    Raises
    ------
    EvidenceError
        If not, or if the signature is in another encoding than `made_signature` writes.
    """
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        else:
            _check_encoding(signature)
            key.verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise EvidenceError("the signature is not one of this key over these bytes") from None


def der_of(key: Public) -> bytes:
    """SubjectPublicKeyInfo in DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_from_der(der: bytes) -> Public:
    """The key whose `der_of` this is.

    Raises
    ------
    EvidenceError
        If it is none of the two kinds, in another encoding, or a point of Ed25519's curve for which anybody can make
        signatures.
    """
    try:
        key = load_der_public_key(der)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise EvidenceError("this is no public key, or one of an unknown kind") from None
    return checked_public(key, der)


def checked_public(key: object, der: bytes | None = None) -> Public:
    """The key itself, if it is of one of the two kinds, strong, and where `der` is given encoded as it should be.

    Raises
    ------
    EvidenceError
        See `public_from_der`.
    """
    if not isinstance(key, Ed25519PublicKey | ec.EllipticCurvePublicKey) or kind_of(key) is None:
        raise EvidenceError("this public key is neither Ed25519 nor ECDSA over P-256")
    if der is not None and der_of(key) != der:
        raise EvidenceError("this public key is encoded in an unusual way")
    if isinstance(key, Ed25519PublicKey) and _is_weak(key):
        raise EvidenceError("this public key is one under which anybody can sign")
    return key


def _check_encoding(signature: bytes) -> None:
    try:
        r, s = decode_dss_signature(signature)
    except ValueError:
        raise EvidenceError("the signature is no ECDSA signature") from None
    if not 0 < r < _ORDER or not 0 < s <= _ORDER // 2 or encode_dss_signature(r, s) != signature:
        raise EvidenceError("the signature is encoded in an unusual way: somebody may have changed it")


def _is_weak(key: Ed25519PublicKey) -> bool:
    y = int.from_bytes(key.public_bytes_raw(), "little") & ((1 << 255) - 1)
    return y % _PRIME in _SMALL_ORDER
