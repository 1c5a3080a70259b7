"""``recorded:answers.csv``: inputs that were answered elsewhere; ``recorded:run.jsonl``: the transcript of a run."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from tellmark.digests import digest_file, digest_input
from tellmark.errors import ModelError
from tellmark.files import open_to_read
from tellmark.models.answers import answers_from_scores, no_answers
from tellmark.models.base import Answers, Model, ModelInfo
from tellmark.models.memory import available_memory
from tellmark.models.spec import ModelSpec
from tellmark.models.wrappers.replaying import TRANSCRIPT_SUFFIX, ReplayedModel
from tellmark.types import Batch, Labels, Scores

_SCORE = "score:"
_MOST_DIGITS = 18
_BYTES_PER_BYTE = 64
"""What a byte of the file, an empty cell and its comma being two, takes in memory at most, twice over."""


class RecordedModel:
    """A table of answers, one row per input.

    The file is CSV in UTF-8, with the columns

    - ``input``: the digest that `tellmark.digests.digest_input` gives, or ``text``: the text itself;
    - ``label``: a class index or a class name; may be left out where there are scores. Where class names are
      whole numbers themselves, names only;
    - ``score:CLASS``, one column per class, optional.

    Parameters
    ----------
    path : Path
    classes : tuple of str or None
        Class names in order; None takes them from the score columns. Where there are none either, labels that
        are names can be answered only `with_classes`.
    """

    def __init__(self, path: Path, *, classes: tuple[str, ...] | None = None) -> None:
        self._path = path
        self._table = _read(path)
        names = classes or self._table.score_classes
        self.info = ModelInfo("recorded", digest_file(path), names)
        self._scores = _scores(self._table, names, path)

    def __repr__(self) -> str:
        return f"RecordedModel({self._path.name}, {len(self._table.rows)} answers)"

    def with_classes(self, classes: tuple[str, ...]) -> RecordedModel:
        """The same answers, as positions in `classes`."""
        return RecordedModel(self._path, classes=classes)

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`.

        Raises
        ------
        ModelError
            If the file has no answer to some input.
        """
        if len(batch) == 0:
            return no_answers()
        rows = [self._table.rows.get(digest_input(one)) for one in batch]
        found = np.array([row for row in rows if row is not None], dtype=np.int64)
        if len(found) < len(rows):
            raise ModelError(
                f"{self._path} has no answer to {len(rows) - len(found)} of {len(rows)} inputs; "
                f"write them out with `tellmark questions`, have them answered, and add the answers to the file"
            )
        return Answers(self._labels[found], None if self._scores is None else self._scores[found])

    @cached_property
    def _labels(self) -> Labels:
        if self._scores is not None and not any(self._table.labels):
            return self._scores.argmax(axis=1)
        return _label_indices(self._table.labels, self.info.classes, self._path)


def from_spec(spec: ModelSpec) -> Model:
    """Read the file that the spec names: a transcript if its name ends in ``.jsonl``, else a table.

    Raises
    ------
    FileError
        If there is no such file.
    ModelError
        If it is no such table, or gives one input two answers.
    Mismatch
        If it is no transcript, or was changed after it was written.
    """
    spec.allow()
    path = Path(spec.target)
    if path.suffix.lower() == TRANSCRIPT_SUFFIX:
        return ReplayedModel(path, classes=spec.classes)
    return RecordedModel(path, classes=spec.classes)


@dataclass
class _Table:
    """The file's rows as text; `rows` tells which row an input is answered by."""

    score_classes: tuple[str, ...] | None
    rows: dict[str, int] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    scores: list[tuple[str, ...]] = field(default_factory=list)


def _read(path: Path) -> _Table:
    with open_to_read(path) as binary:
        if path.stat().st_size > available_memory() // _BYTES_PER_BYTE:
            raise ModelError(f"{path} has {path.stat().st_size:,} bytes, more answers than there is memory for")
        try:
            reader = csv.DictReader(io.TextIOWrapper(binary, encoding="utf-8-sig", newline=""), strict=True)
            columns = list(reader.fieldnames or ())
            table = _Table(_score_classes(columns, path))
            for row in reader:
                _add(row, table, f"{path}, line {reader.line_num}")
        except (UnicodeDecodeError, csv.Error) as error:
            raise ModelError(f"{path} is no CSV file in UTF-8: {error}") from error
    if not table.rows:
        raise ModelError(f"{path} holds no answers")
    return table


def _score_classes(columns: list[str], path: Path) -> tuple[str, ...] | None:
    names = tuple(column.removeprefix(_SCORE) for column in columns if column.startswith(_SCORE))
    if ("input" in columns) == ("text" in columns):
        raise ModelError(f"{path} must have a column 'input' with digests or a column 'text', one of them")
    if "label" not in columns and not names:
        raise ModelError(f"{path} must have a column 'label', or columns 'score:CLASS'")
    if len(set(columns)) < len(columns):
        raise ModelError(f"{path} has two columns of the same name")
    return names or None


def _add(row: Mapping[str, str | None], table: _Table, where: str) -> None:
    cells = {key: value for key, value in row.items() if isinstance(key, str) and value is not None}
    if len(cells) < len(row):
        raise ModelError(f"{where}: the row has more or fewer cells than the header")
    digest = str(digest_input(cells["text"])) if "text" in cells else cells["input"].strip()
    label = cells.get("label", "").strip()
    scores = tuple(cells[_SCORE + name] for name in table.score_classes or ())
    known = table.rows.get(digest)
    if known is None:
        table.rows[digest] = len(table.labels)
        table.labels.append(label)
        table.scores.append(scores)
    elif (table.labels[known], table.scores[known]) != (label, scores):
        raise ModelError(f"{where}: an input that was answered before has another answer here; keep one of the two")


def _scores(table: _Table, names: tuple[str, ...] | None, path: Path) -> Scores | None:
    if table.score_classes is None or names is None:
        return None
    if sorted(names) != sorted(table.score_classes):
        raise ModelError(f"{path} has scores for other classes than {', '.join(names)}")
    try:
        numbers = np.array(table.scores, dtype=np.float64)
    except ValueError:
        raise ModelError(f"{path} has a score that is no number") from None
    order = [table.score_classes.index(name) for name in names]
    return answers_from_scores(numbers[:, order], asked=len(numbers), model=str(path)).scores


def _label_indices(labels: list[str], names: tuple[str, ...] | None, path: Path) -> Labels:
    if missing := labels.count(""):
        raise ModelError(f"{path} lacks {missing} of {len(labels)} labels: fill in the answers, or remove those rows")
    index = {name: position for position, name in enumerate(names or ())}
    numbered = any(map(_is_number, index))
    result = np.empty(len(labels), dtype=np.int64)
    for row, label in enumerate(labels):
        position = index.get(label, _position(label))
        if position < 0 and names is None:
            raise ModelError(f"{path} answers with class names; say in which order they stand, with classes=a,b,c")
        if position < 0 or (names is not None and position >= len(names)):
            raise ModelError(f"{path} has the label {label[:40]!r}, which is none of its classes")
        if numbered and label not in index:
            raise ModelError(
                f"{path} has the label {label[:40]!r}, a position and no class name, while class names are numbers "
                f"too; write class names into the column 'label', in all rows"
            )
        result[row] = position
    return result


def _is_number(label: str) -> bool:
    return label.isascii() and label.isdigit()


def _position(label: str) -> int:
    """The number that a label is, or -1; one with more digits than any int64 has is no position."""
    return int(label) if _is_number(label) and len(label) <= _MOST_DIGITS else -1
