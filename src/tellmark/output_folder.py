"""A folder that is there as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tellmark.errors import FileError, InvalidInput


@contextmanager
def new_folder(path: str | Path, *, may_replace: Callable[[Path], bool] = lambda folder: False) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its place when the ``with`` block ends well.

    If the block raises anything at all, `path` stays as it was and the temporary folder is removed. ``NAME.HEX.tmp``
    is left behind only where the process is killed or the power fails.

    Parameters
    ----------
    path : str or Path
        A folder that does not exist yet, or an empty one. A symbolic link is followed.
    may_replace : callable
        Whether a folder that is not empty may be replaced, and is lost.

    Yields
    ------
    Path
        The temporary folder.

    Raises
    ------
    InvalidInput
        If there is something at `path` that is not to be replaced.
    FileError
        If it cannot be written, or the disk is full.
    """
    check_free(path, may_replace)
    target = Path(os.path.realpath(path))
    partial = target.parent / f"{target.name}.{secrets.token_hex(8)}.tmp"
    try:
        partial.mkdir()
        yield partial
        _put_in_place(partial, target)
    except OSError as error:
        if _concerns(error, partial):
            raise FileError(f"cannot write {path}: {_reason(error)}") from error
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_free(path: str | Path, may_replace: Callable[[Path], bool] = lambda folder: False) -> None:
    """Raise what `new_folder` would raise because of what is at `path`, or what is not above it."""
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileError(f"cannot write {path}: the folder {target.parent} does not exist, create it first")
    if target.is_dir():
        if any(target.iterdir()) and not may_replace(target):
            raise InvalidInput(f"{path} exists and is not empty: choose another name")
    elif target.exists():
        raise InvalidInput(f"{path} exists and is no folder: choose another name")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file and have it on the disk before going on."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(partial: Path, target: Path) -> None:
    if not target.exists():
        partial.rename(target)
        return
    aside = partial.with_suffix(".old")
    target.rename(aside)
    try:
        partial.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _concerns(error: OSError, partial: Path) -> bool:
    """Whether it comes from writing the folder, and not from another file that the block opened."""
    named = error.filename
    return named is None or str(named).startswith(str(partial))


def _reason(error: OSError) -> str:
    text = error.strerror or errno.errorcode.get(error.errno or 0, "failed")
    return text[:1].lower() + text[1:]
