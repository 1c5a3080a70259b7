"""A zip with exactly one byte string for given members: stored, undated, without slack.

Any unzip program opens it. The standard library's `zipfile` would write and read it too, but leaves freedom
(dates, flags, extra fields, gaps, comments) in which releases differ and an edit can hide. Here every byte
outside the members' content follows from the members, and the reader refuses a file in which a single one
differs. Nothing is compressed, so nothing can be larger than the file it lies in.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from tellmark.errors import MarkError
from tellmark.triggers.zip_records import END_SIZE, Entry, directory, directory_size, local_header, parsed_entries
from tellmark.types import Digest

CHUNK = 1 << 20
DIRECTORY_LIMIT = 1 << 26


class MemberWriter:
    """Takes the content of a member piece by piece."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.size = 0
        self.crc = 0

    def write(self, data: bytes, /) -> int:
        """Append `data`."""
        self._file.write(data)
        self._sha256.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self.size += len(data)
        return len(data)

    @property
    def digest(self) -> Digest:
        """Of the content so far."""
        return Digest("sha256:" + self._sha256.hexdigest())


class ArchiveWriter:
    """Writes an archive to an empty file that can seek."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries: list[Entry] = []

    @contextmanager
    def member(self, name: str) -> Iterator[MemberWriter]:
        """Open the next member; its header is completed when the ``with`` block ends."""
        offset = self._file.tell()
        self._file.write(local_header(Entry(name, offset, 0, 0)))
        content = MemberWriter(self._file)
        yield content
        entry = Entry(name, offset, content.size, content.crc)
        self._file.seek(offset)
        self._file.write(local_header(entry))
        self._file.seek(entry.stop)
        self._entries.append(entry)

    def finish(self) -> None:
        """Write the directory, the last thing in the file."""
        self._file.write(directory(self._entries))


def archive_chunks(members: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The bytes of an archive, piece by piece; each member is asked for only when its turn comes."""
    entries: list[Entry] = []
    offset = 0
    for name, content in members:
        entry = Entry(name, offset, len(content), zlib.crc32(content))
        yield local_header(entry)
        yield content
        entries.append(entry)
        offset = entry.stop
    yield directory(entries)


@dataclass(frozen=True)
class FilePart:
    """A stretch of a binary file that can read and seek: `size` bytes from `start` on."""

    file: BinaryIO
    start: int
    size: int

    @classmethod
    def whole(cls, file: BinaryIO) -> FilePart:
        """All of a file."""
        return cls(file, 0, file.seek(0, os.SEEK_END))

    def read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset`, counted from the start of the stretch."""
        self.file.seek(self.start + offset)
        return self.file.read(size)


class Archive:
    """Reads an archive.

    Parameters
    ----------
    part : FilePart
        Where the archive lies.
    name : str
        For messages.

    Raises
    ------
    MarkError
        Unless the bytes outside the members' content are those that `ArchiveWriter` writes.
    """

    def __init__(self, part: FilePart, *, name: str) -> None:
        self._part = part
        self._name = name
        self.entries = {entry.name: entry for entry in self._checked_entries()}

    def _checked_entries(self) -> list[Entry]:
        if self._part.size < END_SIZE or self._part.read(0, 2) != b"PK":
            raise MarkError(f"{self._name} is not a mark of Tellmark, or only the first bytes of one")
        try:
            entries = self._stated_entries()
        except (ValueError, struct.error):
            raise MarkError(f"{self._name} is truncated, or was changed after it was made") from None
        if len({entry.name for entry in entries}) < len(entries):
            raise MarkError(f"{self._name} holds two members of one name: it was changed after it was made")
        return entries

    def _stated_entries(self) -> list[Entry]:
        room = self._part.size - END_SIZE
        headers_size = directory_size(self._part.read(room, END_SIZE))
        if headers_size > min(room, DIRECTORY_LIMIT):
            raise ValueError("directory out of bounds")
        offset = room - headers_size
        found = self._part.read(offset, headers_size + END_SIZE)
        entries = list(parsed_entries(found[:headers_size]))
        if found != directory(entries) or not self._without_gaps(entries, offset):
            raise ValueError("not the one byte string for these members")
        return entries

    def _without_gaps(self, entries: list[Entry], end: int) -> bool:
        """Whether the members follow one another up to `end`, each under the header that belongs to it."""
        offset = 0
        for entry in entries:
            header = local_header(entry)
            if entry.offset != offset or entry.stop > end or self._part.read(offset, len(header)) != header:
                return False
            offset = entry.stop
        return offset == end

    def part(self, name: str) -> FilePart:
        """Where the content of a member lies in the file."""
        entry = self.entries[name]
        return FilePart(self._part.file, self._part.start + entry.start, entry.size)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a member, piece by piece.

        Raises
        ------
        MarkError
            At the end, if the content does not have its checksum.
        """
        content = self.part(name)
        crc = 0
        for offset in range(0, content.size, CHUNK):
            chunk = content.read(offset, min(CHUNK, content.size - offset))
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if crc != self.entries[name].crc:
            raise MarkError(f"{name} in {self._name} is damaged: its checksum does not match")

    def digest(self, name: str) -> Digest:
        """Digest of a member's content, read in pieces; raises `MarkError` as `chunks` does."""
        sha256 = hashlib.sha256()
        for chunk in self.chunks(name):
            sha256.update(chunk)
        return Digest("sha256:" + sha256.hexdigest())

    def read(self, name: str, *, limit: int | None = None) -> bytes:
        """The content of a member, of at most `limit` bytes.

        Raises
        ------
        MarkError
            If there is no such member, it is larger than the limit, or it does not have its checksum.
        """
        if name not in self.entries:
            raise MarkError(f"{self._name} has no member {name}: it is not a mark, or was taken apart")
        size = self.entries[name].size
        if limit is not None and size > limit:
            raise MarkError(f"{name} in {self._name} has {size} bytes, and at most {limit} are allowed")
        return b"".join(self.chunks(name))
