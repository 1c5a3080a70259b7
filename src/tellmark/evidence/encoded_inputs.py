"""Inputs as JSON holds them, and back: the same input, bit by bit, or an error."""

from __future__ import annotations

import numpy as np

from tellmark.errors import EvidenceError
from tellmark.evidence.base64_text import bytes_of, text_of
from tellmark.evidence.predicates import EncodedInput
from tellmark.spaces import ImageSpace, InputSpace, TableSpace
from tellmark.types import Batch


def encoded(one: object) -> EncodedInput:
    """An element of a `tellmark.types.Batch` as JSON holds it: pixels in base64 row by row, numbers, or text."""
    if isinstance(one, str):
        return EncodedInput(text=one)
    array = np.asarray(one)
    if array.dtype == np.uint8:
        return EncodedInput(pixels=text_of(array.tobytes()))
    return EncodedInput(row=tuple((array + 0.0).tolist()))  # + 0.0: minus zero is zero, here as in its digest


def decoded(written: EncodedInput, space: InputSpace, *, where: str) -> Batch:
    """The input that was `encoded`, as a batch of one.

    Parameters
    ----------
    where : str
        For messages: whose input it is.

    Raises
    ------
    EvidenceError
        If it is no input of `space`: of another kind or size, not a finite number, base64 spelt in another way than
        encoding the pixels gives.
    """
    if sum(part is not None for part in (written.pixels, written.row, written.text)) != 1:
        raise EvidenceError(f"{where} is not one input, of pixels, a row or a text")
    if isinstance(space, ImageSpace):
        return _image(written.pixels, space, where)
    if isinstance(space, TableSpace):
        return _row(written.row, space, where)
    return _text(written.text, where)


def _image(pixels: str | None, space: ImageSpace, where: str) -> Batch:
    size = space.height * space.width * space.channels
    if pixels is None or len(pixels) != 4 * -(-size // 3):
        raise EvidenceError(f"{where} is not one of the {space}")
    raw = bytes_of(pixels, where=where)
    if len(raw) != size:
        raise EvidenceError(f"{where} is not one of the {space}")
    return np.frombuffer(raw, dtype=np.uint8).reshape(1, space.height, space.width, space.channels)


def _row(row: tuple[float, ...] | None, space: TableSpace, where: str) -> Batch:
    if row is None or len(row) != len(space.columns):
        raise EvidenceError(f"{where} is not one of the {space}")
    batch = np.array([row], dtype=np.float64)
    if not np.isfinite(batch).all():
        raise EvidenceError(f"{where} has NaN or infinity")
    return batch


def _text(text: str | None, where: str) -> Batch:
    if text is None:
        raise EvidenceError(f"{where} is no text")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise EvidenceError(f"{where} is no Unicode text") from None
    return np.array([text], dtype=object)
