"""Writing the judge's transcript: each line is on the disk before the next step is taken.

Nobody needs a key to chain lines. So that nobody else's lines are gone on from, the judge keeps the digest of the last
one beside the bundle, in ``BUNDLE.judging``: written before the line itself, so that a kill leaves at most one line
that is announced and not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tellmark.documents import as_json
from tellmark.errors import EvidenceError, FileError, Mismatch
from tellmark.evidence.bundle import Bundle
from tellmark.evidence.layout import TRANSCRIPT
from tellmark.evidence.transcript import Transcript, resumed
from tellmark.evidence.transcript_lines import Begun, Line
from tellmark.files import open_to_read, replacing
from tellmark.models.wrappers.chain import Place, chained

_LONGEST = 400
"""Bytes of what is kept beside a bundle."""


class Recorder:
    """A transcript that grows; see `recording`.

    Parameters
    ----------
    path : Path
    handle : int
        Of the file, open for appending.
    transcript : Transcript
        What it says so far.
    keeper : Path
        Where the digest of the last line is kept.
    """

    def __init__(self, path: Path, handle: int, transcript: Transcript, keeper: Path) -> None:
        self._path = path
        self._handle = handle
        self._keeper = keeper
        self.transcript = transcript

    def write(self, line: Line) -> None:
        """Add a line; it is on the disk when this returns.

        Raises
        ------
        EvidenceError
            If it cannot follow what is there.
        FileError
            If it cannot be written.
        """
        self.transcript.take(line)
        before = self.transcript.place
        content, self.transcript.place = chained(as_json(line), before)
        _keep(self._keeper, before, self.transcript.place)
        try:
            _write_all(self._handle, content + b"\n")
            os.fsync(self._handle)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self.transcript.length += len(content) + 1


@contextmanager
def recording(folder: Path, bundle: Bundle, begun: Begun) -> Iterator[Recorder]:
    """Begin the transcript of a bundle, or go on with the one that is there, behind its last whole line.

    Parameters
    ----------
    folder : Path
        Of the bundle.
    bundle : Bundle
    begun : Begun
        The first line. Of a transcript that is there its own holds; time and version may be others, all else is the
        same.

    Raises
    ------
    EvidenceError
        If the transcript was changed, belongs to another claim, or is not the one that was written here.
    Mismatch
        If other models were asked.
    FileError
        If it cannot be read or written.
    """
    path = folder / TRANSCRIPT
    transcript = resumed(bundle.files[TRANSCRIPT], bundle) if bundle.files.get(TRANSCRIPT) else Transcript(bundle)
    if transcript.begun is not None and transcript.begun.models != begun.models:
        raise Mismatch(
            f"{path} has the answers of other models: go on with the same ones, or judge a copy of the bundle without "
            "it"
        )
    keeper = keeper_of(folder)
    if transcript.begun is None:
        with replacing(path):
            pass
    else:
        _check_own(keeper, transcript, path)
    handle = _opened(path, transcript)
    try:
        recorder = Recorder(path, handle, transcript, keeper)
        if transcript.begun is None:
            recorder.write(begun)
        yield recorder
    finally:
        os.close(handle)


def keeper_of(folder: Path) -> Path:
    """Where the digest of the last line of a bundle's transcript is kept: beside the folder, not in it."""
    real = Path(os.path.realpath(folder))
    return real.with_name(f"{real.name}.judging")


def _keep(keeper: Path, before: Place, after: Place) -> None:
    """Write down where the transcript ends, and where it will end with the line that comes now."""
    with replacing(keeper, mode=0o600) as file:
        file.write(f"{_told(before)}\n{_told(after)}\n".encode())


def _check_own(keeper: Path, transcript: Transcript, path: Path) -> None:
    """The transcript ends where it was kept to end, with or without the line that was to come."""
    known: list[str] = []
    if keeper.exists():
        with open_to_read(keeper) as file:
            known = file.read(_LONGEST).decode("ascii", "replace").splitlines()
    if _told(transcript.place) not in known:
        raise EvidenceError(
            f"{path} is not as it was written here: {keeper.name}, beside the bundle, does not know its last line, and "
            "anybody can write such lines. Remove it, to ask all models anew, or bring back both as you left them"
        )


def _told(place: Place) -> str:
    return f"{place.number} {place.digest}"


def _opened(path: Path, transcript: Transcript) -> int:
    """Open for appending; what is torn is cut off, and a lacking line feed added."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        os.ftruncate(handle, transcript.length)
        if transcript.length and os.pread(handle, 1, transcript.length - 1) != b"\n":
            _write_all(handle, b"\n")
            transcript.length += 1
    except OSError as error:
        os.close(handle)
        raise _unwritable(path, error) from error
    return handle


def _unwritable(path: Path, error: OSError) -> FileError:
    return FileError(f"cannot write {path}: {(error.strerror or 'failed').lower()}")


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
