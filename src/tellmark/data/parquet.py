"""Parquet files, read with Apache Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tellmark.data.columns import Columns, Values, dataset_from_columns, find_label, missing_cell
from tellmark.data.damage import damage_reported
from tellmark.data.dataset import Dataset
from tellmark.data.origin import Origin, quoted
from tellmark.errors import DataError, MissingExtra

if TYPE_CHECKING:
    import pyarrow as pa


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
    # One file as it is: `pyarrow.parquet.read_table` would add columns from folder names like label=3.
    with damage_reported(path.name, "Parquet file"), ParquetFile(path) as file:
        return file.read()


def _column(column: pa.ChunkedArray, name: str, origin: Origin) -> Values:
    from pyarrow import compute, types

    if column.null_count:
        raise missing_cell(origin, compute.index(column.is_null(), True).as_py(), name)
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if types.is_string(kind) or types.is_large_string(kind):
        with damage_reported(f"{origin.file}, column {quoted(name)}", "UTF-8 text"):
            return column.to_pylist()
    if types.is_decimal(kind):
        # Arrow's own cast to doubles is an ulp off for some decimals (3.30); Python's rounds correctly.
        return np.array([float(number) for number in column.to_pylist()])
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        return np.asarray(column.to_numpy())
    raise DataError(
        f"{origin.file}: column {quoted(name)} is of type {kind}; only numbers, booleans and strings can be read"
    )
