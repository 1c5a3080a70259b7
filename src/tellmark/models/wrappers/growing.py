"""A file of lines that only grows: opened behind its last whole line, and added to line by line."""

from __future__ import annotations

import os
from pathlib import Path

from tellmark.errors import FileError


class GrowingFile:
    """A file that is there, open for adding lines; see `close`.

    What stands behind its last whole line, a line that was torn when a process was killed, is cut off; a line feed that
    the last line lacks is added.

    Parameters
    ----------
    path : Path
    length : int
        Bytes of its whole lines, the last one with or without its line feed.

    Attributes
    ----------
    length : int
        Bytes now.

    Raises
    ------
    FileError
        If it cannot be opened or written.
    """

    def __init__(self, path: Path, length: int) -> None:
        self._path = path
        self.length = length
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            os.ftruncate(self._handle, length)
            if length and os.pread(self._handle, 1, length - 1) != b"\n":
                self._add(b"\n")
        except OSError as error:
            self.close()
            raise self._unwritable(error) from error

    def add(self, line: bytes) -> None:
        """Add a line, given without its line feed.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        try:
            self._add(line + b"\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def settle(self) -> None:
        """See that all lines are on the disk.

        Raises
        ------
        FileError
            If they cannot be brought there.
        """
        try:
            os.fsync(self._handle)
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)

    def _add(self, data: bytes) -> None:
        self.length += len(data)
        while data:
            data = data[os.write(self._handle, data) :]

    def _unwritable(self, error: OSError) -> FileError:
        return FileError(f"cannot write {self._path}: {(error.strerror or str(error)).lower()}")
