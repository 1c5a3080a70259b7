"""What a transcript says: of a whole one, and of one whose run was killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from tellmark.errors import Mismatch
from tellmark.files import open_to_read
from tellmark.models.wrappers.chain import BrokenChain, Place, TornLine, read_chain
from tellmark.models.wrappers.records import (
    FORMAT,
    RECORD,
    Again,
    Answered,
    End,
    Exchanged,
    Failed,
    Header,
    Record,
    Sent,
)
from tellmark.types import Digest


@dataclass(frozen=True)
class OneAnswer:
    """What was said to one input.

    Attributes
    ----------
    label : int
    scores : ndarray of float32, shape (n_classes,), or None
    """

    label: int
    scores: NDArray[np.float32] | None = None


@dataclass
class Contents:
    """What a transcript says, up to its last whole line.

    Attributes
    ----------
    header : Header
    place : Place
        Where the next line goes.
    length : int
        Bytes up to the end of the last whole line.
    answers : dict of str to list of OneAnswer
        By input: what was said to it, the first time it was asked, the second time, and so on.
    answered : int
        Answers in all.
    sent : int
        Inputs that were sent, one that was sent twice counted twice.
    repeated : int
        Of these, how many were sent again within one question, after a failure that may have been an answer.
    failed : int
        How many the suspect is known to have given no answer to.
    open : list of str
        Inputs sent last, to which neither an answer nor a failure is known.
    exchanges : list of Exchanged
        Responses about them.
    ended : bool
        Whether the run came to its own end.
    """

    header: Header
    place: Place
    length: int
    answers: dict[Digest, list[OneAnswer]] = field(default_factory=dict)
    answered: int = 0
    sent: int = 0
    repeated: int = 0
    failed: int = 0
    open: list[Digest] = field(default_factory=list)
    exchanges: list[Exchanged] = field(default_factory=list)
    ended: bool = False

    @property
    def lost(self) -> int:
        """Inputs that were sent, and nothing is known to have come of it: the run was stopped meanwhile."""
        return self.sent - self.repeated - self.answered - self.failed - len(self.open)

    def take(self, record: Record) -> None:
        """Add what a line says."""
        self.ended = isinstance(record, End)
        if isinstance(record, Sent):
            self.sent += len(record.inputs)
            self.open, self.exchanges = [Digest(one) for one in record.inputs], []
        elif isinstance(record, Again):
            if Counter(map(Digest, record.inputs)) - Counter(self.open):
                raise ValueError("inputs that are not under way")
            self.sent += len(record.inputs)
            self.repeated += len(record.inputs)
        elif isinstance(record, Exchanged):
            self.exchanges.append(record)
        elif isinstance(record, Answered):
            self._close(record.inputs)
            self.answered += len(record.inputs)
            rows = record.scores or (None,) * len(record.inputs)
            for one, label, row in zip(record.inputs, record.labels, rows, strict=True):
                scores = None if row is None else np.array(row, dtype=np.float32)
                self.answers.setdefault(Digest(one), []).append(OneAnswer(label, scores))
        elif isinstance(record, Failed):
            self._close(record.inputs)
            self.failed += len(record.inputs)
        elif isinstance(record, Header):
            raise ValueError("a second header")

    def _close(self, inputs: Sequence[str]) -> None:
        for one in inputs:
            self.open.remove(Digest(one))


def read_transcript(path: Path) -> Contents:
    """Read a transcript, whole or of a run that was killed.

    Raises
    ------
    FileError
        If there is no such file.
    Mismatch
        If it is no transcript, one of a newer format, or was changed after it was written.
    """
    with open_to_read(path) as file:
        lines = read_chain(file)
        contents = _header_of(path, lines)
        with _said_of(path):
            try:
                for content, place, length in lines:
                    contents.take(RECORD.validate_python(content))
                    contents.place, contents.length = place, contents.length + length
            except TornLine:
                pass  # the program was killed while it wrote this line
    return contents


def _header_of(path: Path, lines: Iterator[tuple[dict[str, object], Place, int]]) -> Contents:
    try:
        content, place, length = next(lines)
        if (found := content.get("format")) != FORMAT:
            raise ValueError(found)
        return Contents(Header.model_validate(content), place, length)
    except (StopIteration, BrokenChain, TornLine, ValueError):
        raise Mismatch(f"{path} is no transcript of the format {FORMAT}: choose another file") from None


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenChain as error:
        raise Mismatch(f"{path} is damaged: {error}. Use a copy of it as it was written, or start anew") from None
    except (ValidationError, ValueError):
        raise Mismatch(f"{path} is damaged: a line says what no run writes. Start anew with another file") from None
