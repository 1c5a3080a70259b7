"""Mark a model: find the noise, admit the proxies, gather the panel, make tier after tier, write down how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from tellmark.candidates.choosing import candidate_source
from tellmark.errors import InvalidInput, Mismatch, ModelError, SelectionFailed
from tellmark.proxies.base import ProxyFamily
from tellmark.proxies.choosing import FAMILY_OF_NOISE, magnitude_unit, proxy_family
from tellmark.proxies.magnitude import largest_magnitude
from tellmark.proxies.screen import AccuracyScreen, Admission, accuracy, admit, unscreened
from tellmark.randomness import SEED_BYTES, derive_key, fresh_seed, random_words
from tellmark.triggers.assembling import divided_references, gathered_families
from tellmark.triggers.describing import document_of
from tellmark.triggers.drawing import DrawRule
from tellmark.triggers.independence import compared, record_of
from tellmark.triggers.journal import Accepted, Journal, RunState, State
from tellmark.triggers.mark import Mark
from tellmark.triggers.panel import Panel, Split
from tellmark.triggers.preparing import Marking
from tellmark.triggers.recipe import RecipeName
from tellmark.triggers.recipes import TRAITS, candidates_for
from tellmark.triggers.selection import Proxies
from tellmark.triggers.tier_run import Tier, TierRun
from tellmark.triggers.trigger_set import joined_sets
from tellmark.types import Indices, Progress, Seed, silent


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
        If the seed is not 32 bytes, a reference answers like a copy of the source, or two models answer alike.
    SelectionFailed
        If too few proxies pass the screen, or too few candidates survive.
    Mismatch
        If the state file belongs to another run, or a model of the panel has other classes.
    ModelError
        If the source, a proxy or a model of the panel fails to answer.
    """
    if seed is not None and len(seed) != SEED_BYTES:
        raise InvalidInput(f"a seed has {SEED_BYTES} bytes, not {len(seed)}; or give a whole number")
    journal = Journal(state_path, marking.purpose)
    state = journal.load(seed) or RunState(seed=seed or fresh_seed())
    run = _Run(marking, state.seed, journal, progress)
    try:
        mark, state = run.finished(state)
    except (SelectionFailed, InvalidInput, Mismatch):
        journal.remove()  # the same settings would fail again
        raise
    except (ModelError, KeyboardInterrupt):
        journal.flush()  # a model that fails now may answer later
        raise
    journal.save(state)
    return mark


@dataclass(frozen=True)
class _Run:
    """The steps of one marking, and what they share."""

    marking: Marking
    seed: Seed
    journal: Journal
    progress: Progress

    def finished(self, state: RunState) -> tuple[Mark, RunState]:
        """Go on from `state` to the mark."""
        state = self._with_proxies(state)
        references = divided_references(self.marking, self.seed)
        state = self._with_independence(references, state)
        if self.marking.order is not None:
            self.journal.save(state)  # under another seed all shadows would be others
        panel = Panel(references, gathered_families(self.marking, self.seed, progress=self.progress))
        tiers: list[tuple[TierRun, Tier]] = []
        for recipe in self.marking.settings.ordered_recipes:
            taken = Accepted()
            for _, before in tiers:
                taken = taken.plus(before.triggers)
            run = self._tier_run(recipe, panel, state, taken)
            tier = run.run(state.tiers.get(recipe, State()))
            state = state.with_tier(recipe, tier.state)
            tiers.append((run, tier))
        triggers = joined_sets([run.trigger_set(tier.triggers) for run, tier in tiers])
        public = document_of(
            self.marking,
            self.seed,
            state,
            panel,
            [tier for _, tier in tiers],
            screen=self.screen,
        )
        return Mark(public, self.seed, triggers), state

    def _tier_run(self, recipe: RecipeName, panel: Panel, state: RunState, taken: Accepted) -> TierRun:
        def keep(tier: State) -> None:
            self.journal.save_if_due(state.with_tier(recipe, tier))

        return TierRun(
            marking=self.marking,
            seed=self.seed,
            recipe=recipe,
            proxies=self._proxies(state, slice(TRAITS[recipe].proxies_of(self.marking.settings.proxies))),
            fresh=self._proxies(state, slice(self.marking.settings.proxies, None)),
            panel=panel,
            taken=taken,
            keep=keep,
            progress=self.progress,
        )

    @cached_property
    def screen(self) -> AccuracyScreen | None:
        """The accuracy screen, on the data declared for it, or else on hold-out items drawn by the seed."""
        settings, data = self.marking.settings, self.marking.data
        if settings.tolerance is None or not settings.proxies:
            return None
        items = self.marking.screen_data or data.take(self._screen_positions)
        return AccuracyScreen(items, settings.tolerance, accuracy(self.marking.source, items))

    @property
    def _screen_positions(self) -> Indices:
        words = random_words(derive_key(self.seed, "screen"), 0, len(self.marking.data))
        return np.sort(np.argsort(words[:, 0], kind="stable")[: self.marking.settings.screen_items])

    def _with_proxies(self, state: RunState) -> RunState:
        """Decide on the magnitude and admit the proxies, unless `state` already has them."""
        settings = self.marking.settings
        if not settings.proxies:
            return state
        if state.magnitude is None:
            state = replace(state, magnitude=self._magnitude())
            self.journal.save(state)
        if self.screen is None:
            return replace(state, admission=unscreened(settings.proxies + settings.fresh))
        return self._with_admission(self.screen, state)

    def _magnitude(self) -> float:
        settings, source = self.marking.settings, self.marking.perturbable
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

    def _with_admission(self, screen: AccuracyScreen, state: RunState) -> RunState:
        count = self.marking.settings.proxies + self.marking.settings.fresh

        def note(admission: Admission) -> None:
            self.progress("screen", len(admission.members), count)
            self.journal.save_if_due(replace(state, admission=admission))

        admission = admit(
            self._family(state), self.marking.perturbable, screen, count, so_far=state.admission, after_each=note
        )
        return replace(state, admission=admission)

    def _family(self, state: RunState) -> ProxyFamily:
        assert state.magnitude is not None
        return proxy_family(FAMILY_OF_NOISE[self.marking.settings.noise], state.magnitude, self.seed)

    def _proxies(self, state: RunState, which: slice) -> Proxies | None:
        members = state.admission.members[which]
        return Proxies(self._family(state), self.marking.perturbable, members) if members else None

    def _with_independence(self, divided: Split, state: RunState) -> RunState:
        """Compare the models given with copies of the source and each other, unless `state` says what came of it."""
        marking = self.marking
        references = (*divided.selection, *divided.kept_back)
        if state.independence is not None or not (references or marking.supplied):
            return state
        data, classes = marking.data, len(marking.data.classes)
        recipe = marking.settings.ordered_recipes[-1]
        found = compared(
            marking.source,
            candidate_source(candidates_for(recipe, classes=classes), data, self.seed),
            DrawRule(len(data), classes, reuse_items=True, tie_margin=0.0, most_per_label=len(data) << 20),
            self._proxies(state, slice(None)),
            references,
            marking.supplied,
        )
        state = replace(state, independence=record_of(found, accepted=marking.accept_similar))
        self.journal.save_if_due(state)
        return state
