"""Writing the judge's transcript: each line is on the disk before the next step is taken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tellmark.documents import as_json
from tellmark.errors import FileError, Mismatch
from tellmark.evidence.bundle import Bundle
from tellmark.evidence.layout import TRANSCRIPT
from tellmark.evidence.transcript import Transcript, resumed
from tellmark.evidence.transcript_lines import Begun, Line
from tellmark.files import replacing
from tellmark.models.wrappers.chain import chained


class Recorder:
    """A transcript that grows; see `recording`.

    Parameters
    ----------
    path : Path
    handle : int
        Of the file, open for appending.
    transcript : Transcript
        What it says so far.
    """

    def __init__(self, path: Path, handle: int, transcript: Transcript) -> None:
        self._path = path
        self._handle = handle
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
        content, self.transcript.place = chained(as_json(line), self.transcript.place)
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
        If the transcript was changed, or belongs to another claim.
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
    if transcript.begun is None:
        with replacing(path):
            pass
    handle = _opened(path, transcript)
    try:
        recorder = Recorder(path, handle, transcript)
        if transcript.begun is None:
            recorder.write(begun)
        yield recorder
    finally:
        os.close(handle)


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
