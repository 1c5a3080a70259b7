"""Which triggers no private check ever asks, so that a judge is the first to ask them."""

from __future__ import annotations

import math

import numpy as np

from tellmark.errors import InvalidInput
from tellmark.randomness import derive_key, seed_words
from tellmark.types import Seed


def reserve_of(seed: Seed, mark: str, *, tier: int, triggers: int, share: float) -> tuple[int, ...]:
    """Positions of a tier's triggers that are kept for a judge, increasing.

    The positions are sorted by the first word of seed i (`tellmark.randomness.seed_words`) under a key that derives
    from the mark's seed, i the position; the first ``floor(share * triggers)`` of them are the reserve. To whoever does
    not know the seed, and so to every suspect's answers, it is a uniform random subset of that size. The owner knows
    the seed and could have tried many: a judge's nonce, drawn later, decides the order within the reserve, and what
    many tries buy is bounded by their number.

    Parameters
    ----------
    seed : bytes
        The mark's.
    mark : str
        Digest of the mark's public part.
    tier, triggers : int
        Position of the tier, and how many triggers it has.
    share : float
        In [0, 1).

    Raises
    ------
    InvalidInput
        If the share lies outside its range.
    """
    if not 0 <= share < 1:
        raise InvalidInput(f"the reserve is a share of the triggers, at least 0 and below 1, not {share}")
    key = derive_key(seed, "evidence/reserve", context=f"{mark}/{tier}".encode("ascii"))
    order = np.argsort(seed_words(key, 0, triggers)[:, 0], kind="stable")
    return tuple(sorted(order[: math.floor(share * triggers)].tolist()))
