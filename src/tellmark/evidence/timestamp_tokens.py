"""A timestamp token (RFC 3161) reduced to what its signature protects, and one certificate: the signer's.

Beside what an authority signs, a token has room for more: any number of certificates, revocation lists, attributes
that nobody signed, the name of the signature's algorithm, which verifiers do not read. Whoever passes a token on could
change all that unseen. A reduced token has none of it, or in the one form that follows from the rest.

References
----------
C. Adams, P. Cain, D. Pinkas, R. Zuccherato. Time-Stamp Protocol. RFC 3161, 2001.
R. Housley. Cryptographic Message Syntax. RFC 5652, 2009.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tellmark.errors import EvidenceError
from tellmark.evidence.der import NULL, SEQUENCE, SET, Element, elements, integer, joined, oid
from tellmark.evidence.tsa_certificates import der_of_certificate, read_certificate, reading_hostile

_CERTIFICATES = 0xA0
_GRANTED = joined(SEQUENCE, integer(0))
_RSA = joined(SEQUENCE, oid(1, 2, 840, 113549, 1, 1, 1), Element(NULL, b""))
_ECDSA = {
    oid(2, 16, 840, 1, 101, 3, 4, 2, 1): joined(SEQUENCE, oid(1, 2, 840, 10045, 4, 3, 2)),
    oid(2, 16, 840, 1, 101, 3, 4, 2, 2): joined(SEQUENCE, oid(1, 2, 840, 10045, 4, 3, 3)),
    oid(2, 16, 840, 1, 101, 3, 4, 2, 3): joined(SEQUENCE, oid(1, 2, 840, 10045, 4, 3, 4)),
}
"""The algorithm that signs with ECDSA, by the digest: SHA-256, SHA-384, SHA-512."""


def reduced(token: bytes) -> tuple[bytes, list[x509.Certificate]]:
    """A token without what its signature does not protect, and the certificates that came with it.

    Returns
    -------
    bytes
        `reduced` gives them back as they are.
    list of Certificate
        The signer's first, the others in their order.

    Raises
    ------
    EvidenceError
        If it is no token with one signature, by RSA (PKCS #1 v1.5) or by ECDSA, with SHA-2, and the certificate of
        whoever signed.
    """
    try:
        (outer,) = elements(token)
        kind, wrapper = outer.inner
        (signed,) = wrapper.inner
        _, _, content, *optional, signers = signed.inner
        (signer,) = signers.inner
        _, name, digest, attributes, _, signature, *_ = signer.inner
        hashing, *_ = digest.inner
    except ValueError:
        raise EvidenceError("a timestamp token is not laid out as one with one signature") from None
    certificates = [each for part in optional if part.tag == _CERTIFICATES for each in part.inner]
    found = _signer_first([read_certificate(each.encoded) for each in certificates], name)
    algorithm = _algorithm(found[0], hashing)
    signer = joined(SEQUENCE, integer(1), name, digest, attributes, algorithm, signature)
    signed = joined(SEQUENCE, integer(3), joined(SET, digest), content, _as_certificates(found[0]), joined(SET, signer))
    return joined(outer.tag, kind, joined(wrapper.tag, signed)).encoded, found


def token_in(answer: bytes) -> bytes:
    """The token in an authority's answer to a request.

    Raises
    ------
    EvidenceError
        If the authority did not grant one.
    """
    try:
        (outer,) = elements(answer)
        status, *token = outer.inner
        number, *_ = status.inner
    except ValueError:
        raise EvidenceError("the answer is no timestamp response (RFC 3161)") from None
    if number != integer(0) or len(token) != 1:
        raise EvidenceError(f"no timestamp was granted (status {int.from_bytes(number.content[:4], 'big')})")
    return token[0].encoded


def as_answer(token: bytes) -> bytes:
    """The answer that grants a token and says nothing more."""
    return joined(SEQUENCE, _GRANTED, *elements(token)).encoded


def _signer_first(certificates: list[x509.Certificate], name: Element) -> list[x509.Certificate]:
    """The one that `name`, an issuer and a serial number, stands for, and then the others."""
    with reading_hostile("a certificate that came with a timestamp"):
        named = [joined(SEQUENCE, *elements(each.issuer.public_bytes()), _serial(each)) for each in certificates]
    if name not in named:
        raise EvidenceError("a timestamp token comes without the certificate of whoever signed it")
    first = certificates[named.index(name)]
    return [first, *(each for each in certificates if each != first)]


def _serial(certificate: x509.Certificate) -> Element:
    if certificate.serial_number < 0:
        raise EvidenceError("a certificate that came with a timestamp has a negative serial number")
    return integer(certificate.serial_number)


def _algorithm(signer: x509.Certificate, hashing: Element) -> Element:
    with reading_hostile("the certificate of a time-stamping authority"):
        is_rsa = isinstance(signer.public_key(), rsa.RSAPublicKey)
    if hashing not in _ECDSA:
        raise EvidenceError("a timestamp is signed with a digest other than SHA-256, SHA-384 and SHA-512")
    return _RSA if is_rsa else _ECDSA[hashing]


def _as_certificates(one: x509.Certificate) -> Element:
    return joined(_CERTIFICATES, *elements(der_of_certificate(one)))
