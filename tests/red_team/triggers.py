"""Attacks by the choice of triggers: crafted inputs, crafted data, many seeds, a chosen order, limits made up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from populations import CLASSES, DATA, model, source, thieves, twin, twins
from red_team.court import NONCE, OLDER, SURE, TRIGGERS, VICTIM, YOUNGER, Court, Outcome, refused
from tellmark.api import mark
from tellmark.data.dataset import Dataset
from tellmark.digests import digest_input
from tellmark.evidence.encoded_inputs import encoded
from tellmark.evidence.leaves import leaf_of
from tellmark.evidence.picking import order_of
from tellmark.evidence.predicates import NullBasis, OpenedTrigger, RegistrationPredicate
from tellmark.models.base import Model
from tellmark.statistics.tolerance import upper_tolerance_limit
from tellmark.triggers.mark import Mark


def crafted_inputs(court: Court) -> Outcome:
    """Triggers are moved in small steps to where the victim gives their labels; the attacker commits to the result."""
    said, tiers = court.everything_opened("crafted-from")
    victim = twin(VICTIM)
    crafted = [[_crafted(one, victim) for one in tier] for tier in tiers]
    return refused(lambda: court.judged(court.opened_by_hand(_recommitted(said, crafted), crafted, "crafted"), victim))


def _crafted(one, victim):
    row = np.array(one.input.row)
    label = one.committed.label
    for _ in range(400):
        if victim.query(row[None]).labels[0] == label:
            break
        scores = row @ victim.weights
        best = int(np.argmax(np.where(np.arange(CLASSES) == label, -np.inf, scores)))
        row = np.round(row + 0.05 * (victim.weights[:, label] - victim.weights[:, best]), 2)
    committed = one.committed.model_copy(update={"input": digest_input(row)})
    return one.model_copy(update={"committed": committed, "input": encoded(row)})


def _recommitted(said: RegistrationPredicate, tiers) -> RegistrationPredicate:
    """The registration with the leaves of these triggers."""
    changed = tuple(
        tier.model_copy(update={"leaves": tuple(leaf_of(one.committed) for one in triggers), "reserve": ()})
        for tier, triggers in zip(said.tiers, tiers, strict=True)
    )
    return said.model_copy(update={"tiers": changed})


def crafted_after_the_victim(court: Court) -> Outcome:
    """The victim's own errors become the hold-out: the attacker's model is the victim's twin in all but name."""
    return _on_crafted_holdout(court, "crafted-after", against=[twin(VICTIM)], suspect=twin(VICTIM), since=OLDER)


def transferable_holdout(court: Court) -> Outcome:
    """Hold-out items are crafted, long before, so that models in general give them wrong labels of the attacker's."""
    surrogates = [each.model for each in twins(8, start=30)]
    return _on_crafted_holdout(court, "transferable", against=surrogates, suspect=twin(VICTIM), since=YOUNGER)


def _on_crafted_holdout(court: Court, name: str, *, against, suspect, since) -> Outcome:
    """Items that all of `against` give a wrong label: each becomes a natural error of the owner's model."""
    random = np.random.default_rng(3)
    rows, wanted = DATA.inputs.copy(), random.integers(CLASSES, size=len(DATA))
    for _ in range(60):
        push, settled = np.zeros_like(rows), np.ones(len(rows), dtype=bool)
        for one in against:
            said = one.query(rows).labels
            push += (one.weights[:, wanted] - one.weights[:, said]).T
            settled &= said == wanted
        rows[~settled] = np.round(rows + 0.1 * push / len(against), 2)[~settled]
    data = Dataset(rows, (wanted + 1) % CLASSES, DATA.classes, DATA.space, "crafted")
    owned = model(sum(one.weights for one in against) / len(against), kind=type(source()))
    made = mark(
        owned,
        data,
        n=TRIGGERS,
        proxies=0,
        seed=5,
        recipes=["distilled"],
        references=twins(8),
        shadows={"distilled-soft": thieves(4)},
        pool=240,
        fresh=0,
        reuse_items=True,
        max_label_share=1.0,
        **SURE,
    )
    return court.judged_mark(made, suspect, name, data=data, owned=owned, since=since)


def ground_seed(court: Court) -> Outcome:
    """Of many seeds the one is registered whose triggers the victim, which exists already, matches best."""
    victim = twin(VICTIM)
    return court.judged_mark(best_of_seeds(victim), victim, "ground", since=OLDER)


def ground_seed_for_a_younger_victim(court: Court) -> Outcome:
    """The same, and the judge believes that the victim came into being afterwards."""
    victim = twin(VICTIM)
    return court.judged_mark(best_of_seeds(victim), victim, "ground-younger")


def best_of_seeds(victim: Model) -> Mark:
    """The mark of that seed among eight whose triggers the victim matches best."""

    def matched(seed: int) -> float:
        made = quick_mark(seed)
        return float((victim.query(made.triggers.inputs(np.arange(len(made)))).labels == made.triggers.labels).mean())

    return quick_mark(max(range(100, 108), key=matched))


@cache
def quick_mark(seed: int) -> Mark:
    """One tier, few references."""
    return mark(
        source(),
        DATA,
        n=TRIGGERS,
        proxies=0,
        seed=seed,
        recipes=["distilled"],
        references=twins(8),
        shadows={"distilled-soft": thieves(4)},
        pool=160,
        fresh=0,
        reuse_items=True,
        **SURE,
    )


def chosen_reserve(court: Court) -> Outcome:
    """The triggers that the victim matches are called the reserve, which is opened first."""
    said, tiers = court.everything_opened("reserve-from")
    victim = twin(VICTIM)
    changed = tuple(
        tier.model_copy(update={"reserve": _matched(victim, triggers)[:-1]})
        for tier, triggers in zip(said.tiers, tiers, strict=True)
    )
    said = said.model_copy(update={"tiers": changed})
    return refused(lambda: court.judged(court.opened_by_hand(said, tiers, "reserve"), victim))


def turns_with_foresight(court: Court) -> Outcome:
    """The owner knows the victim's answers, and opens now of this tier, now of that one, as suits him."""
    said, tiers = court.everything_opened("turns-from")
    victim = twin(VICTIM)
    orders = [order_of(said, nonce=NONCE, tier=tier) for tier in range(len(tiers))]
    runs = [_best_run([tiers[tier][position] for position in order], victim) for tier, order in enumerate(orders)]
    picked = [one for run in runs for one in run]
    return refused(lambda: court.judged(court.written_by_hand(said, picked, "turns"), victim))


def _matched(victim: Model, triggers: Sequence[OpenedTrigger]) -> tuple[int, ...]:
    """Positions of the triggers that the victim matches."""
    rows = np.array([one.input.row for one in triggers])
    labels = [one.committed.label for one in triggers]
    return tuple(int(place) for place in np.flatnonzero(victim.query(rows).labels == labels))


def _best_run(triggers: Sequence[OpenedTrigger], victim: Model) -> Sequence[OpenedTrigger]:
    """The beginning of which the victim matches most."""
    hits = set(_matched(victim, triggers))
    shares = [sum(one in hits for one in range(count)) / count for count in range(1, len(triggers) + 1)]
    return triggers[: 1 + int(np.argmax(shares))]


def invented_references(court: Court) -> Outcome:
    """The references are said to have matched nothing, so that hardly a match is above the limit."""
    return _with_limit(court, "invented", _nothing_matched(), opened=TRIGGERS)


def invented_references_and_few_triggers(court: Court) -> Outcome:
    """The same, and so few triggers are opened that independent models are not likely to match one."""
    return _with_limit(court, "invented-few", _nothing_matched(), opened=4)


def stated_limit(court: Court) -> Outcome:
    """The limit is the owner's word, and nothing is said of references."""
    return _with_limit(court, "stated", {"null": None, "limit": 2}, opened=TRIGGERS)


def worthless_levels(court: Court) -> Outcome:
    """The limit follows from references, and at levels at which two innocent models of three exceed it."""
    null = NullBasis(matches=(4,) * 8, content=0.34, confidence=0.34)
    return _with_limit(court, "levels", {"null": null, "limit": _limit_of(null)}, opened=TRIGGERS)


def _nothing_matched() -> dict[str, object]:
    null = NullBasis(matches=(0,) * 8, content=SURE["content"], confidence=SURE["limit_confidence"])
    return {"null": null, "limit": _limit_of(null)}


def _limit_of(null: NullBasis) -> int:
    rates = [count / TRIGGERS for count in null.matches]
    levels = {"content": null.content, "confidence": null.confidence}
    return upper_tolerance_limit(rates, triggers=TRIGGERS, **levels).matches_of(TRIGGERS)


def _with_limit(court: Court, name: str, changes: dict[str, object], *, opened: int) -> Outcome:
    """One tier with another limit; the accused is the twin that matches most of the triggers that the nonce picks."""
    said, tiers = court.everything_opened(f"{name}-from")
    tier = said.tiers[1].model_copy(update=changes | {"turn": TRIGGERS})
    triggers = [_in_first_tier(one) for one in tiers[1]]
    tier = tier.model_copy(update={"leaves": tuple(leaf_of(one.committed) for one in triggers)})
    rule = said.rule.model_copy(update={"budget": TRIGGERS})
    said = said.model_copy(update={"tiers": (tier,), "rule": rule})
    picked = [triggers[position] for position in order_of(said, nonce=NONCE, tier=0)[:opened]]
    victim = max((twin(number) for number in range(VICTIM, VICTIM + 8)), key=lambda one: len(_matched(one, picked)))
    return refused(lambda: court.judged(court.written_by_hand(said, picked, name), victim))


def _in_first_tier(one: OpenedTrigger) -> OpenedTrigger:
    return one.model_copy(update={"committed": one.committed.model_copy(update={"tier": 0})})


def edited_limit(court: Court) -> Outcome:
    """The limit for innocent models is lowered afterwards, and everything that the attacker can sign is signed anew."""
    said, tiers = court.everything_opened("edited-from")
    lowered = tuple(tier.model_copy(update={"limit": 2}) for tier in said.tiers)
    said = said.model_copy(update={"tiers": lowered})
    return refused(lambda: court.judged(court.opened_by_hand(said, tiers, "edited"), twin(VICTIM)))
