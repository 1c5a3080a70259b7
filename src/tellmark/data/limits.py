"""How much a data file may ask of this machine before it is refused."""

from __future__ import annotations

from tellmark.errors import DataError
from tellmark.memory import available_memory

MAX_PIXELS = 1 << 26
"""Pixels of one image: 8192 × 8192."""

MAX_FILE_BYTES = 1 << 28
"""Bytes of one encoded image, as stored or as unpacked from an archive: 256 MiB."""

MAX_ARRAY_BYTES = 1 << 34
"""Bytes of all inputs together, decoded: 16 GiB, where this machine has twice as much to give."""


def most_bytes() -> int:
    """What inputs may take here and now: half of the memory that is free, as they are converted and copied."""
    return min(MAX_ARRAY_BYTES, available_memory() // 2)


def check_room(size: int, *, what: str) -> None:
    """Refuse what would take more than `most_bytes`, before it is unpacked.

    Raises
    ------
    DataError
        It calls the thing of `size` bytes `what`.
    """
    most = most_bytes()
    if size > most:
        raise DataError(f"{what} takes {size:,} bytes, and at most {most:,} are read; give fewer or smaller items")
