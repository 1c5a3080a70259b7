"""Natural inputs that may stand beside triggers, as decoys and as controls."""

from __future__ import annotations

import numpy as np

from tellmark.errors import InvalidInput
from tellmark.randomness import derive_key, random_words
from tellmark.triggers.harmless import harmless_items
from tellmark.triggers.mark import Mark
from tellmark.types import Batch
from tellmark.verification.conduct import Conduct


def natural_inputs(mark: Mark, conduct: Conduct) -> Batch:
    """Those that are no triggers and belong to none, see `tellmark.triggers.harmless.harmless_items`.

    A trigger among them would be asked more often than the others and out of its turn, or though it is in reserve.

    Raises
    ------
    InvalidInput
        If too few are left for decoys and controls.
    """
    data = conduct.natural
    if data is None or not conduct.natural_needed:
        return np.empty(0)
    fit = harmless_items(mark, data)
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
