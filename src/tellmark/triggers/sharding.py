"""Where the shards of a trigger set end: each holds so many triggers that it fits into memory, whatever their size."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tellmark.spaces import ImageSpace, InputSpace, TableSpace
from tellmark.triggers.trigger_set import SHARD, TriggerSet
from tellmark.types import Batch

SHARD_BYTES = 1 << 22
"""A shard is full with this many bytes of inputs, or with `SHARD` triggers."""
_TEXTS_AT_ONCE = 16


def stretches(space: InputSpace, triggers: TriggerSet) -> Iterator[tuple[slice, Batch]]:
    """The positions of the triggers of each shard, and their inputs, one shard in memory at a time.

    Where a shard ends follows from the inputs alone, so that a trigger set is always cut in the same places.
    """
    match space:
        case ImageSpace():
            return _equal_stretches(triggers, space.height * space.width * space.channels)
        case TableSpace():
            return _equal_stretches(triggers, 8 * len(space.columns))
        case _:
            return _text_stretches(triggers)


def _equal_stretches(triggers: TriggerSet, input_size: int) -> Iterator[tuple[slice, Batch]]:
    length = min(max(SHARD_BYTES // input_size, 1), SHARD)
    for start in range(0, len(triggers), length):
        stop = min(start + length, len(triggers))
        yield slice(start, stop), triggers.inputs(np.arange(start, stop))


def _text_stretches(triggers: TriggerSet) -> Iterator[tuple[slice, Batch]]:
    """Texts differ in length: they are asked for a few at a time, until a shard is full."""
    groups = math.ceil(len(triggers) / _TEXTS_AT_ONCE)
    start, size, parts = 0, 0, []
    for number, texts in enumerate(triggers.shards(_TEXTS_AT_ONCE), start=1):
        parts.append(texts)
        size += sum(len(str(text).encode("utf-8", "surrogatepass")) for text in texts)
        stop = min(number * _TEXTS_AT_ONCE, len(triggers))
        if size >= SHARD_BYTES or stop - start == SHARD or number == groups:
            yield slice(start, stop), np.concatenate(parts)
            start, size, parts = stop, 0, []
