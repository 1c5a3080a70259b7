"""The mark file, format 1: which members it has, and in which order they are written and checked.

The specification is ``docs/spec/mark.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tellmark.digests import digest_bytes
from tellmark.documents import document_bytes
from tellmark.errors import InvalidInput, MarkError, WrongKey
from tellmark.files import open_to_read
from tellmark.triggers.age_keys import (
    Identity,
    Recipient,
    fresh_identity,
    lock_identity,
    parse_recipients,
    read_identities,
    unlock_identity,
)
from tellmark.triggers.archive import Archive, ArchiveWriter, FilePart
from tellmark.triggers.checks import problem_of_document
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.encryption import decrypt, encrypt
from tellmark.triggers.records import (
    Manifest,
    MemberRecord,
    Protection,
    read_document,
    require_known_format,
)
from tellmark.triggers.secrets_archive import SecretsReader, secrets_chunks
from tellmark.triggers.trigger_set import TriggerSet
from tellmark.types import Seed

PUBLIC, MANIFEST = "mark.json", "manifest.json"
PLAIN, ENCRYPTED, IDENTITY = "secrets.zip", "secrets.zip.age", "identity.age"
MEMBERS: dict[Protection, tuple[str, ...]] = {
    "none": (PUBLIC, PLAIN),
    "passphrase": (PUBLIC, ENCRYPTED, IDENTITY),
    "recipients": (PUBLIC, ENCRYPTED),
}
"""The members before `MANIFEST`, in order."""

JSON_LIMIT = 1 << 26
IDENTITY_LIMIT = 1 << 16


class MarkWriter:
    """Writes one mark to an empty file that can seek.

    Parameters
    ----------
    file : file object
        Binary.
    public, seed, triggers
        The mark.

    Raises
    ------
    InvalidInput
        If these do not belong together.
    """

    def __init__(self, file: BinaryIO, public: MarkDocument, seed: Seed, triggers: TriggerSet) -> None:
        problem = problem_of_document(public)
        if problem:
            raise InvalidInput(f"the public part of the mark {problem}")
        self._archive = ArchiveWriter(file)
        self._public = document_bytes(public)
        self._secrets = secrets_chunks(public, seed, triggers)
        self._members: list[MemberRecord] = []

    def write_plain(self) -> None:
        """Leave the secrets readable to whoever holds the file."""
        self._add(PUBLIC, [self._public])
        self._add(PLAIN, self._secrets)
        self._finish("none")

    def write_for_passphrase(self, passphrase: str) -> None:
        """Encrypt the secrets to a key made for this file, and that key under the passphrase."""
        identity = fresh_identity()
        self._add(PUBLIC, [self._public])
        self._add_encrypted([identity.to_public()])
        self._add(IDENTITY, [lock_identity(identity, passphrase)])
        self._finish("passphrase")

    def write_for_recipients(self, recipients: Sequence[str]) -> None:
        """Encrypt the secrets to public keys."""
        keys = parse_recipients(recipients)
        self._add(PUBLIC, [self._public])
        self._add_encrypted(keys)
        self._finish("recipients")

    def _add(self, name: str, chunks: Iterable[bytes]) -> None:
        with self._archive.member(name) as member:
            for chunk in chunks:
                member.write(chunk)
        self._members.append(MemberRecord(name=name, size=member.size, digest=member.digest))

    def _add_encrypted(self, recipients: Sequence[Recipient]) -> None:
        with self._archive.member(ENCRYPTED) as member:
            encrypt(self._secrets, member, recipients)
        self._members.append(MemberRecord(name=ENCRYPTED, size=member.size, digest=member.digest))

    def _finish(self, protection: Protection) -> None:
        manifest = Manifest(protection=protection, members=tuple(self._members))
        with self._archive.member(MANIFEST) as member:
            member.write(document_bytes(manifest))
        self._archive.finish()


@dataclass(frozen=True)
class Envelope:
    """The outer zip of a mark, with all but the secrets read and checked."""

    archive: Archive
    name: str
    manifest: Manifest
    public: MarkDocument


def read_envelope(file: BinaryIO, *, name: str) -> Envelope:
    """Read the manifest and the public part of a mark.

    The format is checked before anything that depends on it, so that a newer mark is reported as newer.

    Raises
    ------
    MarkError
        If it is not a mark, truncated, changed, or of a newer format.
    """
    archive = Archive(FilePart.whole(file), name=name)
    raw = archive.read(MANIFEST, limit=JSON_LIMIT)
    require_known_format(raw, where=name)
    manifest = read_document(Manifest, raw, where=f"{MANIFEST} in {name}")
    _check_members(archive, manifest, name)
    raw = archive.read(PUBLIC, limit=JSON_LIMIT)
    _check_digest(manifest, PUBLIC, digest_bytes(raw), name)
    public = read_document(MarkDocument, raw, where=f"{PUBLIC} in {name}")
    problem = problem_of_document(public)
    if problem:
        raise MarkError(f"{PUBLIC} in {name} {problem}")
    return Envelope(archive, name, manifest, public)


def _check_members(archive: Archive, manifest: Manifest, name: str) -> None:
    expected = [*MEMBERS[manifest.protection], MANIFEST]
    found = list(archive.entries)
    for member in expected:
        if member not in found:
            raise MarkError(f"{name} has no member {member}: it is not a mark, or was taken apart")
    if found != expected:
        raise MarkError(f"{name} has members that do not belong there: it was changed after it was made")
    sizes = [(record.name, record.size) for record in manifest.members]
    if sizes != [(member, archive.entries[member].size) for member in expected[:-1]]:
        raise MarkError(f"{MANIFEST} in {name} does not list its members: it was changed after it was made")


def _check_digest(manifest: Manifest, member: str, digest: str, name: str) -> None:
    if digest not in {record.digest for record in manifest.members if record.name == member}:
        raise MarkError(f"{member} in {name} was changed after it was made: it does not have the digest in {MANIFEST}")


def read_secrets(
    path: Path, *, passphrase: str | None, identities: Sequence[str | Path]
) -> tuple[MarkDocument, Seed, TriggerSet]:
    """Read a mark with its secrets; its inputs stay in the file, or in its decrypted copy, until asked for.

    Raises
    ------
    FileError
        If a file cannot be read.
    WrongKey
        If the secrets are encrypted, and the key is missing or another.
    MarkError
        If the file does not keep to the format.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open_to_read(path))
        envelope = read_envelope(file, name=str(path))
        for member in MEMBERS[envelope.manifest.protection][1:]:
            _check_digest(envelope.manifest, member, envelope.archive.digest(member), envelope.name)
        if envelope.manifest.protection == "none":
            secrets = envelope.archive.part(PLAIN)
        else:
            keys = _keys(envelope, passphrase, identities)
            plain = decrypt(envelope.archive.chunks(ENCRYPTED), keys, name=envelope.name)
            secrets = FilePart.whole(stack.enter_context(plain))
        seed, triggers = SecretsReader(secrets, envelope.public, name=envelope.name).read()
        stack.pop_all()  # the trigger set has taken over the file that it reads from
        if secrets.file is not file:
            file.close()
    return envelope.public, seed, triggers


def _keys(envelope: Envelope, passphrase: str | None, identities: Sequence[str | Path]) -> list[Identity]:
    name = envelope.name
    if envelope.manifest.protection == "passphrase":
        if passphrase is None:
            raise WrongKey(f"the secrets of {name} are encrypted under a passphrase: give it")
        locked = envelope.archive.read(IDENTITY, limit=IDENTITY_LIMIT)
        return [unlock_identity(locked, passphrase, name=name)]
    if not identities:
        raise WrongKey(f"the secrets of {name} are encrypted to recipients: give the identity file of one of them")
    return read_identities(identities)
