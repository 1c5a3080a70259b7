"""Writing a file so that a reader finds the old content or the new one, never half of it."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tellmark.errors import FileError

_LONGEST_NAME = 200
_PARTIAL = re.compile(r".*\.[0-9a-f]{16}\.tmp", re.DOTALL)


@contextmanager
def replacing(path: str | Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` when the ``with`` block ends well.

    The content goes to a temporary file in the same folder, ``NAME.HEX.tmp`` for a file NAME, is flushed to
    the disk, and is then renamed. If the block raises anything at all, `path` stays as it was and the
    temporary file is removed. It is left behind only where the process is killed or the power fails.

    Parameters
    ----------
    path : str or Path
        A symbolic link is followed: the file it points to is replaced.
    mode : int
        Permissions of the new file, from its creation on, less the umask; ``0o600`` for secrets.

    Yields
    ------
    file object, binary, for writing, reading and seeking

    Raises
    ------
    FileError
        If the folder does not exist or cannot be written to, the disk is full, or `path` is no regular file.
    """
    target = Path(os.path.realpath(path))
    partial = _partial_of(target)
    file = _create(partial, mode, instead_of=target)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        if error.filename in (None, str(partial)):  # else it comes from another file that the block opened
            raise FileError(f"cannot write {path}: {_reason(error)}") from error
        raise
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(target.parent)


def check_replaceable(path: str | Path) -> None:
    """Raise `FileError` if `replacing` would fail at once; nothing is changed.

    A long computation asks before it begins whether its result could be written.
    """
    target = Path(os.path.realpath(path))
    trial = _partial_of(target)
    _create(trial, 0o600, instead_of=target).close()
    trial.unlink()


def remove_partials(folder: str | Path) -> None:
    """Remove what `replacing` left in a folder where a process was killed; where there is no folder, nothing.

    Only whoever alone writes to the folder may do so: to others it may be a file in the making.

    Raises
    ------
    FileError
        If it cannot be done.
    """
    _remove(Path(folder), beginning="")


def remove_partials_of(path: str | Path) -> None:
    """Remove what `replacing` left of one file where a process was killed; see `remove_partials`."""
    target = Path(os.path.realpath(path))
    _remove(target.parent, beginning=f"{target.name}.")


def _remove(folder: Path, *, beginning: str) -> None:
    try:
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name.startswith(beginning) and _PARTIAL.fullmatch(path.name) and path.is_file():
                path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"cannot remove what is left of an interrupted run in {folder}: {_reason(error)}") from error


def open_to_read(path: str | Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises
    ------
    FileError
        If it does not exist, is a folder or a device, or may not be read.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise FileError(f"cannot read {path}: it is not a regular file")
        return path.open("rb")
    except OSError as error:
        raise FileError(f"cannot read {path}: {_reason(error)}") from error
    except ValueError as error:  # a character that no path may have
        raise FileError(f"cannot read {str(path)!r}: {error}") from error


def _partial_of(target: Path) -> Path:
    """A new name that shows whose rest it is, no longer than file systems allow."""
    name = os.fsdecode(os.fsencode(target.name)[:_LONGEST_NAME])
    return target.parent / f"{name}.{secrets.token_hex(8)}.tmp"


def _create(partial: Path, mode: int, *, instead_of: Path) -> BinaryIO:
    target = instead_of
    try:
        if target.exists() and not target.is_file():  # renaming over /dev/null would replace the device
            raise FileError(f"cannot write {target}: it is not a regular file")
        if not target.parent.is_dir():
            raise FileError(f"cannot write {target}: the folder {target.parent} does not exist, create it first")
        return open(partial, "x+b", opener=lambda name, flags: os.open(name, flags, mode))
    except OSError as error:
        raise FileError(f"cannot write {target}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can do so."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
