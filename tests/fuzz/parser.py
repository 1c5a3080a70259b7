"""What a parser is, to whoever feeds it: how its input is made, how it is read, and what it may raise."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz.mutating import bytes_from
from tellmark.errors import TellmarkError


@dataclass(frozen=True)
class Parser:
    """One parser.

    Attributes
    ----------
    make : callable
        An input of the chance given, written into the folder given where it is a file; returns what to read.
    read : callable
        Reads it to the end.
    refusals : tuple of exception types
        What it may raise.
    """

    make: Callable[[random.Random, Path], Any]
    read: Callable[[Any], object]
    refusals: tuple[type[Exception], ...] = (TellmarkError,)

    def holds(self, chance: random.Random, folder: Path) -> None:
        """Read one input.

        Raises
        ------
        Exception
            Whatever is no refusal: a fault of the parser.
        """
        given = self.make(chance, folder)
        try:
            self.read(given)
        except self.refusals as error:
            # Where no file was read, it may repeat what the user wrote, lines and all.
            if isinstance(given, Path) and "\n" in str(error).strip():
                raise TypeError(f"an error of several lines: {str(error)[:200]!r}") from error


def file(name: str, *valid: bytes) -> Callable[[random.Random, Path], Path]:
    """Makes files of that name."""

    def make(chance: random.Random, folder: Path) -> Path:
        path = folder / name
        path.write_bytes(bytes_from(chance, valid))
        return path

    return make
