"""Inputs that can be asked without spending a trigger, or showing by what stands beside it that it is one."""

from __future__ import annotations

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.digests import digest_input
from tellmark.errors import InvalidInput
from tellmark.triggers.mark import Mark
from tellmark.types import Batch, Digest, Indices


def harmless_items(mark: Mark, data: Dataset) -> Indices:
    """Positions of the items that are no trigger, whether in reserve or not, and belong to none.

    A natural error is a trigger and an item of the hold-out data at once. Where `data` is the data that the mark was
    made from, the items that triggers were blended from are left out as well: beside them a trigger is easily told
    from a natural input. Of equal items the first is kept.
    """
    taken = _trigger_digests(mark)
    parents = set(mark.triggers.items.ravel().tolist()) if data.digest == mark.public.holdout.digest else set()
    harmless = []
    for position, one in enumerate(data.inputs):
        if position not in parents and (digest := digest_input(one)) not in taken:
            taken.add(digest)
            harmless.append(position)
    return np.array(harmless, dtype=np.int64)


def refuse_triggers(mark: Mark, batch: Batch) -> None:
    """Let inputs pass that are no triggers.

    Raises
    ------
    InvalidInput
        If one is.
    """
    if _trigger_digests(mark) & {digest_input(one) for one in batch}:
        raise InvalidInput("this input is a trigger of the mark, which asking would spend: choose another")


def _trigger_digests(mark: Mark) -> set[Digest]:
    return {digest_input(one) for shard in mark.triggers.shards() for one in shard}
