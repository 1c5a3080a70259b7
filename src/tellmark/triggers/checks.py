"""What must hold between triggers and the public part of their mark, when written and when read."""

from __future__ import annotations

import numpy as np

from tellmark.errors import Mismatch
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.shards import Shard

_EXACT_IN_JSON = 1 << 53


def problem_of(shard: Shard, public: MarkDocument, *, after: int) -> str | None:
    """What is wrong with a shard, as the end of a sentence that starts with its name; None if nothing is.

    Parameters
    ----------
    after : int
        The candidate number of the trigger before the shard; -1 before the first.
    """
    try:
        public.holdout.space.check(shard.inputs)
    except Mismatch as error:
        return f"holds inputs of another kind than the mark states: {error}"
    if not len(shard) == len(shard.items) == len(shard.labels) == len(shard.inputs) > 0:
        return "holds no triggers, or not as many labels, items and inputs as triggers"
    if shard.inputs.dtype.kind == "f" and not np.isfinite(shard.inputs).all():
        return "holds an input with NaN or infinity"
    if (np.diff(shard.indices, prepend=after) <= 0).any():
        return "holds candidate numbers that do not increase"
    for name, values, limit in (
        ("candidate number", shard.indices, _EXACT_IN_JSON),
        ("label", shard.labels, len(public.source.classes)),
        ("hold-out item", shard.items, public.holdout.items),
    ):
        if ((values < 0) | (values >= limit)).any():
            return f"holds a {name} outside 0..{limit - 1}"
    return None


def problem_of_document(public: MarkDocument) -> str | None:
    """What is wrong with the public part beyond its schema, as the end of a sentence; None if nothing is."""
    if public.recipe_digest != public.recipe.digest:
        return "states a digest that is not the recipe's"
    if len(set(public.source.classes)) < len(public.source.classes):
        return "names a class twice"
    return None
