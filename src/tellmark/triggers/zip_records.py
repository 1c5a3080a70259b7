"""The bytes of a zip outside its members' content, as a function of names, sizes, checksums and offsets.

Everything that the zip format leaves open is fixed: members are stored and undated, names are ASCII, and the
ZIP64 fields are always there, so that the layout does not depend on a size known only at the end.

References
----------
PKWARE. APPNOTE.TXT, .ZIP File Format Specification, version 6.3.10, sections 4.3 to 4.5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_VERSION = 45  # the first with ZIP64
_UNIX = 3 << 8
_DATE = 0x21  # 1 January 1980
_PERMISSIONS = 0o100600 << 16
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_EXTRA = struct.Struct("<2H2Q")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_CENTRAL_EXTRA = struct.Struct("<2H3Q")
_END64 = struct.Struct("<4sQ2H2I4Q")
_END = struct.Struct("<4sIQI4s4H2IH")  # where the ZIP64 end record is, then the classical end record

END_SIZE = _END64.size + _END.size


@dataclass(frozen=True)
class Entry:
    """One member.

    Attributes
    ----------
    name : str
        ASCII.
    offset : int
        Of its local header, from the start of the archive, in bytes.
    size, crc : int
        Of its content: bytes, and CRC-32.
    """

    name: str
    offset: int
    size: int
    crc: int

    @property
    def start(self) -> int:
        """Offset of the content."""
        return self.offset + _LOCAL.size + len(self.name) + _LOCAL_EXTRA.size

    @property
    def stop(self) -> int:
        """Offset just behind the content."""
        return self.start + self.size


def local_header(entry: Entry) -> bytes:
    """What stands before a member's content."""
    name = entry.name.encode("ascii")
    extra = _LOCAL_EXTRA.pack(1, 16, entry.size, entry.size)
    numbers = (_VERSION, 0, 0, 0, _DATE, entry.crc, _MAX32, _MAX32, len(name), len(extra))
    return _LOCAL.pack(b"PK\3\4", *numbers) + name + extra


def directory(entries: Sequence[Entry]) -> bytes:
    """What stands behind the last member's content."""
    offset = entries[-1].stop if entries else 0
    headers = b"".join(map(_central_header, entries))
    count = len(entries)
    numbers = (_END64.size - 12, _UNIX | _VERSION, _VERSION, 0, 0, count, count, len(headers), offset)
    end = (b"PK\6\7", 0, offset + len(headers), 1, b"PK\5\6", 0, 0, _MAX16, _MAX16, _MAX32, _MAX32, 0)
    return headers + _END64.pack(b"PK\6\6", *numbers) + _END.pack(*end)


def _central_header(entry: Entry) -> bytes:
    name = entry.name.encode("ascii")
    extra = _CENTRAL_EXTRA.pack(1, 24, entry.size, entry.size, entry.offset)
    version = (_UNIX | _VERSION, _VERSION, 0, 0, 0, _DATE)
    numbers = (*version, entry.crc, _MAX32, _MAX32, len(name), len(extra), 0, 0, 0, _PERMISSIONS, _MAX32)
    return _CENTRAL.pack(b"PK\1\2", *numbers) + name + extra


def directory_size(end: bytes) -> int:
    """The size of `directory` less its last `END_SIZE` bytes, as those state it. Unchecked."""
    return _END64.unpack_from(end)[8]


def parsed_entries(headers: bytes) -> Iterator[Entry]:
    """The entries that the central headers state. Unchecked: `directory` of them must give the same bytes.

    Raises
    ------
    struct.error, UnicodeDecodeError
        If the headers are cut short, or a name is not ASCII.
    """
    position = 0
    while position < len(headers):
        fields = _CENTRAL.unpack_from(headers, position)
        crc, name_size, extra_size = fields[7], fields[10], fields[11]
        position += _CENTRAL.size
        name = headers[position : position + name_size].decode("ascii")
        _, _, size, _, offset = _CENTRAL_EXTRA.unpack_from(headers, position + name_size)
        position += name_size + extra_size
        yield Entry(name, offset, size, crc)
