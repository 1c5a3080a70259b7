"""What must hold between triggers and the public part of their mark, when written and when read."""

from __future__ import annotations

import numpy as np

from tellmark.errors import Mismatch
from tellmark.randomness import is_guessable
from tellmark.triggers.document import MarkDocument, ModelRecord, ReferencesRecord, SourceRecord
from tellmark.triggers.shards import Shard
from tellmark.triggers.tier_checks import problem_of_tier
from tellmark.types import Labels, Seed

_EXACT_IN_JSON = 1 << 53


def problem_of(shard: Shard, public: MarkDocument, *, start: int, after: int) -> str | None:
    """What is wrong with a shard, as the end of a sentence that starts with its name; None if nothing is.

    Parameters
    ----------
    start : int
        Position of the shard's first trigger in the mark.
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
    increasing = np.diff(shard.indices, prepend=after) > 0
    first = np.array([stretch.start for stretch in public.stretches]) - start
    increasing[first[(first >= 0) & (first < len(shard))]] = True  # with every tier they begin anew
    if not increasing.all():
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
    if len(set(public.source.classes)) < len(public.source.classes):
        return "names a class twice"
    if _name_twice(public.source, *public.references.selection, *public.references.calibration):
        return "names one model twice, among the source and the references"
    names = [tier.recipe.name for tier in public.tiers]
    if len(set(names)) < len(names):
        return "has two tiers of one recipe"
    for tier in public.tiers:
        problem = problem_of_tier(tier, public.references)
        if problem:
            return problem
    return _problem_of_independence(public.references)


def _problem_of_independence(references: ReferencesRecord) -> str | None:
    record, named = references.independence, len(references.selection) + len(references.calibration)
    if record is None:
        return "does not say whether its references are independent" if named else None
    if not record.checked:
        stated = record.copies is not None or record.agreements or record.alike or record.unclear
        return f"states how models answered, and {record.candidates} candidates do not show it" if stated else None
    if len(record.agreements) != named or (record.copies is None) != (named == 0):
        return f"states how often {len(record.agreements)} references agree with the source, and names {named}"
    if (record.similar or record.alike) and not record.accepted:
        return "holds models that answer like a copy of the source, or alike, without the owner's word for them"
    return None


def _name_twice(*models: SourceRecord | ModelRecord) -> bool:
    """Whether two of the models, as far as they have digests, are one."""
    digests = [model.digest for model in models if model.digest is not None]
    return len(set(digests)) < len(digests)


def problem_of_secrets(public: MarkDocument, *, seed: Seed, labels: Labels) -> str | None:
    """What is wrong with the public part beside its secrets, as the end of a sentence; None if nothing is.

    Neither the seed nor a label is in the sentence.
    """
    if public.seed_guessable != is_guessable(seed):
        return "does not say rightly whether the seed can be guessed"
    for tier, stretch in zip(public.tiers, public.stretches, strict=True):
        if tier.selection.commonest_label != np.unique(labels[stretch], return_counts=True)[1].max():
            return "does not say rightly how many triggers bear the commonest label"
    return None
