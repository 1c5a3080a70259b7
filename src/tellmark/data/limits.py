"""How much a data file may ask of this machine before it is refused."""

from __future__ import annotations

from collections.abc import Iterable
from sys import getsizeof

from tellmark.errors import DataError
from tellmark.memory import available_memory

MAX_PIXELS = 1 << 26
"""Pixels of one image: 8192 × 8192."""

MAX_FILE_BYTES = 1 << 28
"""Bytes of one encoded image, as stored or as unpacked from an archive: 256 MiB."""

MAX_ARRAY_BYTES = 1 << 34
"""Bytes of all inputs together, decoded: 16 GiB, where this machine has twice as much to give."""


BYTES_PER_CHARACTER = 4
"""What a character of a text takes in memory at most: one that no other encoding has makes all of its text wide."""

BYTES_PER_JSON = 32
"""What a byte of JSON takes as objects at most: an empty list and its comma are three bytes, and 64 of memory."""


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


class Meter:
    """Adds up what is made of a file row by row, and refuses it where that comes to more than `most_bytes`.

    Parameters
    ----------
    what : str
        The file, for the error.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._most = most_bytes()
        self._taken = 0

    def add(self, row: Iterable[object]) -> None:
        """Count a row and its cells.

        Raises
        ------
        DataError
            If this one is too much.
        """
        self._taken += getsizeof(row) + sum(map(getsizeof, row))
        self._check(self._taken)

    def expect(self, size: int) -> None:
        """Refuse what would take up to `size` bytes more, before it is made.

        Raises
        ------
        DataError
            If that is too much.
        """
        self._check(self._taken + size)

    def _check(self, size: int) -> None:
        if size > self._most:
            raise DataError(
                f"{self._what}, in memory, takes more than the {self._most:,} bytes that are read; give fewer rows"
            )
