"""Mark a model: find the noise, admit the proxies, select the triggers, write down how it was done."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from tellmark._version import __version__
from tellmark.candidates.base import CandidateSource, draw_at
from tellmark.candidates.choosing import candidate_source, suitable_kind
from tellmark.errors import InvalidInput, ModelError, NotPerturbable, SelectionFailed
from tellmark.models.base import PerturbableModel
from tellmark.proxies.base import ProxyFamily
from tellmark.proxies.choosing import FAMILY_OF_NOISE, magnitude_unit, proxy_family
from tellmark.proxies.magnitude import largest_magnitude
from tellmark.proxies.screen import AccuracyScreen, Admission, accuracy, admit, unscreened
from tellmark.randomness import SEED_BYTES, derive_key, fresh_seed, is_guessable, random_words
from tellmark.spaces import ImageSpace
from tellmark.statistics.guarantee import transfer_lower_bound, transfer_statement
from tellmark.triggers.document import (
    Guarantee,
    HoldoutRecord,
    MarkDocument,
    ParameterRecord,
    SelectionRecord,
    SourceRecord,
)
from tellmark.triggers.drawing import DrawRule
from tellmark.triggers.journal import Accepted, Journal, State
from tellmark.triggers.mark import Mark
from tellmark.triggers.preparing import Marking
from tellmark.triggers.recipe import CandidateRecipe, ProxyRecipe, Recipe, ScreenRecipe
from tellmark.triggers.selection import Proxies, select
from tellmark.triggers.trigger_set import TriggerSet
from tellmark.types import Batch, Indices, Progress, Seed, silent

GUARANTEE_CONFIDENCE = 0.95


def compute_mark(
    marking: Marking, *, seed: Seed | None = None, state_path: Path | None = None, progress: Progress = silent
) -> Mark:
    """Compute the mark.

    Parameters
    ----------
    marking : Marking
        From `tellmark.triggers.preparing.prepare`.
    seed : Seed, optional
        The secret; a fresh one when left out.
    state_path : Path, optional
        Where the state of the run is kept. A run that finds the state of an interrupted one goes on from
        there. The caller removes the file once the mark is safe.

    Returns
    -------
    Mark
        Its trigger inputs are regenerated from the seed whenever they are asked for.

    Raises
    ------
    InvalidInput
        If the seed is not 32 bytes.
    SelectionFailed
        If too few proxies pass the screen, or too few candidates survive.
    Mismatch
        If the state file belongs to another run.
    ModelError
        If the source or a proxy fails to answer.
    """
    if seed is not None and len(seed) != SEED_BYTES:
        raise InvalidInput(f"a seed has {SEED_BYTES} bytes, not {len(seed)}; or give a whole number")
    journal = Journal(state_path, marking.purpose)
    state = journal.load(seed) or State(seed=seed or fresh_seed())
    run = _Run(marking, state.seed, journal, progress)
    try:
        state = run.selected(run.with_proxies(state))
    except SelectionFailed:
        journal.remove()  # the same settings would fail again
        raise
    except (ModelError, KeyboardInterrupt):
        journal.flush()  # a source that fails now may answer later
        raise
    journal.save(state)
    return Mark(run.document(state), state.seed, _trigger_set(run.candidates, state.accepted))


@dataclass(frozen=True)
class _Run:
    """The steps of one marking, and what they share."""

    marking: Marking
    seed: Seed
    journal: Journal
    progress: Progress

    @cached_property
    def candidates(self) -> CandidateSource:
        return candidate_source(suitable_kind(len(self.marking.data.classes)), self.marking.data, self.seed)

    @cached_property
    def screen(self) -> AccuracyScreen | None:
        settings, data = self.marking.settings, self.marking.data
        if settings.tolerance is None or not settings.proxies:
            return None
        order = np.argsort(random_words(derive_key(self.seed, "screen"), 0, len(data))[:, 0], kind="stable")
        items = data.take(np.sort(order[: settings.screen_items]))
        return AccuracyScreen(items, settings.tolerance, accuracy(self.marking.source, items))

    def with_proxies(self, state: State) -> State:
        """Decide on the magnitude and admit the proxies, unless `state` already has them."""
        settings = self.marking.settings
        if not settings.proxies:
            return state
        if state.magnitude is None:
            state = replace(state, magnitude=self._magnitude())
            self.journal.save(state)
        if self.screen is None:
            return replace(state, admission=unscreened(settings.proxies))
        return replace(state, admission=self._admission(self.screen, state))

    def _magnitude(self) -> float:
        settings, source = self.marking.settings, _perturbable(self.marking)
        if settings.magnitude != "auto":
            return settings.magnitude
        assert self.screen is not None  # MarkSettings sees to it
        name = FAMILY_OF_NOISE[settings.noise]
        return largest_magnitude(
            lambda magnitude: proxy_family(name, magnitude, self.seed),
            source,
            self.screen,
            unit=magnitude_unit(name, source),
            after_each=lambda tried: self.progress("magnitude", tried, None),
        )

    def _admission(self, screen: AccuracyScreen, state: State) -> Admission:
        count = self.marking.settings.proxies

        def note(admission: Admission) -> None:
            self.progress("screen", len(admission.members), count)
            self.journal.save_if_due(replace(state, admission=admission))

        return admit(
            self._family(state),
            _perturbable(self.marking),
            screen,
            count,
            so_far=state.admission,
            after_each=note,
        )

    def _family(self, state: State) -> ProxyFamily:
        assert state.magnitude is not None
        return proxy_family(FAMILY_OF_NOISE[self.marking.settings.noise], state.magnitude, self.seed)

    def selected(self, state: State) -> State:
        """Select the triggers, going on from `state`."""
        settings = self.marking.settings
        proxies = None
        if settings.proxies:
            proxies = Proxies(self._family(state), _perturbable(self.marking), state.admission.members)
        return select(
            self.candidates,
            self.marking.source,
            proxies,
            _rule(self.marking),
            state,
            triggers=settings.triggers,
            keep=self.journal.save_if_due,
            progress=self.progress,
        )

    def document(self, state: State) -> MarkDocument:
        """What the mark says in public."""
        recipe = _recipe(self.marking, state)
        return MarkDocument(
            tellmark=__version__,
            created=datetime.now(UTC).replace(microsecond=0),
            source=_source_record(self.marking, self.screen),
            holdout=HoldoutRecord(
                digest=self.marking.data.digest,
                items=len(self.marking.data),
                space=self.marking.data.space,
                labels_from="source" if self.marking.labels_from_source else "file",
            ),
            recipe=recipe,
            recipe_digest=recipe.digest,
            selection=_selection_record(state),
            guarantee=_guarantee(self.marking.settings.proxies),
            seed_guessable=is_guessable(self.seed),
        )


def _perturbable(marking: Marking) -> PerturbableModel:
    if not isinstance(marking.source, PerturbableModel):
        raise NotPerturbable(f"a {marking.source.info.kind} model cannot yield proxies")
    return marking.source


def _rule(marking: Marking) -> DrawRule:
    settings, classes = marking.settings, len(marking.data.classes)
    return DrawRule(
        items=len(marking.data),
        classes=classes,
        reuse_items=settings.reuse_items,
        tie_margin=settings.tie_margin,
        most_per_label=max(1, math.ceil(settings.max_label_share * settings.triggers)),
    )


def _trigger_set(candidates: CandidateSource, accepted: Accepted) -> TriggerSet:
    def inputs(positions: Indices) -> Batch:
        return candidates.make(draw_at(candidates, accepted.indices[positions]))

    return TriggerSet(accepted.indices, accepted.items, accepted.labels, inputs)


def _recipe(marking: Marking, state: State) -> Recipe:
    settings = marking.settings
    screen = None
    if settings.tolerance is not None and settings.proxies:
        items = min(settings.screen_items, len(marking.data))
        screen = ScreenRecipe(tolerance=settings.tolerance, items=items)
    return Recipe(
        triggers=settings.triggers,
        candidates=CandidateRecipe(
            kind=suitable_kind(len(marking.data.classes)),
            reuse_items=settings.reuse_items,
            tie_margin=settings.tie_margin,
            max_label_share=settings.max_label_share,
        ),
        proxies=ProxyRecipe(
            family=FAMILY_OF_NOISE[settings.noise] if settings.proxies else "none",
            magnitude=state.magnitude or 0.0,
            magnitude_found=settings.proxies > 0 and settings.magnitude == "auto",
            count=settings.proxies,
            screen=screen,
        ),
    )


def _source_record(marking: Marking, screen: AccuracyScreen | None) -> SourceRecord:
    info, perturbed = marking.source.info, ()
    if marking.settings.proxies:
        perturbed = tuple(ParameterRecord(name=p.name, shape=p.shape) for p in _perturbable(marking).parameters)
    return SourceRecord(
        kind=info.kind,
        digest=info.digest,
        classes=marking.data.classes,
        preprocessing=info.preprocessing if isinstance(marking.data.space, ImageSpace) else None,
        perturbed=perturbed,
        accuracy=None if screen is None else screen.source_accuracy,
    )


def _selection_record(state: State) -> SelectionRecord:
    accuracies = state.admission.accuracies
    return SelectionRecord(
        drawn=state.tally.drawn,
        asked=state.tally.asked,
        kept=state.tally.kept,
        survived=state.tally.survived,
        commonest_label=int(np.bincount(state.accepted.labels).max()),
        admitted=state.admission.members,
        refused=len(state.admission.refused),
        proxy_accuracy=(min(accuracies), max(accuracies)) if accuracies else None,
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
