"""Writing the judge's transcript: each line is on the disk before the next step is taken.

Nobody needs a key to chain lines. So that no lines are gone on from but the judge's own, he signs where the transcript
ends, in ``BUNDLE.judging`` beside the bundle: before the line itself is written, so that a kill leaves at most one line
that is announced and not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tellmark.documents import as_json
from tellmark.errors import EvidenceError, Mismatch
from tellmark.evidence.base64_text import bytes_of, text_of
from tellmark.evidence.bundle import Bundle
from tellmark.evidence.keys import SigningKey
from tellmark.evidence.layout import TRANSCRIPT
from tellmark.evidence.transcript import Transcript, resumed
from tellmark.evidence.transcript_lines import Begun, Line
from tellmark.files import open_to_read, remove_partials_of, replacing
from tellmark.models.wrappers.chain import Place, chained
from tellmark.models.wrappers.growing import GrowingFile
from tellmark.types import Digest

_PURPOSE = b"tellmark/1/evidence/judging\n"
_LONGEST = 1000
"""Bytes of what is kept beside a bundle."""


class Recorder:
    """A transcript that grows; see `recording`.

    Parameters
    ----------
    file : GrowingFile
    transcript : Transcript
        What it says so far.
    keeper : Keeper
    """

    def __init__(self, file: GrowingFile, transcript: Transcript, keeper: Keeper) -> None:
        self._file = file
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
        self._keeper.keep(before, self.transcript.place)
        self._file.add(content)
        self._file.settle()


@contextmanager
def recording(folder: Path, bundle: Bundle, begun: Begun, key: SigningKey) -> Iterator[Recorder]:
    """Begin the transcript of a bundle, or go on with the one that is there, behind its last whole line.

    Parameters
    ----------
    folder : Path
        Of the bundle.
    bundle : Bundle
    begun : Begun
        The first line. Of a transcript that is there its own holds; time and version may be others, all else is the
        same.
    key : SigningKey
        The judge's.

    Raises
    ------
    EvidenceError
        If the transcript was changed, belongs to another claim, or does not end where this judge left it.
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
    remove_partials_of(keeper_of(folder))
    keeper = Keeper(keeper_of(folder), bundle.disclosure.claim.digest, key)
    if transcript.begun is None:
        with replacing(path):
            pass
    else:
        keeper.check(transcript.place, path)
    file = GrowingFile(path, transcript.length)
    try:
        recorder = Recorder(file, transcript, keeper)
        if transcript.begun is None:
            recorder.write(begun)
        yield recorder
    finally:
        file.close()


def keeper_of(folder: Path) -> Path:
    """Where the judge signs the end of a bundle's transcript: beside the folder, in which there is nothing else."""
    real = Path(os.path.realpath(folder))
    return real.with_name(f"{real.name}.judging")


class Keeper:
    """Keeps where a transcript ends, under the judge's signature.

    Parameters
    ----------
    path : Path
    claim : str
        Digest of the claim that is judged.
    key : SigningKey
        The judge's.
    """

    def __init__(self, path: Path, claim: Digest, key: SigningKey) -> None:
        self._path, self._claim, self._key = path, claim, key

    def keep(self, before: Place, after: Place) -> None:
        """Sign where the transcript ends, and where it will end with the line that comes now."""
        ends = self._said(before, after)
        with replacing(self._path, mode=0o600) as file:
            file.write(ends + text_of(self._key.sign(_PURPOSE + ends)).encode() + b"\n")

    def check(self, place: Place, transcript: Path) -> None:
        """Check that the transcript ends where this judge left it, with or without the line that was to come.

        Raises
        ------
        EvidenceError
            If it does not, or nothing says so under the judge's key.
        """
        claim, *ends = self._signed()
        if claim != self._claim or _told(place) not in ends:
            raise EvidenceError(
                f"{transcript} does not end as you left it, by {self._path.name} beside the bundle, which your key "
                "signs: anybody can write such lines. Remove it, to ask all models anew, or bring back both as you "
                "left them"
            )

    def _said(self, before: Place, after: Place) -> bytes:
        return f"{self._claim}\n{_told(before)}\n{_told(after)}\n".encode()

    def _signed(self) -> list[str]:
        """The lines that the judge's key signed; a single empty one if it signed nothing here."""
        if not self._path.exists():
            return [""]
        with open_to_read(self._path) as file:
            *lines, signature = file.read(_LONGEST).splitlines(keepends=True) or [b""]
        try:
            signed = bytes_of(signature.decode("ascii", "replace").strip(), where=self._path.name)
            self._key.public.verify(signed, _PURPOSE + b"".join(lines))
        except EvidenceError:
            return [""]
        return b"".join(lines).decode("ascii", "replace").splitlines() or [""]


def _told(place: Place) -> str:
    return f"{place.number} {place.digest}"
