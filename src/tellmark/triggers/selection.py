"""Keep the candidates that every proxy answers as the source does.

The rule, which nothing below changes: *the triggers are the first n candidates, by number, that the source
answers as no parent's class and clear of a tie, that all m proxies answer alike, that share no hold-out item
with an earlier trigger* (unless items may be reused), *whose label not too many earlier triggers bear, and whose
input is not that of an earlier one*.
Candidates are tried in groups only to keep batches large; group sizes follow from the counts so far and do not
influence which triggers come out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tellmark.candidates.base import CandidateSource, draw_at
from tellmark.digests import short_name
from tellmark.errors import InvalidInput, ModelError, SelectionFailed
from tellmark.models.base import Model, PerturbableModel, labels_of
from tellmark.proxies.base import ProxyFamily
from tellmark.triggers.drawing import DrawRule, raise_if_hopeless, with_new_group
from tellmark.triggers.journal import Accepted, Group, State, Tally
from tellmark.types import Batch, Labels, Progress

FIRST_GROUP = 256


@dataclass(frozen=True)
class Proxies:
    """The admitted members of a family, ready to be asked."""

    family: ProxyFamily
    source: PerturbableModel
    members: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.members)

    def answers(self, number: int, inputs: Batch) -> Labels:
        """What admitted proxy `number` says to `inputs`.

        Raises
        ------
        SelectionFailed
            If the noise keeps it from answering.
        """
        with self.family.member(self.source, self.members[number]) as proxy:
            try:
                return labels_of(proxy, inputs)
            except ModelError as error:
                raise SelectionFailed(f"a noisy copy of the source fails: {error}; use a smaller --sigma") from error


def select(
    candidates: CandidateSource,
    source: Model,
    proxies: Proxies | None,
    rule: DrawRule,
    state: State,
    *,
    triggers: int,
    keep: Callable[[State], None] = lambda state: None,
    progress: Progress,
    stage: str = "triggers",
) -> State:
    """Go on from `state` until `triggers` of them are accepted.

    Parameters
    ----------
    proxies : Proxies or None
        None accepts candidates untested.
    keep : callable
        Told every new state; may write it down.
    stage : str
        What `progress` is told that is counted.

    Raises
    ------
    SelectionFailed
        If the candidates end, or so many fail in a row that going on is hopeless. The message has the counts.
    """
    progress(stage, len(state.accepted), triggers)
    while len(state.accepted) < triggers:
        if state.group is None:
            raise_if_hopeless(candidates, state)
            state = with_new_group(candidates, source, rule, state, _survivors_wanted(state, triggers))
            keep(state)
        if proxies is not None:
            for screened in _screened(candidates, proxies, state):
                state = screened
                keep(state)
                progress("proxies", _group_of(state).proxies_done, len(proxies))
        state = _with_survivors(candidates, rule, state, triggers)
        keep(state)
        progress(stage, len(state.accepted), triggers)
    return state


def _survivors_wanted(state: State, triggers: int) -> int:
    """Enough survivors for the missing triggers, judged by how many of those so far there was room for.

    Every group costs the noise of all proxies, and every candidate too many its forward passes. Hence not too few
    at first, and no spare ones later.
    """
    missing = triggers - len(state.accepted)
    if state.tally.kept == 0:
        return min(max(missing + missing // 2, 16), FIRST_GROUP)
    return math.ceil(missing * max(1.0, state.tally.survived / max(len(state.accepted), 1)))


def _group_of(state: State) -> Group:
    if state.group is None:
        raise InvalidInput("the state has no group of candidates under test")
    return state.group


def _screened(candidates: CandidateSource, proxies: Proxies, state: State) -> Iterator[State]:
    """Yield the state after each proxy: the group shrunk to what still agrees."""
    group = _group_of(state)
    inputs = candidates.make(draw_at(candidates, group.indices))
    for number in range(group.proxies_done, len(proxies)):
        if len(group) == 0:
            break
        agree = proxies.answers(number, inputs) == group.labels
        group = replace(group.those(agree), proxies_done=number + 1)
        inputs = inputs if agree.all() else inputs[agree]
        state = replace(state, group=group)
        yield state


def _with_survivors(candidates: CandidateSource, rule: DrawRule, state: State, triggers: int) -> State:
    """Accept the group's survivors in order, each only if there is room for it."""
    group, accepted = _group_of(state), state.accepted
    survival = state.survival.plus(group.margins, survived=True).plus(group.lost, survived=False)
    draws = draw_at(candidates, group.indices)
    names = np.array([short_name(one) for one in candidates.make(draws)], dtype=np.uint64)
    room = rule.room(accepted)
    chosen: list[int] = []
    for position, label in enumerate(group.labels.tolist()):
        if len(accepted) + len(chosen) == triggers:
            break
        if room.take(draws.items[position], label, int(names[position])):
            chosen.append(position)
    tally = state.tally.plus(survived=len(draws))
    return replace(
        state,
        group=None,
        survival=survival,
        tally=tally,
        dry=Tally() if chosen else state.dry.plus(survived=len(draws)),
        accepted=Accepted(
            np.concatenate([accepted.indices, draws.indices[chosen]]),
            np.concatenate([accepted.items, draws.items[chosen]]),
            np.concatenate([accepted.labels, group.labels[chosen]]),
            np.concatenate([accepted.names, names[chosen]]),
        ),
    )
