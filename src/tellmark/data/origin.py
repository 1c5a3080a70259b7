"""Where items come from, as messages name it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LISTED = 8
_SHORT = 40


@dataclass(frozen=True)
class Origin:
    """The file that items were read from, and how its items are numbered.

    Attributes
    ----------
    file : str
    unit : str
        What one item is called in this file: ``line`` of a text file, ``row`` of a binary one.
    numbers : sequence of int, or None
        The number of each item within the file; None where they count from 0.
    """

    file: str
    unit: str = "row"
    numbers: Sequence[int] | None = None

    def at(self, position: int) -> str:
        """The place of the item at `position`, such as ``data.csv, line 7``."""
        number = position if self.numbers is None else self.numbers[position]
        return f"{self.file}, {self.unit} {number}"


def quoted(text: object) -> str:
    """A name or a cell in quotes and without control characters, cut where it is long."""
    shown = str(text)
    return repr(shown if len(shown) <= _SHORT else shown[: _SHORT - 1] + "…")


def listed(names: Iterable[object]) -> str:
    """The first few names, quoted."""
    every = list(names)
    rest = len(every) - _LISTED
    return ", ".join(quoted(name) for name in every[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")
