"""Trusted timestamps (RFC 3161): an authority's signed word that some bytes existed at a time.

References
----------
C. Adams, P. Cain, D. Pinkas, R. Zuccherato. Time-Stamp Protocol. RFC 3161, 2001.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from cryptography import x509
from pydantic import Field

from tellmark.documents import Document
from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence.base64_text import bytes_of, text_of
from tellmark.evidence.predicates import Base64
from tellmark.evidence.timestamp_tokens import as_answer, reduced, token_in
from tellmark.evidence.tsa_certificates import (
    Roots,
    check_may_stamp,
    checked_path,
    der_of_certificate,
    ordered_chain,
    read_certificate,
    reading_hostile,
)
from tellmark.evidence.tsa_client import answer_of, named

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

_HASHES = {"2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"}
"""SHA-256 and SHA-512."""

_LONGEST_TOKEN = 1 << 17


class TimestampRecord(Document):
    """A timestamp as it is kept, with all that checking it needs but the roots.

    Attributes
    ----------
    authority : str
        Subject of the certificate that signed (RFC 4514). The check compares it.
    token : str
        The token, reduced to what its signature protects (`tellmark.evidence.timestamp_tokens`): DER in base64.
    chain : tuple of str
        The certificates between the one that signed, which the token holds, and the root: DER in base64.
    nonce : str
        The number that was asked along, in hexadecimal: the token answers this very request.
    """

    authority: Annotated[str, Field(min_length=1, max_length=1000)]
    token: Annotated[Base64, Field(max_length=_LONGEST_TOKEN)]
    chain: Annotated[tuple[Annotated[Base64, Field(max_length=_LONGEST_TOKEN)], ...], Field(max_length=8)]
    nonce: Annotated[str, Field(pattern="^[1-9a-f][0-9a-f]{0,39}$")]


def request_timestamp(message: bytes, url: str, roots: Roots) -> TimestampRecord:
    """Have an authority stamp a message; its SHA-256 alone is sent, with a fresh nonce.

    For a registration the message is the envelope, in the bytes of the file: ``document_bytes(envelope)``.

    Parameters
    ----------
    url : str
        Where the authority answers.
    roots : tuple of Certificate
        Those of the authority: a timestamp that leads to none of them is refused, and at least one is needed.

    Raises
    ------
    InvalidInput
        If `url` is no address, or there is no root.
    EvidenceError
        If the authority gives no timestamp, or one that `verified_time` refuses.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    authority = named(url)
    if not roots:
        raise InvalidInput(f"give the root certificate of {authority}: without it nobody can tell its timestamps")
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    assert request.nonce is not None, "the builder asks with a nonce unless told not to"
    answer = answer_of(url, request.as_bytes())
    try:
        record = _record(token_in(answer), roots, nonce=request.nonce)
        verified_time(record, message, roots)
    except EvidenceError as error:
        raise EvidenceError(f"the authority {authority} answers with what is no timestamp of this: {error}") from None
    return record


def verified_time(record: TimestampRecord, message: bytes, roots: Roots) -> datetime:
    """The time at which the message existed at the latest, by the word of an authority under one of the roots.

    The signature must be that of a certificate for time-stamping that was valid at that time and leads to one of the
    roots; the token must be of this very message, by SHA-256 or SHA-512, and answer the request with this nonce.
    Whether a certificate was revoked is not looked at.

    What makes it false: an authority that lies about the time, or has lost its key.

    Parameters
    ----------
    roots : tuple of Certificate
        Those that the checker trusts; without any, no time is proven.

    Returns
    -------
    datetime
        In UTC: the token's time plus its accuracy, rounded up to a whole second.

    Raises
    ------
    EvidenceError
        If any of this does not hold.
    """
    if not roots:
        raise EvidenceError("without a root certificate of the authority, a timestamp proves nothing")
    token = bytes_of(record.token, where="a timestamp token")
    same, (signer, *others) = reduced(token)
    if same != token or others:
        raise EvidenceError("a timestamp token is not in its reduced form: it was changed after it was kept")
    chain = [read_certificate(bytes_of(each, where="a timestamp's chain")) for each in record.chain]
    with reading_hostile("a timestamp token"):
        if record.authority != signer.subject.rfc4514_string():
            raise EvidenceError("a timestamp names another authority than its certificate")
        response = _decoded(token)
        stamped = response.tst_info.gen_time.astimezone(UTC)
        check_may_stamp(signer)
        path = checked_path(signer, chain, roots, at=stamped)
        _check_signature(response, message, path, nonce=int(record.nonce, 16))
        return _rounded_up(stamped + _accuracy(response))


def _record(token: bytes, roots: Roots, *, nonce: int) -> TimestampRecord:
    kept, (signer, *others) = reduced(token)
    with reading_hostile("the certificate of a time-stamping authority"):
        return TimestampRecord(
            authority=signer.subject.rfc4514_string(),
            token=text_of(kept),
            chain=tuple(text_of(der_of_certificate(each)) for each in ordered_chain(signer, others, roots)),
            nonce=f"{nonce:x}",
        )


def _decoded(token: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    response = decode_timestamp_response(as_answer(token))
    if response.tst_info.message_imprint.hash_algorithm.dotted_string not in _HASHES:
        raise EvidenceError("a timestamp is over another digest than SHA-256 or SHA-512")
    return response


def _check_signature(
    response: TimeStampResponse, message: bytes, path: Sequence[x509.Certificate], *, nonce: int
) -> None:
    """Root, signer and nonce are always set: what is left unset, the library accepts.

    It trusts the signer's certificate and those in between as it trusts the root, so that they must have been checked.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    signer, *between, root = path
    verifier = VerifierBuilder(tsa_certificate=signer, intermediates=between, roots=[root], nonce=nonce).build()
    try:
        is_good = verifier.verify_message(response, message)
    except VerificationError as error:
        raise EvidenceError(f"a timestamp does not hold: {_first_words(error)}") from None
    if not is_good:
        raise EvidenceError("a timestamp does not hold")


def _first_words(error: Exception) -> str:
    text = str(error).rstrip(".")[:120]
    return text[:1].lower() + text[1:]


def _accuracy(response: TimeStampResponse) -> timedelta:
    stated = response.tst_info.accuracy
    if stated is None:
        return timedelta()
    return timedelta(seconds=stated.seconds or 0, milliseconds=stated.millis or 0, microseconds=stated.micros or 0)


def _rounded_up(moment: datetime) -> datetime:
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)
