"""Parquet files, read with Apache Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tellmark.data.columns import Columns, Values, dataset_from_columns, find_label, missing_cell
from tellmark.data.damage import damage_reported
from tellmark.data.dataset import Dataset
from tellmark.data.limits import check_room
from tellmark.data.origin import Origin, quoted
from tellmark.errors import DataError, MissingExtra

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData

_BYTES_PER_CELL = 64
"""What a cell takes at most besides its own text: in Arrow, as an object of Python, and in the final array."""


def read_parquet(path: Path, *, label_column: str | int | None = None, classes: Sequence[str] | None = None) -> Dataset:
    """Columns of integers, floats, decimals, booleans and strings (also as categories).

    Raises
    ------
    MissingExtra
        If pyarrow is not installed.
    """
    table = _read(path)
    origin = Origin(path.name)
    names = tuple(table.column_names)
    label = find_label(names, label_column, file=origin.file)
    values = tuple(_column(column, name, origin) for column, name in zip(table.columns, names, strict=True))
    return dataset_from_columns(Columns(names, values, origin), label=label, classes=classes)


def _read(path: Path) -> pa.Table:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise MissingExtra("Reading Parquet", "parquet") from error
    with damage_reported(path.name, "Parquet file"):
        with ParquetFile(path) as file:
            _check_types(file.schema_arrow, path.name)
            check_room(_unpacked_size(file.metadata), what=f"{path.name}, unpacked,")
            texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
        # One file as it is: `pyarrow.parquet.read_table` would add columns from folder names like label=3.
        # Texts stay as categories, as they are stored: one long text may stand in every row of a small file.
        with ParquetFile(path, read_dictionary=texts) as file:
            return file.read()


def _unpacked_size(metadata: FileMetaData) -> int:
    """Bytes by the file's own account. A run of equal cells is stored as one, so cells are counted as well."""
    groups = [metadata.row_group(position) for position in range(metadata.num_row_groups)]
    stored = sum(group.total_byte_size for group in groups)
    return stored + _BYTES_PER_CELL * sum(group.num_rows for group in groups) * metadata.num_columns


def _check_types(schema: pa.Schema, file: str) -> None:
    for field in schema:
        if not (_is_text(field.type) or _is_number(field.type)):
            raise DataError(
                f"{file}: column {quoted(field.name)} is of type {field.type}; only numbers, booleans and strings "
                "can be read"
            )


def _value_type(kind: pa.DataType) -> pa.DataType:
    from pyarrow import types

    return kind.value_type if types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    value = _value_type(kind)
    return types.is_string(value) or types.is_large_string(value)


def _is_number(kind: pa.DataType) -> bool:
    from pyarrow import types

    value = _value_type(kind)
    tests = (types.is_decimal, types.is_integer, types.is_floating, types.is_boolean)
    return any(test(value) for test in tests)


def _column(column: pa.ChunkedArray, name: str, origin: Origin) -> Values:
    from pyarrow import compute, types

    if column.null_count:
        raise missing_cell(origin, compute.index(column.is_null(), True).as_py(), name)
    if _is_text(column.type):
        with damage_reported(f"{origin.file}, column {quoted(name)}", "UTF-8 text"):
            return _texts(column)
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if types.is_decimal(column.type):
        # Arrow's own cast to doubles is an ulp off for some decimals (3.30); Python's rounds correctly.
        return np.fromiter((float(number.as_py()) for number in column), np.float64, len(column))
    return np.asarray(column.to_numpy())


def _texts(column: pa.ChunkedArray) -> list[str]:
    """One string object for each category of a chunk, however many rows have it."""
    texts: list[str] = []
    for chunk in column.dictionary_encode().chunks:
        categories = chunk.dictionary.to_pylist()
        texts.extend(categories[index] for index in chunk.indices.to_numpy())
    return texts
