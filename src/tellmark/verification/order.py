"""The random order in which triggers are asked; all the chance in a verification lies in it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import numpy as np

from tellmark.errors import InvalidInput
from tellmark.randomness import derive_key, random_words, seed_from_int
from tellmark.triggers.document import MarkDocument
from tellmark.types import Indices

_SEED_BITS = 53
"""What every JSON reader keeps exactly."""

_WORDS_PER_BLOCK = 4


class DrawnSeed(int):
    """An order seed that was drawn when the run began, and not chosen: a run that goes on keeps it."""


def fresh_order_seed() -> int:
    """A number for `asking_order` from the operating system's entropy."""
    return secrets.randbits(_SEED_BITS)


def asking_order(triggers: int, *, seed: int, tier: int = 0) -> Indices:
    """Positions ``0 … triggers - 1`` of a tier in the random order that `seed` stands for.

    The orders of different tiers are independent of each other.

    The seed is no secret: it tells where a trigger stands in the set, not what it is. Written down, it
    lets anyone who holds the mark ask again in the same order.

    Raises
    ------
    InvalidInput
        If the seed is negative or needs more than 53 bits.
    """
    if not 0 <= seed < 1 << _SEED_BITS:
        raise InvalidInput(f"an order seed is a whole number from 0 to 2^{_SEED_BITS}-1, not {seed}")
    key = derive_key(seed_from_int(seed), f"verification/order/{tier}")
    keys = random_words(key, 0, -(-triggers // _WORDS_PER_BLOCK)).reshape(-1)[:triggers]
    return np.argsort(keys, kind="stable").astype(np.int64)


def tier_orders(public: MarkDocument, *, seed: int, reserve: Sequence[Sequence[int]] = ()) -> tuple[Indices, ...]:
    """For each tier the positions of its triggers in the mark, in the order of asking.

    Parameters
    ----------
    public : MarkDocument
    seed : int
    reserve : sequence of sequence of int
        For each tier positions in it that are left out, if any are.

    Raises
    ------
    InvalidInput
        If the seed is negative or needs more than 53 bits.
    """
    orders = []
    for tier, stretch in enumerate(public.stretches):
        order = asking_order(stretch.stop - stretch.start, seed=seed, tier=tier)
        left_out = reserve[tier] if reserve else ()
        orders.append(stretch.start + order[~np.isin(order, left_out)])
    return tuple(orders)
