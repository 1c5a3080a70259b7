"""Cells of a text file: which are numbers, and which can be sent at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tellmark.data.origin import Origin
from tellmark.errors import DataError

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+(?:e[+-]?[0-9]+)?|nan|inf|infinity)", re.I)


def is_number(cell: str) -> bool:
    """Whether the cell is a decimal number, `nan` or `inf`, apart from white space around it."""
    return _NUMBER.fullmatch(cell.strip()) is not None


def check_texts(texts: Sequence[str], origin: Origin, *, what: str) -> None:
    """Refuse a text that is empty, or that holds half of a surrogate pair and so cannot be sent as UTF-8.

    Raises
    ------
    DataError
        It names the place of the first such text and calls it `what`.
    """
    for position, text in enumerate(texts):
        if not text.strip():
            raise DataError(f"{origin.at(position)}: the {what} is empty; fill it in or remove the item")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise DataError(
                f"{origin.at(position)}: the {what} holds half of a surrogate pair, which no UTF-8 can carry"
            ) from error


def parse_cells(cells: Sequence[str]) -> NDArray[Any] | list[str]:
    """One column: ``int64`` if all cells are whole numbers that fit, ``float64`` if all are numbers, else strings.

    Examples
    --------
    >>> parse_cells(["1", " -20"]), parse_cells(["1e2", ".5"]), parse_cells(["1", "one"])
    (array([  1, -20]), array([100. ,   0.5]), ['1', 'one'])
    """
    stripped = [cell.strip() for cell in cells]  # of more than `int` and `float` take for white space
    if all(map(_INTEGER.fullmatch, stripped)):
        return np.array([int(cell) for cell in stripped], dtype=np.int64)
    if all(map(is_number, stripped)):
        return np.array([float(cell) for cell in stripped], dtype=np.float64)
    return list(cells)
