"""The whole trigger set, made anew from the mark's seed: what the openings of a claim cannot show.

An opening shows that a trigger was committed to and is a blend of committed items. That its words are those of the
seed, and that no trigger was put in by hand, shows who holds the mark, which tells its seed. So an audit costs the
owner the secret of all triggers, and is for a judge who keeps it, in a dispute that is worth it.

**With the mark and the hold-out data alone, no model:** every trigger of every tier is the candidate that the seed
yields for its number, bit by bit; candidate numbers increase; every leaf and the root of the hold-out data are those of
the registration, salts included; so are the recipes, limits, turns and levels that follow from the mark; no two
triggers have one input, no item serves twice unless the recipe says so, no label is a parent's or is borne by more
triggers than the recipe allows.

**With the owner's model as well:** it gives the labels; and the noisy copies of it that the recipe names by number,
made anew from the seed, agree on every trigger of the tiers that they were to agree on. Both are counted, as a model
near a tie may answer otherwise on another machine.

**What is not repeated:** the candidates that were passed over, whether the noisy copies were admitted as they should
be, and the ranking of candidates by references and shadows, for which the owner's panel of models is needed. So an
owner could still have chosen among the seed's candidates, or among seeds, and the numbers of matches from which the
limits follow are his word. Against both helps that the judge asks independent models of his own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.digests import short_name
from tellmark.errors import EvidenceError, InvalidInput, Mismatch, SelectionFailed
from tellmark.evidence.commitments import check_holdout, mark_digest
from tellmark.evidence.predicates import RegistrationPredicate, TierCommitment
from tellmark.evidence.registering import RegistrationSettings, predicate_of
from tellmark.evidence.verdict_predicate import AuditRecord
from tellmark.models.base import Model
from tellmark.models.classes import aligned
from tellmark.models.perturbing import as_perturbable, has_noisy_copies
from tellmark.proxies.choosing import proxy_family
from tellmark.triggers.mark import Mark
from tellmark.triggers.selection import Proxies
from tellmark.triggers.tier import TierRecord
from tellmark.types import Indices

_AT_ONCE = 1024
"""Inputs in memory at a time."""


def audit(
    mark: Mark, data: Dataset, registration: RegistrationPredicate, *, source: Model | None = None
) -> AuditRecord:
    """Make the trigger set anew, and compare it with the mark and with what was committed to.

    Parameters
    ----------
    mark : Mark
    data : Dataset
        Its hold-out data, with labels.
    registration : RegistrationPredicate
        Whose signature was checked.
    source : Model or None
        The owner's; without it labels and noisy copies are not asked for.

    Raises
    ------
    Mismatch
        If the data is not that of the mark.
    EvidenceError
        If the mark, the registration or the model is another, or triggers are not what their recipe yields.
    ModelError
        If the model cannot be asked.
    """
    check_holdout(mark.public, data)
    _check_committed(mark, data, registration)
    _check_recipes(mark, data)
    if source is None:
        return AuditRecord(triggers=len(mark), relabelled=None, proxies=None)
    model = _the_source(source, mark, registration)
    relabelled = sum(
        int((model.query(mark.triggers.inputs(some)).labels == mark.triggers.labels[some]).sum())
        for some in _batches(np.arange(len(mark)))
    )
    return AuditRecord(triggers=len(mark), relabelled=relabelled, proxies=_agreeing(mark, model))


def _check_committed(mark: Mark, data: Dataset, registration: RegistrationPredicate) -> None:
    """Work the registration out again; what does not follow from mark and data is taken from it."""
    if mark_digest(mark.public) != registration.mark:
        raise EvidenceError("the mark is not the one that the registration commits to")
    rule = registration.rule
    try:
        settings = RegistrationSettings(
            alpha=rule.alpha, beta=rule.beta, budget=rule.budget, null_rate=_stated_rate(registration.tiers)
        )
        made = predicate_of(
            mark, data, registration.owner, settings, secrets=registration.secrets, files=registration.files
        )
    except (InvalidInput, Mismatch) as error:
        raise EvidenceError(f"mark and registration do not go together: {error}") from None
    for field, what in _PARTS.items():
        if getattr(made, field) != getattr(registration, field):
            raise EvidenceError(f"the registration states another {what} than the mark and the hold-out data have")
    if len(made.tiers) != len(registration.tiers):
        raise EvidenceError("the registration states other tiers than the mark has")
    for anew, tier in zip(made.tiers, registration.tiers, strict=True):
        _check_tier(anew, tier)


_PARTS = {"source": "source model", "holdout": "hold-out data", "rule": "rule", "doubts": "word on its references"}


def _stated_rate(tiers: Sequence[TierCommitment]) -> float | None:
    """The limit of the only tier, where it is the owner's word."""
    only = tiers[0]
    return only.limit / only.triggers if len(tiers) == 1 and only.null is None and only.limit is not None else None


def _check_tier(anew: TierCommitment, tier: TierCommitment) -> None:
    if anew.leaves != tier.leaves:
        raise EvidenceError(f"the registration lists other triggers in tier '{tier.name}' than the mark's seed yields")
    if anew.model_copy(update={"reserve": tier.reserve}) != tier:
        raise EvidenceError(f"the registration states other numbers of tier '{tier.name}' than the mark")


def _check_recipes(mark: Mark, data: Dataset) -> None:
    """What the recipe promises of the triggers, and their seeds do not show."""
    if len({short_name(one) for shard in mark.triggers.shards() for one in shard}) < len(mark):
        raise EvidenceError("two triggers of the mark have the same input, and one answer would count twice")
    used: set[int] = set()
    for tier, stretch in zip(mark.public.tiers, mark.public.stretches, strict=True):
        name, recipe = tier.recipe.name, tier.recipe.candidates
        labels, items = mark.triggers.labels[stretch], mark.triggers.items[stretch]
        if not all(before < after for before, after in pairwise(mark.triggers.indices[stretch].tolist())):
            raise EvidenceError(f"the triggers of tier '{name}' do not stand in the order of their candidate numbers")
        assert data.labels is not None, "check_holdout sees to it"
        if (labels[:, None] == data.labels[items]).any():
            raise EvidenceError(f"a trigger of tier '{name}' has a label that a hold-out item of it has")
        if np.bincount(labels).max() > max(1, math.ceil(recipe.max_label_share * len(labels))):
            raise EvidenceError(f"more triggers of tier '{name}' bear one label than its recipe allows")
        for pair in [] if recipe.reuse_items else items.tolist():
            if used.intersection(pair):
                raise EvidenceError(f"a hold-out item of tier '{name}' serves twice, and its recipe rules that out")
            used.update(pair)


def _the_source(source: Model, mark: Mark, registration: RegistrationPredicate) -> Model:
    if registration.source is not None and source.info.digest != registration.source:
        raise EvidenceError("the model given as the owner's is not the one that the registration names")
    return aligned(source, mark.public.source.classes)


def _agreeing(mark: Mark, model: Model) -> int | None:
    """How many noisy copies agree on every trigger of the tiers that they helped to select; None if none is to."""
    wanted: dict[int, list[Indices]] = {}
    for tier, stretch in zip(mark.public.tiers, mark.public.stretches, strict=True):
        for member in _members(tier):
            wanted.setdefault(member, []).append(np.arange(stretch.start, stretch.stop))
    if not wanted or not has_noisy_copies(model):
        return None
    proxies = _proxies(mark, model, sorted(wanted))
    return sum(
        all(_agrees(proxies, number, mark, some) for each in wanted[member] for some in _batches(each))
        for number, member in enumerate(proxies.members)
    )


def _agrees(proxies: Proxies, number: int, mark: Mark, some: Indices) -> bool:
    try:
        return bool((proxies.answers(number, mark.triggers.inputs(some)) == mark.triggers.labels[some]).all())
    except SelectionFailed:  # the noise keeps this copy from answering
        return False


def _proxies(mark: Mark, model: Model, members: Sequence[int]) -> Proxies:
    recipe = next(tier.recipe.proxies for tier in mark.public.tiers if _members(tier))
    assert recipe.family != "none", "a tier without proxies has no members"
    return Proxies(proxy_family(recipe.family, recipe.magnitude, mark.seed), as_perturbable(model), tuple(members))


def _members(tier: TierRecord) -> tuple[int, ...]:
    return tier.selection.admitted[: tier.recipe.proxies.count]


def _batches(positions: Indices) -> Iterator[Indices]:
    for start in range(0, len(positions), _AT_ONCE):
        yield positions[start : start + _AT_ONCE]
