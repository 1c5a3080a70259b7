"""The envelope in which a signed statement travels: DSSE, with one signature, written in one way only.

What is signed is not the payload alone but, with it, what kind of payload it is and both lengths.

References
----------
Dead Simple Signing Envelope, version 1: protocol and envelope.
https://github.com/secure-systems-lab/dsse
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal

from pydantic import Field

from tellmark.digests import digest_bytes
from tellmark.documents import DigestText, Document, Malformed, document_bytes, parsed
from tellmark.errors import EvidenceError
from tellmark.evidence.base64_text import bytes_of, text_of
from tellmark.evidence.keys import PublicKey, SigningKey, public_key
from tellmark.evidence.predicates import Base64, KeyRecord
from tellmark.evidence.statement import AnyPredicate, Statement
from tellmark.types import Digest

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class EnvelopeSignature(Document):
    """A signature and whose it is."""

    keyid: DigestText
    sig: Base64


class Envelope(Document):
    """A payload with its one signature.

    Attributes
    ----------
    payload : str
        Canonical JSON of a statement, in base64.
    payload_type : str
        ``payloadType`` in the file.
    signatures : tuple of one EnvelopeSignature
    """

    payload: Base64
    payload_type: Literal["application/vnd.in-toto+json"] = Field(default=PAYLOAD_TYPE, alias="payloadType")
    signatures: tuple[EnvelopeSignature]

    @cached_property
    def digest(self) -> Digest:
        """Of the envelope's bytes."""
        return digest_bytes(document_bytes(self))


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed for a payload (PAE of DSSE version 1).

    Examples
    --------
    >>> pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sealed(statement: Statement[AnyPredicate], key: SigningKey) -> Envelope:
    """The statement, signed.

    Raises
    ------
    InvalidInput
        If it cannot be written as canonical JSON (NaN, infinity, half a surrogate pair).
    """
    payload = document_bytes(statement)
    signature = key.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    return Envelope(
        payload=text_of(payload), signatures=(EnvelopeSignature(keyid=key.public.keyid, sig=text_of(signature)),)
    )


def opened(envelope: Envelope, kind: type[AnyPredicate], key: PublicKey) -> Statement[AnyPredicate]:
    """The statement in an envelope that `key` signed.

    Parameters
    ----------
    kind : type
        Class of the predicate that is expected.

    Raises
    ------
    EvidenceError
        If another key signed, nobody did, or the payload is no statement of this kind in canonical JSON.
    """
    what = _named(kind)
    payload = bytes_of(envelope.payload, where=f"the payload of the {what}")
    (signature,) = envelope.signatures
    if signature.keyid != key.keyid:
        raise EvidenceError(f"the {what} is signed by the key {signature.keyid}, not by {key.keyid}")
    raw = bytes_of(signature.sig, where=f"the signature of the {what}")
    try:
        key.verify(raw, pre_authentication_encoding(envelope.payload_type, payload))
    except EvidenceError as error:
        raise EvidenceError(f"the {what} is not what was signed: {error}") from None
    return _statement(payload, kind)


def opened_by_its_signer(
    envelope: Envelope, kind: type[AnyPredicate], signer: Callable[[AnyPredicate], KeyRecord]
) -> Statement[AnyPredicate]:
    """The statement in an envelope, signed by the very key that the statement names.

    That shows that whoever holds this key says so, not who that is.

    Parameters
    ----------
    signer : callable
        Where the predicate names the key.

    Raises
    ------
    EvidenceError
        See `opened`.
    """
    unverified = _statement(bytes_of(envelope.payload, where=f"the payload of the {_named(kind)}"), kind)
    return opened(envelope, kind, public_key(signer(unverified.predicate)))


def read_envelope(raw: bytes, where: str) -> Envelope:
    """The envelope whose canonical JSON these bytes are; its signature is not checked yet.

    Parameters
    ----------
    where : str
        For messages: the file.

    Raises
    ------
    EvidenceError
        If they are anything else.
    """
    try:
        return parsed(Envelope, raw)
    except Malformed as error:
        raise EvidenceError(f"{where} {error}") from None


def _statement(payload: bytes, kind: type[AnyPredicate]) -> Statement[AnyPredicate]:
    try:
        return parsed(Statement[kind], payload)
    except Malformed as error:
        raise EvidenceError(f"the payload of the {_named(kind)} {error}") from None


def _named(kind: type[Document]) -> str:
    return kind.__name__.removesuffix("Predicate").lower()
