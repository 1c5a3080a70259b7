"""What a mark file says about itself: its members, its secrets, its shards; and reading such JSON strictly."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tellmark.documents import AnyDocument, DigestText, Document, Malformed, check_format, parsed
from tellmark.errors import MarkError
from tellmark.triggers.document import FORMAT

Protection = Literal["none", "passphrase", "recipients"]


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


def read_document(kind: type[AnyDocument], raw: bytes, *, where: str) -> AnyDocument:
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
        return parsed(kind, raw)
    except Malformed as error:
        raise MarkError(f"{where} {error}") from None


def require_known_format(raw: bytes, *, where: str) -> None:
    """Raise `MarkError` unless the JSON document `raw` states the format that this version reads."""
    try:
        check_format(raw, FORMAT)
    except Malformed as error:
        raise MarkError(f"{where} {error}") from None
