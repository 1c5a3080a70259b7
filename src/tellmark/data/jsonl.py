"""JSON Lines: one object a line, all with the same keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tellmark.data.columns import Columns, Values, dataset_from_columns, find_label, missing_cell
from tellmark.data.dataset import Dataset
from tellmark.data.limits import BYTES_PER_JSON, Meter, check_room
from tellmark.data.origin import Origin, quoted
from tellmark.errors import DataError
from tellmark.types import Json


def read_jsonl(path: Path, *, label_column: str | int | None = None, classes: Sequence[str] | None = None) -> Dataset:
    """Objects of numbers, strings and booleans; the first line fixes the keys and their order."""
    records, origin = _records(path)
    names = tuple(records[0])
    for position, record in enumerate(records):
        extra = [name for name in record if name not in records[0]]
        if extra:
            raise DataError(f"{origin.at(position)} has a key {quoted(extra[0])} that the first line lacks")
    label = find_label(names, label_column, file=origin.file)
    values = tuple(_column([record.get(name) for record in records], name, origin) for name in names)
    return dataset_from_columns(Columns(names, values, origin), label=label, classes=classes)


def _records(path: Path) -> tuple[list[dict[str, Json]], Origin]:
    records: list[dict[str, Json]] = []
    lines: list[int] = []
    origin = Origin(path.name, "line", lines)
    check_room(path.stat().st_size, what=path.name)
    meter = Meter(path.name)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            meter.expect(len(line) * BYTES_PER_JSON)
            record = _record(line, place=f"{path.name}, line {number}")
            meter.add(record)
            meter.add(record.values())
            records.append(record)
            lines.append(number)
    if not records:
        raise DataError(f"{path.name} holds no rows")
    return records, origin


def _record(line: bytes, *, place: str) -> dict[str, Json]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{place} is no UTF-8 text; save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise DataError(f"{place} is no JSON: {error.msg} at character {error.colno}") from error
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond the parser's limits
        raise DataError(f"{place} is no JSON: {error}") from error
    if not isinstance(record, dict):
        raise DataError(f'{place} is no JSON object; each line must be one, such as {{"text": …, "label": …}}')
    return record


def _column(cells: list[Json], name: str, origin: Origin) -> Values:
    kinds = [_kind(cell) for cell in cells]
    for position, kind in enumerate(kinds):
        if kind == "null":
            raise missing_cell(origin, position, name)
        if kind != kinds[0] or kind == "list or object":
            raise DataError(
                f"{origin.at(position)}: a {kind} in column {quoted(name)}; a column holds numbers, "
                "or strings, or booleans, all of one kind"
            )
    if kinds[0] == "string":
        return cells
    if kinds[0] == "boolean":
        return np.array(cells, dtype=np.bool_)
    return _numbers(cells)


def _kind(cell: Json) -> str:
    if cell is None:
        return "null"
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int | float):
        return "number"
    return "string" if isinstance(cell, str) else "list or object"


def _numbers(cells: list[float]) -> Values:
    if all(isinstance(cell, int) and abs(cell) < 1 << 63 for cell in cells):
        return np.array(cells, dtype=np.int64)
    return np.array([_as_float(cell) for cell in cells], dtype=np.float64)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # the caller refuses infinity and names the cell
        return float("inf")
