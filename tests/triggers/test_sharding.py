"""Shards are cut by the size of their inputs, and always in the same places."""

from __future__ import annotations

import numpy as np
import pytest

from tellmark.spaces import Column, ImageSpace, InputSpace, TableSpace, TextSpace
from tellmark.triggers.sharding import SHARD_BYTES, stretches
from tellmark.triggers.trigger_set import SHARD, TriggerSet
from tellmark.types import Inputs

MIB = 1 << 20


def triggers_with(n: int, inputs: Inputs) -> TriggerSet:
    return TriggerSet(np.arange(n), np.zeros((n, 2), np.int64), np.zeros(n, np.int64), inputs)


def lengths(space: InputSpace, triggers: TriggerSet) -> list[int]:
    """Of the shards, after a look at whether they are the triggers in order."""
    found, stop = [], 0
    for part, inputs in stretches(space, triggers):
        assert part.start == stop
        assert len(inputs) == part.stop - part.start
        np.testing.assert_array_equal(inputs, triggers.inputs(np.arange(part.start, part.stop)))
        stop = part.stop
        found.append(len(inputs))
    assert stop == len(triggers)
    return found


@pytest.mark.parametrize(
    ("height", "n", "expected"),
    [
        (1, SHARD + 1, [SHARD, 1]),
        (MIB // 3, 9, [4, 4, 1]),
        (SHARD_BYTES // 3, 3, [1, 1, 1]),
        (SHARD_BYTES, 2, [1, 1]),
    ],
)
def test_as_many_images_as_fit_are_a_shard(height, n, expected):
    space = ImageSpace(height=height, width=1, channels=3)
    triggers = triggers_with(n, lambda positions: np.zeros((len(positions), height, 1, 3), np.uint8))
    assert lengths(space, triggers) == expected


def test_as_many_rows_as_fit_are_a_shard(monkeypatch):
    monkeypatch.setattr("tellmark.triggers.sharding.SHARD_BYTES", 100)
    space = TableSpace(columns=tuple(Column(name=name) for name in "abc"))
    triggers = triggers_with(5, lambda positions: np.outer(positions, [1.0, 2.0, 3.0]))
    assert lengths(space, triggers) == [4, 1]


@pytest.mark.parametrize(
    ("text", "n", "expected"),
    [
        ("short", SHARD, [SHARD]),
        ("short", 2 * SHARD + 1, [SHARD, SHARD, 1]),
        ("x" * (MIB // 8), 70, [32, 32, 6]),
        ("\u03b2" * (MIB // 16), 70, [32, 32, 6]),
        ("x" * (SHARD_BYTES // 16), 17, [16, 1]),
        ("\ud83d", 1, [1]),
    ],
)
def test_texts_fill_a_shard_by_their_bytes(text, n, expected):
    triggers = triggers_with(n, lambda positions: np.array([text] * len(positions), dtype=object))
    assert lengths(TextSpace(), triggers) == expected
