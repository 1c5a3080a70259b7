"""From named columns to a data set: one column is the label, the others make the inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tellmark.data.cells import check_texts, is_number
from tellmark.data.dataset import Dataset
from tellmark.data.labels import encode_labels
from tellmark.data.limits import check_room
from tellmark.data.origin import Origin, listed, quoted
from tellmark.data.precision import decimals_of
from tellmark.errors import DataError
from tellmark.spaces import Column, TableSpace, TextSpace

LABEL_NAMES = ("label", "class", "target", "y")
"""Names, in any case, by which a label column is recognised when none is given."""

Values = NDArray[Any] | list[str]
"""One column: numbers (booleans, integers or floats), shape ``(n,)``, or n strings."""


@dataclass(frozen=True)
class Columns:
    """What a file of rows holds. Every reader of rows ends here.

    Attributes
    ----------
    names : tuple of str
    values : tuple of Values
        All of one length.
    origin : Origin

    Raises
    ------
    DataError
        If there are no rows, or a name is missing, doubled, no Unicode or that of a stored row index.
    """

    names: tuple[str, ...]
    values: tuple[Values, ...]
    origin: Origin

    def __post_init__(self) -> None:
        if not self.values or len(self.values[0]) == 0:
            raise DataError(f"{self.origin.file} holds no rows")
        for position, name in enumerate(self.names):
            if not name.strip() or name.startswith("__index_level_"):
                raise DataError(
                    f"{self.origin.file}: column {position} has no name of its own and looks like a row index; "
                    "write the file without it"
                )
        check_texts(self.names, Origin(self.origin.file, "column"), what="name")
        doubled = [name for name, count in Counter(self.names).items() if count > 1]
        if doubled:
            raise DataError(f"{self.origin.file} has several columns named {quoted(doubled[0])}; rename all but one")


def find_label(names: Sequence[str], label_column: str | int | None, *, file: str) -> int | None:
    """Position of the label column, or None if there is none.

    A name must be among `names`; a number counts them from 0, or from the end if negative. Without
    either, the column named as one of `LABEL_NAMES` is the label; ``y`` gives way to the others.

    Raises
    ------
    DataError
        If there is no such column, or several have the name of a label.
    """
    if isinstance(label_column, str):
        if label_column not in names:
            raise DataError(f"{file} has no column {quoted(label_column)}; its columns are {listed(names)}")
        return list(names).index(label_column)
    if label_column is not None:
        if not -len(names) <= label_column < len(names):
            raise DataError(f"{file} has no column {label_column}: it has {len(names)}, counted from 0")
        return label_column % len(names)
    folded = [name.casefold() for name in names]
    found = [position for position, name in enumerate(folded) if name in LABEL_NAMES[:-1]]
    found = found or [position for position, name in enumerate(folded) if name == LABEL_NAMES[-1]]
    if len(found) > 1:
        several = listed(names[position] for position in found)
        raise DataError(f"{file} has several columns that could be the label: {several}; name one as label_column")
    return found[0] if found else None


def dataset_from_columns(columns: Columns, *, label: int | None, classes: Sequence[str] | None) -> Dataset:
    """Rows of numbers where every column but the label is numeric; texts where the only other column is text.

    Parameters
    ----------
    columns : Columns
    label : int or None
        Position of the label column; None if there are no labels.
    classes : sequence of str, or None
        Every class, in order; see `encode_labels`. Kept where there are no labels.

    Raises
    ------
    DataError
        If there is nothing but labels, a column among several is text, a text or a label is empty or no
        Unicode, a number is NaN or infinite, or the labels do not fit the classes.
    """
    origin = columns.origin
    features = [position for position in range(len(columns.names)) if position != label]
    if not features:
        raise DataError(f"{origin.file} has a label column and nothing else")
    texts = [position for position in features if isinstance(columns.values[position], list)]
    if not texts:
        inputs = _table(columns, features)
        described = zip((columns.names[feature] for feature in features), inputs.T, strict=True)
        space = TableSpace(columns=tuple(Column(name=name, decimals=decimals_of(values)) for name, values in described))
    elif len(features) == 1:
        inputs, space = _texts(columns, features[0]), TextSpace()
    else:
        raise _text_among_others(columns, texts[0], has_label=label is not None)
    if label is None:
        return Dataset(inputs, None, tuple(classes or ()), space, origin.file)
    labels, names = encode_labels(columns.values[label], classes=classes, origin=origin)
    return Dataset(inputs, labels, names, space, origin.file)


def missing_cell(origin: Origin, position: int, column: str) -> DataError:
    """The error for a cell without a value."""
    return DataError(f"{origin.at(position)}: nothing in column {quoted(column)}; impute such cells or remove the rows")


def _table(columns: Columns, features: Sequence[int]) -> NDArray[np.float64]:
    shape = (len(columns.values[0]), len(features))
    check_room(8 * shape[0] * shape[1], what=f"{columns.origin.file}, as a table of {shape[0]} × {shape[1]} numbers,")
    table = np.empty(shape, dtype=np.float64)
    for position, feature in enumerate(features):
        values = np.asarray(columns.values[feature], dtype=np.float64)
        broken = np.flatnonzero(~np.isfinite(values))
        if broken.size:
            where = columns.origin.at(int(broken[0]))
            name = quoted(columns.names[feature])
            raise DataError(f"{where}: {values[broken[0]]} in column {name}; impute such cells or remove the rows")
        table[:, position] = values
    return table


def _texts(columns: Columns, feature: int) -> NDArray[np.object_]:
    texts = list(columns.values[feature])
    check_texts(texts, columns.origin, what="text")
    batch = np.empty(len(texts), dtype=object)
    batch[:] = texts
    return batch


def _text_among_others(columns: Columns, column: int, *, has_label: bool) -> DataError:
    cells = columns.values[column]
    position = next((position for position, cell in enumerate(cells) if not is_number(cell)), 0)
    advice = "" if has_label else ", and if the file has labels, name their column as label_column"
    return DataError(
        f"{columns.origin.at(position)}: {quoted(cells[position])} in column {quoted(columns.names[column])} is no "
        f"number; encode such columns as numbers or leave them out{advice}"
    )
