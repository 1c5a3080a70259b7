"""Natural inputs that may stand beside triggers, as decoys and as controls."""

from __future__ import annotations

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.digests import digest_input
from tellmark.errors import InvalidInput
from tellmark.randomness import derive_key, random_words
from tellmark.triggers.mark import Mark
from tellmark.types import Batch, Indices
from tellmark.verification.conduct import Conduct


def natural_inputs(mark: Mark, conduct: Conduct) -> Batch:
    """Those that are no triggers and belong to none.

    A trigger among them would be asked more often than the others and out of its turn. Where the natural inputs are the
    hold-out data that the mark was made from, the items that triggers were blended from are left out as well: beside
    them a trigger is easily told from a natural input. Of equal inputs one is kept.

    Raises
    ------
    InvalidInput
        If too few are left for decoys and controls.
    """
    data = conduct.natural
    if data is None or not conduct.natural_needed:
        return np.empty(0)
    fit = _fit(mark, data)
    if len(fit) < conduct.natural_needed:
        raise InvalidInput(
            f"{data.name} has {len(data)} inputs, of which {len(fit)} differ, are no triggers and belong to none; "
            f"decoys and controls need {conduct.natural_needed}, so give more with --decoy-data"
        )
    return data.inputs[fit]


def controls_and_decoys(natural: Batch, controls: int, *, key: bytes) -> tuple[Batch, Batch]:
    """Natural inputs in the random order that `key` stands for, the first `controls` apart from the others."""
    words = random_words(derive_key(key, "natural"), 0, len(natural))[:, 0]
    shuffled = natural[np.argsort(words, kind="stable")]
    return shuffled[:controls], shuffled[controls:]


def _fit(mark: Mark, data: Dataset) -> Indices:
    """Positions of the inputs that may be asked."""
    unfit = {digest_input(one) for shard in mark.triggers.shards() for one in shard}
    parents = set(mark.triggers.items.ravel().tolist()) if data.digest == mark.public.holdout.digest else set()
    fit = []
    for position, one in enumerate(data.inputs):
        if position not in parents and (digest := digest_input(one)) not in unfit:
            unfit.add(digest)
            fit.append(position)
    return np.array(fit, dtype=np.int64)
