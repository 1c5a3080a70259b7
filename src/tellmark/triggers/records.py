"""What a mark file says about itself: its members, its secrets, its shards; and reading such JSON strictly."""

from __future__ import annotations

import re
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError
from rfc8785 import CanonicalizationError

from tellmark.digests import canonical_json
from tellmark.errors import InvalidInput, MarkError
from tellmark.triggers.document import FORMAT
from tellmark.triggers.fields import DigestText
from tellmark.triggers.recipe import Document
from tellmark.types import Json

Protection = Literal["none", "passphrase", "recipients"]
_VERSION = int(FORMAT.rpartition("/")[2])
_Doc = TypeVar("_Doc", bound=Document)


class MemberRecord(Document):
    """A member of the outer zip: its name, its size in bytes, its digest."""

    name: str
    size: int = Field(ge=0)
    digest: DigestText


class Manifest(Document):
    """``manifest.json``: the members before it, in order, and how the secrets are protected.

    Attributes
    ----------
    format : str
        Version of the file format, at this place in every version.
    protection : str
        ``none``; ``passphrase``: age, to a key that ``identity.age`` holds under the passphrase;
        ``recipients``: age, to keys the owner named.
    members : tuple of MemberRecord
    """

    format: Literal["tellmark.mark/1"] = FORMAT
    protection: Protection
    members: tuple[MemberRecord, ...]


class ShardRecord(Document):
    """A stretch of the triggers: the member that holds it, how many they are, the member's digest."""

    name: str
    triggers: int = Field(ge=1)
    digest: DigestText


class SecretsDocument(Document):
    """``secrets.json``: the seed, and what binds the secrets together.

    Attributes
    ----------
    format : str
    mark : str
        Digest of ``mark.json``: these secrets belong to that public part and no other.
    seed : str
        32 bytes in hexadecimal digits.
    triggers : int
        How many there are, in all shards together.
    shards : tuple of ShardRecord
        In order, of any lengths.
    """

    format: Literal["tellmark.secrets/1"] = "tellmark.secrets/1"
    mark: DigestText
    seed: str = Field(pattern="^[0-9a-f]{64}$", repr=False)
    triggers: int = Field(ge=1)
    shards: tuple[ShardRecord, ...]


def as_json(document: Document) -> Json:
    """A document as JSON objects, as it is written to files."""
    return document.model_dump(mode="json", by_alias=True)


def document_bytes(document: Document) -> bytes:
    """A document as it is written to a file: canonical JSON (RFC 8785).

    Raises
    ------
    InvalidInput
        If it holds NaN, infinity, a whole number beyond 2^53 or half a surrogate pair.
    """
    try:
        return canonical_json(as_json(document))
    except CanonicalizationError as error:
        raise InvalidInput(f"this {type(document).__name__} cannot be written as JSON: {error}") from None


def read_document(kind: type[_Doc], raw: bytes, *, where: str) -> _Doc:
    """Parse what `document_bytes` wrote, and nothing else.

    Parameters
    ----------
    where : str
        For messages: the member and the file.

    Raises
    ------
    MarkError
        If `raw` is no JSON, does not follow the schema, or says the same in other bytes.
    """
    try:
        document = kind.model_validate_json(raw)
    except ValidationError as error:
        raise MarkError(f"{where} {_first_problem(error)}") from None
    try:
        canonical = document_bytes(document) == raw
    except InvalidInput:
        canonical = False
    if not canonical:
        raise MarkError(f"{where} is not canonical JSON (RFC 8785): it was changed after it was made")
    return document


def require_known_format(raw: bytes, *, where: str) -> None:
    """Raise `MarkError` unless the JSON document `raw` states the format that this version reads."""
    try:
        stated = _Stated.model_validate_json(raw).format
    except ValidationError as error:
        raise MarkError(f"{where} {_first_problem(error)}") from None
    version = re.fullmatch(r"tellmark\.mark/([1-9][0-9]{0,8})", stated)
    if version is None:
        raise MarkError(f"{where} states the format {stated[:40]!r}, which is none of Tellmark's")
    if int(version[1]) > _VERSION:
        raise MarkError(
            f"{where} was made by a newer Tellmark: format {stated}, this one reads {FORMAT}; upgrade Tellmark"
        )


class _Stated(BaseModel):
    """The one field that documents of every version have."""

    format: str


def _first_problem(error: ValidationError) -> str:
    """The first of the errors as the end of a sentence, without the value found: it may be a secret."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    first, more = problems[0], len(problems) - 1
    if first["type"] == "json_invalid":
        return "is not valid JSON"
    field = ".".join(map(str, first["loc"]))[:80] or "the document"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return f"does not follow the format: {field}: {reason}" + (f" (and {more} more)" if more else "")
