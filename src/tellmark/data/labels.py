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

    With `classes`, which then fix names and order, labels are names where all of them are among
    `classes`; otherwise whole numbers count the classes from 0.

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
        If a number is not whole, a name is empty or no Unicode, or the labels do not fit `classes`.
    """
    if isinstance(values, np.ndarray):
        codes, names = _number_distinct(values, origin)
    else:
        check_texts(values, origin, what="label")
        codes, names = _number_names(values)
    if classes is None:
        return codes, names
    index = {name: position for position, name in enumerate(classes)}
    unknown = [code for code, name in enumerate(names) if name not in index]
    if not unknown:
        positions = [index[name] for name in names]
    elif isinstance(values, np.ndarray) and values.dtype.kind != "b":
        positions = [int(name) for name in names]
        if not 0 <= positions[0] <= positions[-1] < len(classes):
            raise DataError(
                f"{origin.file} has labels from {names[0]} to {names[-1]}: neither all among the class names "
                f"({listed(classes)}) nor positions among them, which count from 0 to {len(classes) - 1}"
            )
    else:
        where = origin.at(int(np.flatnonzero(codes == unknown[0])[0]))
        raise DataError(f"{where}: the label {quoted(names[unknown[0]])} is not among the classes {listed(classes)}")
    return np.asarray(positions, dtype=np.int64)[codes], tuple(classes)


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
