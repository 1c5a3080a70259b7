"""CSV and TSV files: rows of cells, with or without a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tellmark.data.cells import is_number, parse_cells
from tellmark.data.columns import LABEL_NAMES, Columns, Values, dataset_from_columns, find_label, missing_cell
from tellmark.data.dataset import Dataset
from tellmark.data.limits import BYTES_PER_CHARACTER, Meter, check_room
from tellmark.data.origin import Origin
from tellmark.errors import DataError

TEXT_NAMES = ("text", "sentence")
"""Names, in any case, that show a first line to be a header, as those of a label column do."""

_LONGEST_CELL = (1 << 31) - 1
"""The largest limit that `csv` takes on every platform; the file's size is the real one."""


def read_csv(path: Path, *, label_column: str | int | None = None, classes: Sequence[str] | None = None) -> Dataset:
    """Comma-separated cells, quoted with ``"`` where they hold commas, quotes or line ends (RFC 4180)."""
    rows, origin = _rows(path, delimiter=",", strict=True)
    if len(rows[0]) == 1 and all(";" in row[0] for row in rows):
        raise DataError(f"{origin.file} separates its cells by semicolons; write it with commas and decimal points")
    return _dataset(rows, origin, label_column=label_column, classes=classes)


def read_tsv(path: Path, *, label_column: str | int | None = None, classes: Sequence[str] | None = None) -> Dataset:
    """Tab-separated cells. Nothing is quoted: a ``"`` is a character like any other."""
    rows, origin = _rows(path, delimiter="\t", quoting=csv.QUOTE_NONE)
    return _dataset(rows, origin, label_column=label_column, classes=classes)


def _rows(path: Path, **dialect: Any) -> tuple[list[list[str]], Origin]:
    """All rows that are not blank, each of the same number of cells."""
    rows: list[list[str]] = []
    lines: list[int] = []
    origin = Origin(path.name, "line", lines)
    check_room(path.stat().st_size * BYTES_PER_CHARACTER, what=f"{path.name}, as text,")
    meter = Meter(path.name)
    with _long_cells(), path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, **dialect)
        try:
            for row in filter(None, reader):
                meter.add(row)
                rows.append(row)
                lines.append(reader.line_num)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path.name} is no UTF-8 text near line {reader.line_num + 1}; save it as UTF-8"
            ) from error
        except csv.Error as error:
            raise DataError(f"{path.name}, line {reader.line_num}: {error}; check the quotes") from error
    if not rows:
        raise DataError(f"{path.name} holds no rows")
    for position, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise DataError(f"{origin.at(position)} has {len(row)} cells, but the first row has {len(rows[0])}")
    return rows, origin


@contextmanager
def _long_cells() -> Iterator[None]:
    """Within the block, a cell may be longer than the 131,072 characters that `csv` allows by default."""
    usual = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _dataset(
    rows: list[list[str]], origin: Origin, *, label_column: str | int | None, classes: Sequence[str] | None
) -> Dataset:
    # Only a header can name a column, so a label column given by name says that there is one.
    if isinstance(label_column, str) or _has_header(rows):
        names = tuple(cell.strip() for cell in rows[0])
        body = Origin(origin.file, origin.unit, (origin.numbers or [])[1:])
        label = find_label(names, label_column, file=origin.file)
        columns = Columns(names, _columns(rows[1:], names, body), body)
        return dataset_from_columns(columns, label=label, classes=classes)
    if _counts_columns(rows[0]):
        raise DataError(
            f"{origin.at(0)} counts its cells from 0 and could be a header or a row: give the columns names that are "
            "no numbers"
        )
    names = tuple(str(position) for position in range(len(rows[0])))
    columns = Columns(names, _columns(rows, names, origin), origin)
    label = _headerless_label(columns) if label_column is None else find_label(names, label_column, file=origin.file)
    return dataset_from_columns(columns, label=label, classes=classes)


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns.

    It does if it holds the name of a label or a text column, or if it holds distinct words, one of them
    above nothing but numbers.
    """
    first = [cell.strip().casefold() for cell in rows[0]]
    if not {*LABEL_NAMES, *TEXT_NAMES}.isdisjoint(first):
        return True
    if any(not cell or is_number(cell) for cell in first) or len(set(first)) < len(first):
        return False
    return any(_is_numeric(column[1:]) for column in zip(*rows, strict=True))


def _counts_columns(row: Sequence[str]) -> bool:
    """Whether each number in the row, of two at least, is the position of its cell: a data frame without names."""
    numbers = [(position, cell.strip()) for position, cell in enumerate(row) if is_number(cell)]
    return len(numbers) > 1 and all(cell == str(position) for position, cell in numbers)


def _is_numeric(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all(is_number(cell) for cell in filled)


def _columns(rows: list[list[str]], names: Sequence[str], origin: Origin) -> tuple[Values, ...]:
    for position, row in enumerate(rows):
        for name, cell in zip(names, row, strict=True):
            if not cell.strip():
                raise missing_cell(origin, position, name)
    return tuple(parse_cells(column) for column in zip(*rows, strict=True))


def _headerless_label(columns: Columns) -> int | None:
    """The label column of a file without names: the one that cannot be anything else."""
    texts = [position for position, values in enumerate(columns.values) if isinstance(values, list)]
    if len(columns.values) == 1 and texts:
        return None
    whole = [
        position
        for position, values in enumerate(columns.values)
        if isinstance(values, np.ndarray) and values.dtype.kind == "i"
    ]
    if len(columns.values) == 2 and len(texts) == len(whole) == 1:
        return whole[0]
    raise DataError(
        f"{columns.origin.file} has {len(columns.values)} columns and no header that names one of them "
        f"{', '.join(LABEL_NAMES)}; say where the labels are with label_column, a name or a position from 0"
    )
