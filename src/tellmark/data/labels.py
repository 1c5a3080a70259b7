"""From labels as a file writes them to class indices and class names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tellmark.data.cells import check_texts
from tellmark.data.origin import Origin, listed, quoted
from tellmark.errors import DataError
from tellmark.types import Indices, Labels


def encode_labels(
    values: NDArray[Any] | Sequence[str], *, classes: Sequence[str] | None, origin: Origin
) -> tuple[Labels, tuple[str, ...]]:
    """Number the labels and name the classes.

    Without `classes`, the classes are the distinct labels: whole numbers in increasing order and named by
    their digits, booleans as ``false`` and ``true``, strings sorted by code point.

    With `classes`, which then fix names and order, labels that are no numbers are names. Numbers are names
    where all of them are among `classes`, and positions where all of them count `classes` from 0; where
    they could be either, and that makes a difference, they are refused.

    Parameters
    ----------
    values : ndarray of booleans, integers or floats, or sequence of str; length n
        Floats must be whole. White space around a name does not count.
    classes : sequence of str, or None
        Every class, in order.
    origin : Origin
        Named in messages.

    Returns
    -------
    labels : ndarray of int64, shape (n,)
    classes : tuple of str

    Raises
    ------
    DataError
        If a number is not whole, a name is empty or no Unicode, or the labels do not fit `classes` or fit
        them in two ways.
    """
    codes, names = _distinct(values, origin)
    if classes is None:
        return codes, names
    if not _are_numbers(values):
        return _by_name(codes, names, classes, origin), tuple(classes)
    counted = _counted(names, classes)
    named = [classes.index(name) for name in names] if set(names) <= set(classes) else None
    span = f"{origin.file} has labels from {names[0]} to {names[-1]}"
    if counted is None and named is None:
        raise DataError(
            f"{span}: neither all among the class names ({listed(classes)}) nor positions among them, "
            f"which count from 0 to {len(classes) - 1}"
        )
    if counted is not None and named is not None and counted != named:
        raise DataError(
            f"{span}, which could be class names or positions that count the classes from 0: use class names that "
            "are no whole numbers, in classes and, unless its labels are positions, in the file"
        )
    return np.asarray(named if counted is None else counted, dtype=np.int64)[codes], tuple(classes)


def encode_positions(
    values: NDArray[Any] | Sequence[str], *, classes: Sequence[str], origin: Origin
) -> tuple[Labels, tuple[str, ...]]:
    """Number the labels of a file with class names of its own: numbers count these from 0, all else are names.

    Parameters and returns are those of `encode_labels`.

    Raises
    ------
    DataError
        If a number is no position among `classes`, or a name is not among them.
    """
    codes, names = _distinct(values, origin)
    if not _are_numbers(values):
        return _by_name(codes, names, classes, origin), tuple(classes)
    counted = _counted(names, classes)
    if counted is None:
        raise DataError(
            f"{origin.file} has labels from {names[0]} to {names[-1]}, and numbers count its classes from 0 to "
            f"{len(classes) - 1}; if the labels are class names, store them as strings"
        )
    return np.asarray(counted, dtype=np.int64)[codes], tuple(classes)


def _are_numbers(values: NDArray[Any] | Sequence[str]) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind != "b"


def _counted(names: Sequence[str], classes: Sequence[str]) -> list[int] | None:
    """The positions that increasing whole numbers are among `classes`; None if one of them is none."""
    positions = [int(name) for name in names]
    return positions if 0 <= positions[0] <= positions[-1] < len(classes) else None


def _by_name(codes: Indices, names: Sequence[str], classes: Sequence[str], origin: Origin) -> Labels:
    index = {name: position for position, name in enumerate(classes)}
    unknown = [code for code, name in enumerate(names) if name not in index]
    if unknown:
        where = origin.at(int(np.flatnonzero(codes == unknown[0])[0]))
        raise DataError(f"{where}: the label {quoted(names[unknown[0]])} is not among the classes {listed(classes)}")
    return np.array([index[name] for name in names], dtype=np.int64)[codes]


def _distinct(values: NDArray[Any] | Sequence[str], origin: Origin) -> tuple[Indices, tuple[str, ...]]:
    """For each item the position of its label among the distinct ones, and the names of these."""
    if isinstance(values, np.ndarray):
        return _number_distinct(values, origin)
    check_texts(values, origin, what="label")
    return _number_names(values)


def _number_names(values: Sequence[str]) -> tuple[Indices, tuple[str, ...]]:
    stripped = [value.strip() for value in values]
    names = tuple(sorted(set(stripped)))
    index = {name: position for position, name in enumerate(names)}
    return np.fromiter((index[name] for name in stripped), np.int64, len(stripped)), names


def _number_distinct(values: NDArray[Any], origin: Origin) -> tuple[Indices, tuple[str, ...]]:
    """For each item the position of its value among the distinct ones, and how these are written."""
    broken = np.flatnonzero(~np.isfinite(values) | (values != np.floor(values)))
    if broken.size:
        raise DataError(
            f"{origin.at(int(broken[0]))}: the label {values[broken[0]]} is not a whole number; "
            "labels are class numbers or class names"
        )
    distinct, codes = np.unique(values, return_inverse=True)
    written = str if values.dtype.kind != "b" else lambda value: str(bool(value)).lower()
    return codes.astype(np.int64), tuple(written(int(value)) for value in distinct)
