"""Trigger inputs as files, for a suspect that is asked by other means than this program."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tellmark.digests import digest_input
from tellmark.errors import FileError, InvalidInput
from tellmark.spaces import Column, ImageSpace, TableSpace
from tellmark.triggers.mark import Mark
from tellmark.types import Batch
from tellmark.verification.order import fresh_order_seed, tier_orders

_SLICE = 256


@dataclass(frozen=True)
class Questions:
    """What was written.

    Attributes
    ----------
    count : int
        Questions, in all tiers together.
    order_seed : int
        Asks the same ones again.
    """

    count: int
    order_seed: int


def write_questions(
    mark: Mark,
    folder: Path,
    *,
    max_queries: int | None = None,
    order_seed: int | None = None,
    reserve: Sequence[Sequence[int]] = (),
) -> Questions:
    """Write the inputs of a mark's triggers, tier after tier, in random order and without their labels.

    With a budget these are the first `max_queries` triggers of each tier: all that a verification within the
    budget may ask, by either method.

    `folder` then holds ``answers.csv``, one line a question with an empty ``label``, and the inputs: images
    as ``000000.png`` …, rows in ``rows.csv``, texts in ``texts.csv``. Its name in ``input`` is the input's
    digest, by which a ``recorded:`` model finds the answer again. Only its owner may read the folder.

    Parameters
    ----------
    mark : Mark
    folder : Path
    max_queries, order_seed : int or None
        As of `tellmark.verify`.
    reserve : sequence of sequence of int
        For each tier the positions in it that are not written; empty where all may be.

    Returns
    -------
    Questions
        Its order seed is to be given to `tellmark.verify`, with the same `max_queries` and the recorded answers.

    Raises
    ------
    InvalidInput
        If `max_queries` is below 1, the folder exists, or images have so many channels that PNG cannot hold
        them.
    FileError
        If the folder cannot be written; nothing is left behind.
    """
    if max_queries is not None and max_queries < 1:
        raise InvalidInput(f"the query budget must be at least 1, not {max_queries}")
    seed = fresh_order_seed() if order_seed is None else order_seed
    orders = tier_orders(mark.public, seed=seed, reserve=reserve)
    # Which tier is asked how often depends on the answers: with so many of each, whatever is asked is there.
    order = np.concatenate([positions[:max_queries] for positions in orders])
    batches = (mark.triggers.inputs(order[start : start + _SLICE]) for start in range(0, len(order), _SLICE))
    try:
        if folder.exists():
            raise InvalidInput(f"{folder} exists: choose a new folder")
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
            target = Path(scratch) / "questions"
            target.mkdir(mode=0o700)
            _write(mark, batches, target)
            target.rename(folder)
    except OSError as error:
        raise FileError(f"the questions cannot be written to {folder}: {_reason(error, folder)}") from error
    return Questions(len(order), seed)


def _reason(error: OSError, folder: Path) -> str:
    if isinstance(error, FileNotFoundError):
        return f"the folder {folder.parent} does not exist, create it first"
    return (error.strerror or str(error)).lower()


def _write(mark: Mark, batches: Iterator[Batch], folder: Path) -> None:
    space = mark.public.holdout.space
    inputs = (one for batch in batches for one in batch)
    if isinstance(space, ImageSpace):
        if space.channels > 4:
            raise InvalidInput(f"images of {space.channels} channels cannot be written as PNG: ask them in Python")
        _write_images(inputs, folder)
    elif isinstance(space, TableSpace):
        _write_rows(inputs, folder, space.columns)
    else:
        _write_texts(inputs, folder)


def _write_images(images: Iterator[NDArray[np.uint8]], folder: Path) -> None:
    with _csv_file(folder / "answers.csv", "file", "input", "label") as answers:
        for number, image in enumerate(images):
            name = f"{number:06d}.png"
            Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(folder / name)
            answers(name, digest_input(image), "")


def _write_rows(rows: Iterator[NDArray[np.float64]], folder: Path, columns: tuple[Column, ...]) -> None:
    names = (column.name for column in columns)
    with (
        _csv_file(folder / "rows.csv", "row", *names) as table,
        _csv_file(folder / "answers.csv", "row", "input", "label") as answers,
    ):
        for number, row in enumerate(rows):
            table(str(number), *(_written(value, column) for value, column in zip(row.tolist(), columns, strict=True)))
            answers(str(number), digest_input(row), "")


def _write_texts(texts: Iterator[str], folder: Path) -> None:
    with _csv_file(folder / "answers.csv", "text", "label") as answers:
        for text in texts:
            answers(text, "")


def _written(value: float, column: Column) -> str:
    return repr(value) if column.decimals is None else f"{value:.{column.decimals}f}"


@contextmanager
def _csv_file(path: Path, *header: str) -> Iterator[Callable[..., None]]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        yield lambda *cells: writer.writerow(cells)
