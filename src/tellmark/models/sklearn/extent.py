"""How much memory a file of skops takes once it is opened, told without opening it.

A few bytes can order a lot: members are compressed, sparse matrices are compressed once more within them, and each
place in the schema that names a member makes an array of its own of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from zipfile import ZipFile, ZipInfo, is_zipfile

from tellmark.types import Json

SCHEMA = "schema.json"
_OBJECTS_PER_BYTE = 32
"""Bytes that a byte of JSON takes as objects of Python, at most."""


def stored_bytes(archive: ZipFile) -> int:
    """Bytes of all members, and of the schema as objects; no member holds more than is written there."""
    return sum(
        member.file_size * (_OBJECTS_PER_BYTE if member.filename == SCHEMA else 1) for member in archive.infolist()
    )


def loaded_bytes(archive: ZipFile) -> int:
    """Bytes of all arrays, once for each place in the schema that makes one; `stored_bytes` must be bearable.

    Raises
    ------
    ValueError, KeyError, RecursionError, zipfile.BadZipFile
        If the schema, or an archive within a member, is none.
    """
    named = Counter(_files_named(json.loads(archive.read(SCHEMA))))
    sizes = {member.filename: _unpacked(archive, member) for member in archive.infolist()}
    return sum(sizes.get(name, 0) * times for name, times in named.items())


def _unpacked(archive: ZipFile, member: ZipInfo) -> int:
    with archive.open(member) as content:
        if not is_zipfile(content):
            return member.file_size
        with ZipFile(content) as inner:
            return sum(one.file_size for one in inner.infolist())


def _files_named(schema: Json) -> Iterator[str]:
    ahead = [schema]
    while ahead:
        one = ahead.pop()
        if isinstance(one, dict):
            if isinstance(name := one.get("file"), str):
                yield name
            ahead.extend(one.values())
        elif isinstance(one, list):
            ahead.extend(one)
