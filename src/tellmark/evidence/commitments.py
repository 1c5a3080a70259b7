"""From a mark and its hold-out data to what is committed of them: every trigger and every item, with its salt."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tellmark.candidates.base import CandidateSource, Draws, draw_at
from tellmark.candidates.choosing import candidate_source
from tellmark.data.dataset import Dataset
from tellmark.digests import digest_bytes, digest_input
from tellmark.documents import document_bytes
from tellmark.errors import Mismatch
from tellmark.evidence.leaves import holdout_leaf, item_salt, trigger_salt
from tellmark.evidence.predicates import CommittedTrigger
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.mark import Mark
from tellmark.types import Digest, Indices

_AT_ONCE = 128
"""Inputs in memory at a time."""


def mark_digest(public: MarkDocument) -> Digest:
    """The digest of a mark's public part, byte for byte as its file holds it."""
    return digest_bytes(document_bytes(public))


def check_holdout(public: MarkDocument, data: Dataset) -> None:
    """Check that `data` is the labelled hold-out data that the mark was made from.

    Raises
    ------
    Mismatch
        If it is not.
    """
    if data.digest == public.holdout.digest:
        return
    if data.labels is None and public.holdout.labels_from == "source":
        raise Mismatch(
            f"{data.name} has no labels, and the mark was made with the source's answers as labels: "
            "give the source with --source"
        )
    raise Mismatch(
        f"{data.name} is not the hold-out data of this mark, or is read in another way: its inputs, labels or classes "
        "differ; give the data, --label-column and --classes that `tellmark mark` was given"
    )


def committed_triggers(mark: Mark, data: Dataset) -> tuple[tuple[CommittedTrigger, ...], ...]:
    """What is committed of the triggers of each tier, each made anew and found to be the one in the mark.

    Parameters
    ----------
    mark : Mark
    data : Dataset
        Its hold-out data, labelled.

    Raises
    ------
    Mismatch
        If it is other data, or seed and data do not yield the mark's triggers.
    """
    check_holdout(mark.public, data)
    return tuple(tuple(_of_tier(mark, data, tier)) for tier in range(len(mark.public.tiers)))


def holdout_leaves(mark: Mark, data: Dataset) -> list[Digest]:
    """The salted leaf of each hold-out item, in order.

    Raises
    ------
    Mismatch
        If it is other data, or has no labels.
    """
    check_holdout(mark.public, data)
    assert data.labels is not None
    name = mark_digest(mark.public)
    return [
        holdout_leaf(digest_input(one), label=label, salt=item_salt(mark.seed, name, position=position))
        for position, (one, label) in enumerate(zip(data.inputs, data.labels.tolist(), strict=True))
    ]


def _of_tier(mark: Mark, data: Dataset, tier: int) -> Iterator[CommittedTrigger]:
    stretch, name = mark.public.stretches[tier], mark_digest(mark.public)
    source = candidate_source(mark.public.tiers[tier].recipe.candidates.kind, data, mark.seed)
    draws, inputs = _made_anew(mark, source, tier)
    for position, (number, items, label, digest) in enumerate(
        zip(draws.indices.tolist(), draws.items.tolist(), mark.triggers.labels[stretch].tolist(), inputs, strict=True)
    ):
        origin = source.origin(number)
        yield CommittedTrigger(
            tier=tier,
            position=position,
            candidate=number,
            sort=origin.sort,
            words=origin.seed.hex(),
            items=tuple(items),
            label=label,
            input=digest,
            salt=trigger_salt(mark.seed, name, tier=tier, position=position),
        )


def _made_anew(mark: Mark, source: CandidateSource, tier: int) -> tuple[Draws, list[Digest]]:
    """The candidates that the tier's triggers are, and the digests of their inputs.

    A mark whose triggers its own seed does not yield could be registered, and no judge would accept them.
    """
    stretch = mark.public.stretches[tier]
    positions = np.arange(stretch.start, stretch.stop)
    stored = [digest_input(one) for some in _batches(positions) for one in mark.triggers.inputs(some)]
    try:
        draws = draw_at(source, mark.triggers.indices[stretch])
    except KeyError:
        raise _other_triggers(mark, tier) from None
    places = np.arange(len(draws))
    made = [digest_input(one) for some in _batches(places) for one in source.make(draws.take(some))]
    if made != stored or (draws.items != mark.triggers.items[stretch]).any():
        raise _other_triggers(mark, tier)
    return draws, made


def _batches(positions: Indices) -> Iterator[Indices]:
    for start in range(0, len(positions), _AT_ONCE):
        yield positions[start : start + _AT_ONCE]


def _other_triggers(mark: Mark, tier: int) -> Mismatch:
    return Mismatch(
        f"the triggers of tier '{mark.public.tiers[tier].recipe.name}' are not those that the mark's seed and hold-out "
        "data yield in this version of Tellmark: compute the mark anew"
    )
