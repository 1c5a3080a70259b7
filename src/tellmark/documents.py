"""Documents that are written to files as canonical JSON, and read back only if every byte is as it was written."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from rfc8785 import CanonicalizationError

from tellmark.digests import canonical_json
from tellmark.errors import InvalidInput
from tellmark.types import Json

DigestText = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]
"""`tellmark.types.Digest` in a document."""

Count = Annotated[int, Field(ge=0, lt=1 << 53)]
"""A whole number that every JSON reader reads exactly."""

Share = Annotated[float, Field(ge=0, le=1)]


_FIRST_YEAR, _LAST_YEAR = 1900, 9000
"""Of a moment; beyond them arithmetic with time zones and days runs into the ends of the calendar."""


def _whole_second_of_utc(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment.astimezone(UTC).replace(microsecond=0)


Moment = Annotated[AwareDatetime, AfterValidator(_whole_second_of_utc)]
"""A point in time, kept in UTC to the second, so that it is written in one way only."""


class Document(BaseModel):
    """Base of everything written to a file: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


AnyDocument = TypeVar("AnyDocument", bound=Document)


class Malformed(ValueError):
    """Bytes are not those of such a document; the message is the end of a sentence, and shows no value found."""


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


def parsed(kind: type[AnyDocument], raw: bytes) -> AnyDocument:
    """The document whose `document_bytes` are `raw`.

    Raises
    ------
    Malformed
        If `raw` is no JSON, does not follow the schema, or says the same in other bytes.
    """
    try:
        document = kind.model_validate_json(raw)
    except ValidationError as error:
        raise Malformed(first_problem(error)) from None
    try:
        canonical = document_bytes(document) == raw
    except InvalidInput:
        canonical = False
    if not canonical:
        raise Malformed("is not canonical JSON (RFC 8785): it was changed after it was made")
    return document


def check_format(raw: bytes, known: str) -> None:
    """Check that a JSON document states the format `known`, such as ``tellmark.mark/1``, before anything else of it.

    Raises
    ------
    Malformed
        If it states none, another, or a newer version of it.
    """
    try:
        stated = _Stated.model_validate_json(raw).format
    except ValidationError as error:
        raise Malformed(first_problem(error)) from None
    name, _, version = known.rpartition("/")
    found = re.fullmatch(rf"{re.escape(name)}/([1-9][0-9]{{0,8}})", stated)
    if found is None:
        raise Malformed(f"states the format {stated[:40]!r}, which is none of Tellmark's")
    if int(found[1]) > int(version):
        raise Malformed(f"was made by a newer Tellmark: format {stated}, this one reads {known}; upgrade Tellmark")


class _Stated(BaseModel):
    """The one field that documents of every version have."""

    format: str


def first_problem(error: ValidationError) -> str:
    """The first of the errors as the end of a sentence, without the value found: it may be a secret."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    first, more = problems[0], len(problems) - 1
    if first["type"] == "json_invalid":
        return "is not valid JSON"
    field = ".".join(map(str, first["loc"]))[:80] or "the document"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return f"does not follow the format: {field}: {reason}" + (f" (and {more} more)" if more else "")
