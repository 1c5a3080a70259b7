"""A registration: what its owner signed, and the times that others vouch for; in one file, ``.tmk``.

The file is one document in canonical JSON, and holds nothing secret. What the owner signed is in an envelope; around it
stands what others say of the envelope, and may be added later: timestamps under public roots, and where there are
any an OpenTimestamps proof and an entry of a transparency log. These two are carried along, and nothing rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tellmark.digests import digest_bytes
from tellmark.documents import Document, Malformed, check_format, document_bytes, parsed
from tellmark.errors import EvidenceError
from tellmark.evidence.base64_text import bytes_of
from tellmark.evidence.envelope import Envelope, opened_by_its_signer
from tellmark.evidence.predicates import Base64, RegistrationPredicate
from tellmark.evidence.registration_checks import check_registration
from tellmark.evidence.statement import Subject, subject
from tellmark.evidence.timestamps import TimestampRecord
from tellmark.files import open_to_read, replacing
from tellmark.types import Digest

FORMAT = "tellmark.registration/1"

_LONGEST = 1 << 26
"""Bytes of a file: room for half a million triggers."""


class Extras(Document):
    """What else vouches for a time; nothing that Tellmark says rests on it.

    Attributes
    ----------
    ots : str or None
        An OpenTimestamps proof over the envelope's digest, in base64.
    rekor : object or None
        An entry of a transparency log, as the log gives it.
    """

    ots: Base64 | None = None
    rekor: dict[str, Any] | None = None


class RegistrationDocument(Document):
    """What a ``.tmk`` file holds.

    Attributes
    ----------
    format : str
        Version of the file format.
    envelope : Envelope
        Of a statement with a `RegistrationPredicate`, signed by the key that it names.
    timestamps : tuple of TimestampRecord
        Each over the envelope's canonical JSON.
    extras : Extras
    """

    format: Literal["tellmark.registration/1"] = FORMAT
    envelope: Envelope
    timestamps: tuple[TimestampRecord, ...] = ()
    extras: Extras = Extras()


@dataclass(frozen=True)
class Registration:
    """A registration that its owner signed and whose numbers go together; its timestamps are not verified here.

    Attributes
    ----------
    document : RegistrationDocument
    said : RegistrationPredicate
        What the envelope says.
    """

    document: RegistrationDocument
    said: RegistrationPredicate

    @cached_property
    def content(self) -> bytes:
        """The bytes of the file."""
        return document_bytes(self.document)

    @cached_property
    def digest(self) -> Digest:
        """Of the file, timestamps included: a claim is made on it."""
        return digest_bytes(self.content)

    @property
    def stamped(self) -> bytes:
        """The bytes that timestamps are over: the envelope's."""
        return document_bytes(self.document.envelope)

    def with_timestamp(self, record: TimestampRecord) -> Registration:
        """With one more timestamp. It is another file then; a claim made on the former needs the former."""
        timestamps = (*self.document.timestamps, record)
        return replace(self, document=self.document.model_copy(update={"timestamps": timestamps}))

    def save(self, path: str | Path) -> None:
        """Write it to a file, whole or not at all.

        Raises
        ------
        FileError
            If that cannot be done.
        """
        with replacing(path) as file:
            file.write(self.content)


def registration_of(envelope: Envelope) -> Registration:
    """The registration that an envelope holds, without timestamps.

    Raises
    ------
    EvidenceError
        If the key that it names did not sign it, or what it says does not go together.
    """
    return _checked(RegistrationDocument(envelope=envelope))


def load_registration(path: str | Path) -> Registration:
    """Read a ``.tmk`` file, and check all of it but its timestamps.

    Raises
    ------
    FileError
        If it cannot be read.
    EvidenceError
        If it is no registration, was changed, or is of a newer format.
    """
    with open_to_read(path) as file:
        raw = file.read(_LONGEST + 1)
    return read_registration(raw, where=str(path))


def read_registration(raw: bytes, *, where: str) -> Registration:
    """The registration in a file's content; see `load_registration`.

    Parameters
    ----------
    where : str
        For messages: the file.
    """
    if len(raw) > _LONGEST:
        raise EvidenceError(f"{where} is too long for a registration")
    try:
        check_format(raw, FORMAT)
        return _checked(parsed(RegistrationDocument, raw))
    except Malformed as error:
        raise EvidenceError(f"{where} {error}") from None
    except EvidenceError as error:
        raise EvidenceError(f"{where}: {error}") from None


def subjects_of(predicate: RegistrationPredicate) -> tuple[Subject, ...]:
    """What a registration's statement speaks of: the mark's public part and the files of the model."""
    files = (subject(f"model/{file.name}", file.digest) for file in predicate.files)
    return (subject("mark.json", predicate.mark), *files)


def _checked(document: RegistrationDocument) -> Registration:
    signed = opened_by_its_signer(document.envelope, RegistrationPredicate, lambda said: said.owner)
    if signed.subject != subjects_of(signed.predicate):
        raise EvidenceError("the registration's statement speaks of other files than the registration names")
    check_registration(signed.predicate)
    if document.extras.ots is not None:
        bytes_of(document.extras.ots, where="the OpenTimestamps proof")
    return Registration(document, signed.predicate)
