"""The record of a run, written while it goes on: a killed run goes on from it, and asks nothing again that it answers.

Every line is in the file before the next step is taken, and on the disk before an answer is used. Inputs appear by
their digests only; the order of asking, what was sent, and what came back are there as they were.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tellmark.errors import Mismatch, ModelError
from tellmark.files import replacing
from tellmark.locking import sole_run
from tellmark.models.base import Answers
from tellmark.models.wrappers.chain import Place, chained
from tellmark.models.wrappers.contents import Contents, OneAnswer, read_transcript
from tellmark.models.wrappers.growing import GrowingFile
from tellmark.models.wrappers.records import Again, Answered, End, Exchanged, Failed, Header, Record, Sent
from tellmark.models.wrappers.written import in_milliseconds, printable, written_scores
from tellmark.types import Digest

_MODE = 0o600
_MOST_EXACT = 1 << 53

Now = Callable[[], datetime]


class Transcript:
    """A transcript that grows; see `open_transcript`.

    Any number of threads may write to it.

    Parameters
    ----------
    file : GrowingFile
    contents : Contents
        What it says so far.
    now : callable
        The time of day.
    """

    def __init__(self, file: GrowingFile, contents: Contents, *, now: Now) -> None:
        self._file = file
        self._contents = contents
        self._now = now
        self._lock = threading.Lock()
        self.known = contents.answered
        """How many answers it held when it was opened."""

    def __repr__(self) -> str:
        return f"Transcript({self._contents.place.number} lines, {self._contents.answered} answers)"

    @property
    def contents(self) -> Contents:
        """What it says so far, without the answers that were used."""
        return self._contents

    def answers_ahead(self, one: Digest) -> Sequence[OneAnswer]:
        """What was said to an input and not used yet, in the order of asking."""
        return self._contents.answers.get(one, ())

    def used(self, one: Digest, times: int) -> None:
        """Let go of the first `times` answers to an input; they stay in the file."""
        with self._lock:
            ahead = self._contents.answers.pop(one, [])[times:]
            if ahead:
                self._contents.answers[one] = ahead

    def sent(self, inputs: Sequence[Digest]) -> None:
        """Note inputs that are about to be asked."""
        self._write(Sent(time=self.time(), inputs=tuple(inputs)))

    def again(self, inputs: Sequence[Digest]) -> None:
        """Note inputs that are about to be sent again, though the suspect may have answered them."""
        self._write(Again(time=self.time(), inputs=tuple(inputs)))

    def exchanged(self, record: Exchanged) -> None:
        """Note an attempt to ask."""
        self._write(record)

    def answered(self, inputs: Sequence[Digest], answers: Answers) -> None:
        """Note what was said to inputs; it is on the disk when this returns.

        Raises
        ------
        ModelError
            If there is not one label for each, or a label is no class.
        """
        labels = np.asarray(answers.labels)
        if labels.shape != (len(inputs),) or labels.dtype.kind not in "iu":
            raise ModelError(
                f"the suspect gave labels of shape {labels.shape} to {len(inputs)} inputs; it takes one each"
            )
        if any(abs(int(label)) >= _MOST_EXACT for label in labels):
            raise ModelError("the suspect answered a label that is no class")
        record = Answered(
            time=self.time(),
            inputs=tuple(inputs),
            labels=tuple(int(label) for label in labels),
            scores=written_scores(answers),
        )
        self._write(record, sync=True)

    def failed(self, inputs: Sequence[Digest], failure: str) -> None:
        """Note that inputs have no answer, and why."""
        if inputs:
            self._write(Failed(time=self.time(), inputs=tuple(inputs), failure=printable(failure)), sync=True)

    def end(self) -> None:
        """Note that nothing is left to ask; a second time changes nothing."""
        if not self._contents.ended:
            self._write(End(time=self.time()), sync=True)

    def time(self) -> str:
        """Now, as it is written."""
        return in_milliseconds(self._now())

    def _write(self, record: Record, *, sync: bool = False) -> None:
        with self._lock:
            line, after = chained(record.model_dump(mode="json"), self._contents.place)
            self._file.add(line)
            if sync:
                self._file.settle()
            self._contents.take(record)
            self._contents.place = after


@contextmanager
def open_transcript(path: Path, header: Header, *, now: Now | None = None) -> Iterator[Transcript]:
    """Begin a transcript, or go on with the one at `path`, which nobody else may write to meanwhile.

    Parameters
    ----------
    path : Path
        Readable by its owner only, if it is new.
    header : Header
        What the run is about. Of a transcript that is there its own holds; order of asking, time and version may be
        others in it, all else must be the same.
    now : callable
        The time of day.

    Raises
    ------
    FileError
        If the file cannot be read or written, or another run is at work on it.
    Mismatch
        If it is of another run, is damaged, or no transcript.
    """
    with ExitStack() as stack:
        stack.enter_context(sole_run(path.with_name(f"{path.name}.lock")))
        if not path.exists():
            _begin(path, header)
        contents = read_transcript(path)
        _check_same_run(path, contents.header, header)
        file = GrowingFile(path, contents.length)
        stack.callback(file.close)
        yield Transcript(file, contents, now=now or _utc_now)


def _begin(path: Path, header: Header) -> None:
    line, _ = chained(header.model_dump(mode="json"), Place())
    with replacing(path, mode=_MODE) as file:
        file.write(line + b"\n")


def _check_same_run(path: Path, old: Header, new: Header) -> None:
    """Refuse to go on with another run."""
    for what, before, now in (
        ("mark", old.mark, new.mark),
        ("suspect", old.suspect, new.suspect),
        *((f"setting {key}", old.settings.get(key), new.settings.get(key)) for key in {**old.settings, **new.settings}),
    ):
        if before != now:
            shown = f" ({before}, now {now})" if what.startswith("setting") else ""
            raise Mismatch(
                f"{path} is the transcript of a run with another {what}{shown}: go on as before, or start anew"
            )


def _utc_now() -> datetime:
    return datetime.now(UTC)
