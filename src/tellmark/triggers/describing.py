"""Write down, for everybody to read, how a mark came about and what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from tellmark._version import __version__
from tellmark.proxies.choosing import FAMILY_OF_NOISE
from tellmark.proxies.screen import AccuracyScreen
from tellmark.randomness import is_guessable
from tellmark.spaces import ImageSpace
from tellmark.statistics.guarantee import transfer_lower_bound, transfer_statement
from tellmark.statistics.tolerance import ToleranceLimit, lower_tolerance_limit, upper_tolerance_limit
from tellmark.triggers.discrimination import SMOOTHING
from tellmark.triggers.document import (
    HoldoutRecord,
    MarkDocument,
    ModelRecord,
    ParameterRecord,
    ReferencesRecord,
    SourceRecord,
)
from tellmark.triggers.journal import RunState
from tellmark.triggers.panel import Family, ForSelection, KeptBack, Panel
from tellmark.triggers.preparing import Marking
from tellmark.triggers.recipe import CandidateRecipe, DiscriminationRecipe, ProxyRecipe, Recipe, ScreenRecipe
from tellmark.triggers.recipes import TRAITS, candidates_for
from tellmark.triggers.settings import MarkSettings
from tellmark.triggers.tier import FamilyRecord, Guarantee, Limit, NullRecord, SelectionRecord, TierRecord
from tellmark.triggers.tier_run import NOISY_COPY, Tier, fresh_responses
from tellmark.types import Seed

GUARANTEE_CONFIDENCE = 0.95
FEWEST_FOR_A_LIMIT = 2
"""One model cannot show how models differ."""


def document_of(
    marking: Marking,
    seed: Seed,
    state: RunState,
    panel: Panel,
    tiers: Sequence[Tier],
    *,
    screen: AccuracyScreen | None,
) -> MarkDocument:
    """What the mark says in public."""
    return MarkDocument(
        tellmark=__version__,
        created=datetime.now(UTC).replace(microsecond=0),
        source=_source_record(marking, screen),
        holdout=HoldoutRecord(
            digest=marking.data.digest,
            items=len(marking.data),
            space=marking.data.space,
            labels_from="source" if marking.labels_from_source else "file",
        ),
        references=ReferencesRecord(
            selection=_model_records(panel.references.selection),
            calibration=_model_records(panel.references.kept_back),
            independence=state.independence,
        ),
        tiers=tuple(_tier_record(marking, state, panel, tier) for tier in tiers),
        seed_guessable=is_guessable(seed),
    )


def limit_of(found: ToleranceLimit) -> Limit:
    """A tolerance limit as it is written down."""
    return Limit(value=found.value, method=found.method, content=found.content, confidence=found.confidence)


def _tier_record(marking: Marking, state: RunState, panel: Panel, tier: Tier) -> TierRecord:
    recipe = _recipe(marking, state, panel, tier)
    return TierRecord(
        recipe=recipe,
        recipe_digest=recipe.digest,
        selection=_selection_record(state, tier, proxies=recipe.proxies.count),
        guarantee=_guarantee(recipe.proxies.count),
        families=_family_records(marking, state, panel, tier),
        null=_null_record(marking, tier),
    )


def _recipe(marking: Marking, state: RunState, panel: Panel, tier: Tier) -> Recipe:
    settings, traits = marking.settings, TRAITS[tier.recipe]
    discrimination = None
    if traits.ranked:
        selecting = (
            family.name
            for family in panel.families
            if family.theft_class in traits.families and len(family.members.selection)
        )
        discrimination = DiscriminationRecipe(
            pool=settings.pool_size,
            families=tuple(dict.fromkeys(selecting)),
            references=len(panel.references.selection),
            smoothing=SMOOTHING,
        )
    return Recipe(
        name=tier.recipe,
        triggers=settings.triggers,
        candidates=CandidateRecipe(
            kind=candidates_for(tier.recipe, classes=len(marking.data.classes)),
            reuse_items=settings.reuse_items,
            tie_margin=settings.tie_margin,
            max_label_share=settings.max_label_share,
        ),
        proxies=_proxy_recipe(marking, state, count=traits.proxies_of(settings.proxies)),
        discrimination=discrimination,
    )


def _proxy_recipe(marking: Marking, state: RunState, *, count: int) -> ProxyRecipe:
    settings = marking.settings
    if not count:
        return ProxyRecipe(family="none", magnitude=0.0, count=0)
    screen = None
    if settings.tolerance is not None:
        screen = _screen_recipe(marking, settings.tolerance)
    return ProxyRecipe(
        family=FAMILY_OF_NOISE[settings.noise],
        magnitude=state.magnitude or 0.0,
        magnitude_found=settings.magnitude == "auto",
        count=count,
        screen=screen,
    )


def _screen_recipe(marking: Marking, tolerance: float) -> ScreenRecipe:
    declared = marking.screen_data
    if declared is not None:
        return ScreenRecipe(tolerance=tolerance, items=len(declared), data=declared.digest)
    return ScreenRecipe(tolerance=tolerance, items=min(marking.settings.screen_items, len(marking.data)))


def _selection_record(state: RunState, tier: Tier, *, proxies: int) -> SelectionRecord:
    tally, admission = tier.state.tally, state.admission
    admitted = admission.members[:proxies]
    looked_at = admitted[-1] + 1 if admitted else 0
    accuracies = admission.accuracies[:proxies]
    divergences = tier.divergences
    return SelectionRecord(
        drawn=tally.drawn,
        asked=tally.asked,
        kept=tally.kept,
        survived=tally.survived,
        commonest_label=int(np.bincount(tier.triggers.labels).max()),
        admitted=admitted,
        refused=looked_at - len(admitted),
        proxy_accuracy=(min(accuracies), max(accuracies)) if accuracies else None,
        divergence=None if divergences is None else (float(divergences.min()), float(divergences.max())),
    )


def _guarantee(proxies: int) -> Guarantee | None:
    if not proxies:
        return None
    return Guarantee(
        proxies=proxies,
        confidence=GUARANTEE_CONFIDENCE,
        lower_bound=transfer_lower_bound(proxies, confidence=GUARANTEE_CONFIDENCE),
        statement=transfer_statement(proxies, confidence=GUARANTEE_CONFIDENCE),
    )


def _family_records(marking: Marking, state: RunState, panel: Panel, tier: Tier) -> tuple[FamilyRecord, ...]:
    found = (_noise_record(marking, state, tier), *(_family_record(marking, tier, family) for family in panel.families))
    return tuple(record for record in found if record is not None)


def _noise_record(marking: Marking, state: RunState, tier: Tier) -> FamilyRecord | None:
    """Of the fresh noisy copies; None where there were none."""
    counts = _counts(fresh_responses(tier, NOISY_COPY))
    if not counts:
        return None
    return FamilyRecord(
        family=FAMILY_OF_NOISE[marking.settings.noise],
        theft_class="copy",
        origin="made",
        made=f"noise of magnitude {state.magnitude:g} on the source's weights",
        selection=TRAITS[tier.recipe].proxies_of(marking.settings.proxies),
        matches=counts,
        limit=_limit(lower_tolerance_limit, counts, marking.settings),
    )


def _family_record(marking: Marking, tier: Tier, family: Family) -> FamilyRecord | None:
    """Of a family's members that were kept back; None where there were none."""
    counts = _counts(fresh_responses(tier, family.key))
    if not counts:
        return None
    took_part = family.theft_class in TRAITS[tier.recipe].families
    return FamilyRecord(
        family=family.name,
        theft_class=family.theft_class,
        origin=family.origin,
        made=family.made,
        selection=len(family.members.selection) if took_part else 0,
        matches=counts,
        limit=_limit(lower_tolerance_limit, counts, marking.settings),
    )


def _null_record(marking: Marking, tier: Tier) -> NullRecord | None:
    counts = _counts(fresh_responses(tier, "reference"))
    if not counts:
        return None
    return NullRecord(matches=counts, limit=_limit(upper_tolerance_limit, counts, marking.settings))


def _limit(rule: Callable[..., ToleranceLimit], counts: tuple[int, ...], settings: MarkSettings) -> Limit | None:
    """The tolerance limit that these counts show; None from too few models."""
    if len(counts) < FEWEST_FOR_A_LIMIT:
        return None
    rates, triggers = np.array(counts) / settings.triggers, settings.triggers
    return limit_of(rule(rates, triggers=triggers, content=settings.content, confidence=settings.confidence))


def _counts(responses: list[NDArray[np.bool_]]) -> tuple[int, ...]:
    return tuple(int(matched.sum()) for matched in responses)


def _model_records(models: ForSelection | KeptBack) -> tuple[ModelRecord, ...]:
    return tuple(ModelRecord(kind=one.model.info.kind, digest=one.model.info.digest) for one in models)


def _source_record(marking: Marking, screen: AccuracyScreen | None) -> SourceRecord:
    info, perturbed = marking.source.info, ()
    if marking.settings.proxies:
        perturbed = tuple(ParameterRecord(name=p.name, shape=p.shape) for p in marking.perturbable.parameters)
    return SourceRecord(
        kind=info.kind,
        digest=info.digest,
        classes=marking.data.classes,
        preprocessing=info.preprocessing if isinstance(marking.data.space, ImageSpace) else None,
        perturbed=perturbed,
        accuracy=None if screen is None else screen.source_accuracy,
    )
