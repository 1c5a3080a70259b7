"""What must hold between triggers and the public part of their mark, when written and when read."""

from __future__ import annotations

import math

import numpy as np

from tellmark.errors import Mismatch
from tellmark.randomness import is_guessable
from tellmark.statistics.guarantee import transfer_lower_bound
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.shards import Shard
from tellmark.types import Labels, Seed

_EXACT_IN_JSON = 1 << 53
_ROUNDING = 1e-9
"""Relative; libraries of mathematics differ in the last bits of a power."""


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
    admitted = public.selection.admitted
    if not len(set(admitted)) == len(admitted) == public.recipe.proxies.count:
        return "does not name as many proxies as its recipe asks for"
    return _problem_of_guarantee(public)


def _problem_of_guarantee(public: MarkDocument) -> str | None:
    proxies, guarantee = public.recipe.proxies.count, public.guarantee
    if guarantee is None:
        return None if proxies == 0 else "has proxies and no guarantee"
    if guarantee.proxies != proxies:
        return f"states a guarantee from {guarantee.proxies} proxies, and its recipe asks for {proxies}"
    bound = transfer_lower_bound(proxies, confidence=guarantee.confidence)
    if not math.isclose(guarantee.lower_bound, bound, rel_tol=_ROUNDING):
        return f"states a guarantee of {guarantee.lower_bound:g}, and {bound:g} follows from its proxies"
    return None


def problem_of_secrets(public: MarkDocument, *, seed: Seed, labels: Labels) -> str | None:
    """What is wrong with the public part beside its secrets, as the end of a sentence; None if nothing is.

    Neither the seed nor a label is in the sentence.
    """
    if public.seed_guessable != is_guessable(seed):
        return "does not say rightly whether the seed can be guessed"
    if public.selection.commonest_label != np.unique(labels, return_counts=True)[1].max():
        return "does not say rightly how many triggers bear the commonest label"
    return None
