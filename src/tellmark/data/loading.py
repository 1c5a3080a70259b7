"""Load hold-out data, whatever file or folder it lies in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tellmark.data.dataset import Dataset
from tellmark.data.delimited import read_csv, read_tsv
from tellmark.data.image_folder import read_image_folder, read_image_zip
from tellmark.data.jsonl import read_jsonl
from tellmark.data.npz import read_npz
from tellmark.data.origin import quoted
from tellmark.data.parquet import read_parquet
from tellmark.errors import DataError, InvalidInput


class Reader(Protocol):
    """Reads one format."""

    def __call__(self, path: Path, *, label_column: str | int | None, classes: Sequence[str] | None) -> Dataset:
        """Read the file or folder at `path`."""
        ...


READERS: dict[str, Reader] = {
    ".zip": read_image_zip,
    ".npz": read_npz,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".parquet": read_parquet,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}
"""The reader for each ending of a file name; a folder is read as images."""


def load_data(
    path: str | os.PathLike[str], *, label_column: str | int | None = None, classes: Sequence[str] | None = None
) -> Dataset:
    r"""Load labelled inputs; the format follows from the path.

    Parameters
    ----------
    path : path-like
        A folder or ``.zip`` of images in class folders; ``.npz``; ``.csv``, ``.tsv``, ``.parquet``,
        ``.jsonl`` or ``.ndjson`` of table rows or texts.
    label_column : str or int, optional
        Name of the column with the labels, or its position from 0 (from the end if negative). By default
        the column named ``label``, ``class``, ``target`` or ``y``. For ``.npz`` the name of an array.
    classes : sequence of str, optional
        Every class in the order of the model's output. Needed where the file lacks a class or its order
        is another. By default the distinct labels, sorted. Without labels, the names of the model's classes.

    Returns
    -------
    Dataset
        Without labels if the file has none.

    Raises
    ------
    DataError
        If the file cannot be read, or its content cannot serve; the message says where and why.
    InvalidInput
        If an argument does not suit the format, or `classes` are empty or not distinct.
    MissingExtra
        If the format needs an optional dependency.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "flowers.csv")
    ...     _ = path.write_text("petal,sepal,class\n1.4,5,setosa\n4.75,7,versicolor\n")
    ...     data = load_data(path)
    >>> len(data), data.classes, str(data.space)
    (2, ('setosa', 'versicolor'), 'rows of 2 numbers')
    """
    path = Path(path)
    names = None if classes is None else _checked(classes)
    try:
        read = _reader_for(path)
        return read(path, label_column=label_column, classes=names)
    except OSError as error:
        raise DataError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error


def _reader_for(path: Path) -> Reader:
    if path.is_dir():
        return read_image_folder
    if not path.exists():
        raise DataError(f"there is no file or folder {path}")
    if not path.is_file():
        raise DataError(f"{path} is no regular file but a pipe or a device; write its content to a file first")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path} is in no format that is read: give a folder of images, or one of {', '.join(READERS)}")
    return reader


def _checked(classes: Sequence[str]) -> tuple[str, ...]:
    if isinstance(classes, str) or not all(isinstance(name, str) and name.strip() for name in classes):
        raise InvalidInput("classes must be a sequence of names, none of them empty")
    names = tuple(name.strip() for name in classes)
    if not names:
        raise InvalidInput("classes are empty; leave them out, or name every class")
    if len(set(names)) < len(names):
        doubled = next(name for position, name in enumerate(names) if name in names[:position])
        raise InvalidInput(f"classes must be distinct, and {quoted(doubled)} is there twice")
    return names
