"""Which triggers no private check ever asks, so that a judge is the first to ask them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from tellmark.digests import canonical_json
from tellmark.errors import InvalidInput

_PURPOSE = b"tellmark/1/evidence/reserve"


def reserve_of(leaves: Sequence[str], *, share: float) -> tuple[int, ...]:
    """Positions of a tier's triggers that are kept for a judge, increasing.

    The positions are sorted by SHA-256 of the tier's leaves and the position; the first ``floor(share * N)`` of them
    are the reserve. So the leaves that a registration lists decide which they are, and anybody can find them again.
    The leaves are salted: to whoever has not seen them, and so to every suspect's answers, the reserve is a uniform
    random subset of its size. Whoever makes them could try many salts until a subset suits him, which is bounded like
    every choice among many tries (`tellmark.statistics.repeated_tries`).

    Parameters
    ----------
    leaves : sequence of str
        The salted digests of the tier's N triggers, in order of position.
    share : float
        In [0, 1).

    Raises
    ------
    InvalidInput
        If the share lies outside its range.
    """
    if not 0 <= share < 1:
        raise InvalidInput(f"the reserve is a share of the triggers, at least 0 and below 1, not {share}")
    return first_of(leaves, math.floor(share * len(leaves)))


def first_of(leaves: Sequence[str], count: int) -> tuple[int, ...]:
    """The reserve of so many positions; see `reserve_of`."""
    draw = hashlib.sha256(_PURPOSE + hashlib.sha256(canonical_json(list(leaves))).digest()).digest()
    order = sorted(range(len(leaves)), key=lambda one: hashlib.sha256(draw + one.to_bytes(8, "big")).digest())
    return tuple(sorted(order[:count]))
