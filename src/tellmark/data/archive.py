"""Zip archives, read member by member and never unpacked to disk."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from tellmark.data.damage import damage_reported
from tellmark.data.origin import quoted
from tellmark.errors import DataError

_ENCRYPTED = 0x1


def open_archive(path: Path) -> ZipFile:
    """Open an archive for reading; the caller closes it.

    Raises
    ------
    DataError
        If the file is no zip archive, or a member is encrypted, or two members share a name.
    """
    with damage_reported(path.name, "zip archive"):
        archive = ZipFile(path)
    try:
        _check_members(archive.infolist(), path.name)
    except DataError:
        archive.close()
        raise
    return archive


def read_member(archive: ZipFile, member: ZipInfo, *, place: str, limit: int) -> bytes:
    """The unpacked bytes of one member.

    Raises
    ------
    DataError
        If it unpacks to more than `limit` bytes, or is damaged.
    """
    check_size(member, place=place, limit=limit)
    with damage_reported(place, "zip member"):
        return archive.read(member)


def check_size(member: ZipInfo, *, place: str, limit: int) -> None:
    """Refuse a member that says it unpacks to more than `limit` bytes; `zipfile` unpacks no more than it says."""
    if member.file_size > limit:
        raise DataError(f"{place} unpacks to {member.file_size:,} bytes, and at most {limit:,} are read")


def _check_members(members: list[ZipInfo], file: str) -> None:
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise DataError(f"{file} is encrypted ({quoted(member.filename)}); give it without a password")
    doubled = [name for name, count in Counter(member.filename for member in members).items() if count > 1]
    if doubled:
        raise DataError(f"{file} holds {quoted(doubled[0])} more than once; pack it anew")
