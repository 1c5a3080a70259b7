"""One run at a time on one output: a lock that ends with the process that holds it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tellmark.errors import FileError

try:
    import fcntl
except ImportError:  # no such locks on this system: two runs are then the user's care
    fcntl = None


@contextmanager
def sole_run(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` for the length of the block, and remove it in the end.

    A lock file left behind by a killed run is no hindrance.

    Raises
    ------
    FileError
        If another process holds it, or it cannot be made.
    """
    if fcntl is None:
        yield
        return
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise FileError(f"cannot write {path}: {(error.strerror or 'failed').lower()}") from error
    try:
        _lock(handle, path)
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_ino == path.stat().st_ino:  # else the run before has just removed it
            return
    except OSError as error:
        raise FileError(f"another run is at work on {path.stem}: wait for it, or choose another output") from error
    raise FileError(f"another run has just ended on {path.stem}: give the command again")
