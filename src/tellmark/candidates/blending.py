"""Blend two inputs into one that a client can send: the share λ of the first, 1-λ of the second.

Which two, and at which share, random words decide. Images are blended in whole numbers and tables in doubles
rounded to the column's precision, so that the result is the same, bit by bit, on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tellmark.spaces import ImageSpace, InputSpace, TableSpace
from tellmark.types import Batch

SHARE_ONE = 1 << 17
"""The share λ is a whole number of this many parts, so that blending is exact integer arithmetic."""

_PIXELS_AT_ONCE = 1 << 16
"""The sums are four times as large as the images: few at a time stay in the cache."""


def chosen(words: NDArray[np.uint64], *, items: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """What random words make of so many items: the two to blend, uniformly, and the share λ ~ U(0, 1) of the first.

    The first two words choose the items, the third the share; the fourth has no use.

    Parameters
    ----------
    words : ndarray of uint64, shape (n, 4)
    items : int
        From 1 to 2^32 - 1.

    Returns
    -------
    items : ndarray of int64, shape (n, 2)
        Each in ``0 … items - 1``; the bias is below ``items / 2**32``.
    shares : ndarray of uint32, shape (n,)
        In parts of `SHARE_ONE`, never 0 and never all of them.
    """
    upper = words[:, :2] >> np.uint64(32)
    pairs = ((upper * np.uint64(items)) >> np.uint64(32)).astype(np.int64)
    shares = ((words[:, 2] >> np.uint64(48)) * np.uint64(2) + np.uint64(1)).astype(np.uint32)
    return pairs, shares


def blend(space: InputSpace, first: Batch, second: Batch, shares: NDArray[np.uint32]) -> Batch:
    """Blend `first[i]` and `second[i]` at `shares[i]` (in parts of `SHARE_ONE`), within `space`."""
    if isinstance(space, ImageSpace):
        return blend_images(first, second, shares)
    if isinstance(space, TableSpace):
        return blend_rows(first, second, shares, decimals=tuple(column.decimals for column in space.columns))
    return splice_texts(first, second, shares)


def blend_images(first: Batch, second: Batch, shares: NDArray[np.uint32]) -> Batch:
    """Pixel by pixel, rounded to the nearest whole number (a half goes up). ``uint8 (n, h, w, c)``."""
    blends = np.empty_like(first)
    step = max(1, _PIXELS_AT_ONCE // max(1, first[0].size)) if len(first) else 1
    for start in range(0, len(first), step):
        some = slice(start, start + step)
        weight = shares[some, None, None, None]
        mixed = first[some] * weight
        mixed += second[some] * (np.uint32(SHARE_ONE) - weight)
        mixed += np.uint32(SHARE_ONE // 2)
        mixed //= np.uint32(SHARE_ONE)
        blends[some] = mixed
    return blends


def blend_rows(first: Batch, second: Batch, shares: NDArray[np.uint32], *, decimals: tuple[int | None, ...]) -> Batch:
    """Column by column, rounded to the digits the column is written with. ``float64 (n, columns)``."""
    weight = shares[:, None] / SHARE_ONE
    mixed = weight * first + (1 - weight) * second
    for column, digits in enumerate(decimals):
        if digits is not None:
            mixed[:, column] = np.round(mixed[:, column], digits)
    return mixed


def splice_texts(first: Batch, second: Batch, shares: NDArray[np.uint32]) -> Batch:
    """The opening words of one text, then the closing words of the other. ``object (n,)``.

    Of the first text the share λ of its words is kept, of the second the share 1-λ, rounded to the
    nearest word and at least one of each where the text has one. Words are what white space separates; they are
    joined by single spaces.
    """
    spliced = np.empty(len(first), dtype=object)
    for position, (opening, closing, share) in enumerate(zip(first, second, shares.tolist(), strict=True)):
        head, tail = opening.split(), closing.split()
        tail_length = _kept(len(tail), SHARE_ONE - share)
        spliced[position] = " ".join(head[: _kept(len(head), share)] + tail[len(tail) - tail_length :])
    return spliced


def _kept(words: int, share: int) -> int:
    return min(words, max(1, (words * share + SHARE_ONE // 2) // SHARE_ONE))
