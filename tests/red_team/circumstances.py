"""Attacks by what was known when: dates, the nonce, earlier claims, models that source and suspect come from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from populations import DATA, model, source, thief, thieves, twin, twins
from red_team.court import (
    LATER_NONCE,
    OLDER,
    SECRETS,
    SURE,
    TRIGGERS,
    VICTIM,
    Court,
    Outcome,
    honest_mark,
    refused,
)
from tellmark.api import mark
from tellmark.digests import digest_bytes, digest_input
from tellmark.evidence.bundle import bundle_files, read_bundle
from tellmark.evidence.burned import Entry, Ledger, ledger_path
from tellmark.evidence.envelope import sealed
from tellmark.evidence.picking import order_of
from tellmark.evidence.registering import RegistrationSettings, predicate_of, register
from tellmark.evidence.registration import registration_of, subjects_of
from tellmark.evidence.statement import statement
from tellmark.models.base import Model
from tellmark.triggers.mark import Mark

GUILTY = 0.98
"""Share of the source's faults in a copy that was trained on a little."""


def registered_after_the_suspect(court: Court) -> Outcome:
    """An honest mark, registered after the accused model was published: it could have been made to fit."""
    bundle = court.honest("late")
    return court.judged(bundle, thief(90, share=GUILTY), knowledge=court.knowledge(bundle, since=OLDER))


def unproven_date(court: Court) -> Outcome:
    """A registration without a timestamp, with a date of the attacker's choice in it."""
    said = predicate_of(
        honest_mark(), DATA, court.owner.public.record, RegistrationSettings(), secrets=SECRETS, files=()
    ).model_copy(update={"created": datetime(2020, 1, 1, tzinfo=UTC)})
    tmk = court.filed(registration_of(sealed(statement(said, subjects_of(said)), court.owner)), "undated")
    return court.judged(court.claimed(tmk, "undated"), thief(90, share=GUILTY))


def fitted_to_a_forerunner(court: Court) -> Outcome:
    """The accused model is younger than the registration, and tuned from an older one, to which the mark was fitted."""
    forerunner = twin(VICTIM)
    owned = model(forerunner.weights, kind=type(source()))
    return court.judged_mark(_mark_of(owned), _tuned(forerunner), "forerunner", owned=owned, since=OLDER)


def somebody_elses_base(court: Court) -> Outcome:
    """A public model is registered as the attacker's own, to accuse who tuned it later; the judge asks it, too."""
    base = twin(VICTIM)
    owned = model(base.weights, kind=type(source()))
    return court.judged_mark(_mark_of(owned), _tuned(base), "base", owned=owned, bases=[base])


def later_owner(court: Court) -> Outcome:
    """Who stole the model marks his copy, registers it, and accuses the true owner's model, which is older."""
    stolen = _stolen()
    return court.judged_mark(_mark_of(stolen), source(), "later", owned=stolen, since=timedelta(days=-300))


def later_owner_of_a_younger_suspect(court: Court) -> Outcome:
    """The same thief accuses a younger thief of the same source; the judge asks the first owner's model, too."""
    stolen = _stolen()
    other = thief(92, share=GUILTY)
    return court.judged_mark(_mark_of(stolen), other, "later-younger", owned=stolen, bases=[source()])


def _stolen() -> Model:
    return model(thief(91, share=GUILTY).weights, kind=type(source()))


def _tuned(base: Model) -> Model:
    """Trained on a little."""
    noise = np.random.default_rng(4).normal(size=base.weights.shape) * 0.05 * np.abs(base.weights).mean()
    return model(base.weights + noise)


def _mark_of(owned: Model) -> Mark:
    """An honest mark of whatever model it is."""
    return mark(
        owned,
        DATA,
        n=TRIGGERS,
        proxies=4,
        sigma=0.05,
        seed=9,
        references=twins(16),
        shadows={"distilled-soft": thieves(6)},
        fresh=4,
        reuse_items=True,
        **SURE,
    )


def nonce_of_the_owners(court: Court) -> Outcome:
    """The owner draws nonces until the triggers that come first are those which the accused model matches."""
    said = predicate_of(honest_mark(), DATA, court.owner.public.record, RegistrationSettings(), secrets=SECRETS)
    registered = court.stamped(registration_of(sealed(statement(said, subjects_of(said)), court.owner)))
    accused = thief(90, share=GUILTY)
    hits, stretch = _hits(accused), honest_mark().public.stretches[0]

    def matched_first(nonce: str) -> int:
        order = order_of(said, nonce=nonce, tier=0)[: TRIGGERS // 2]
        return sum(hits[stretch.start + position] for position in order)

    best = max((f"{number:032x}" for number in range(300)), key=matched_first)
    bundle = court.claimed(court.filed(registered, "nonce"), "nonce", nonce=best)
    return court.judged(bundle, accused, knowledge=replace(court.knowledge(bundle), drawn=None))


def swapped_registration(court: Court) -> Outcome:
    """The judge takes one registration and draws the nonce; the claim is made on another that was prepared as well."""
    taken, used = court.honest("taken"), court.honest("used")
    return refused(lambda: court.judged(used, thief(90, share=GUILTY), knowledge=court.knowledge(taken)))


def _hits(accused: Model) -> list[bool]:
    made = honest_mark()
    return (accused.query(made.triggers.inputs(np.arange(len(made)))).labels == made.triggers.labels).tolist()


def leaked_triggers(court: Court) -> Outcome:
    """What a first claim opened becomes known and is taught to an innocent model; a second claim accuses that model."""
    first = court.honest("leaking")
    opened = _opened_inputs(first)
    taught = _Taught(twin(VICTIM), opened)
    second = court.claimed(court.folder / "leaking.tmk", "leaked", opened=TRIGGERS, nonce=LATER_NONCE)
    return court.judged(second, taught, knowledge=court.knowledge(second, nonce=LATER_NONCE))


def forgotten_ledger(court: Court) -> Outcome:
    """The owner loses his ledger: what a first claim opened is asked again of a model that has learnt it."""
    first = court.honest("forgetting")
    taught = _Taught(twin(VICTIM), _opened_inputs(first))
    tmk = court.folder / "forgetting.tmk"
    ledger_path(tmk).unlink()
    second = court.claimed(tmk, "forgotten", nonce=LATER_NONCE)
    unaware = replace(court.knowledge(second, nonce=LATER_NONCE), earlier_claims=None)
    return court.judged(second, taught, knowledge=unaware)


def _opened_inputs(bundle: Path) -> dict[str, int]:
    return {one.committed.input: one.committed.label for one in read_bundle(bundle_files(bundle)).questions}


class _Taught:
    """An innocent model that has learnt some inputs by heart."""

    def __init__(self, behind: Model, known: dict[str, int]) -> None:
        self.info, self._behind, self._known = replace(behind.info, digest=digest_bytes(b"taught")), behind, known

    def query(self, batch):
        answers = self._behind.query(batch)
        for place, one in enumerate(batch):
            answers.labels[place] = self._known.get(digest_input(one), answers.labels[place])
        return answers


def convenient_burning(court: Court) -> Outcome:
    """Triggers that the victim is known not to match are called burned, so that the others are opened."""
    registered = court.stamped(register(honest_mark(), DATA, court.owner, RegistrationSettings(), secrets=SECRETS))
    made, victim = honest_mark(), twin(VICTIM)
    wrong = [not hit for hit in _hits(victim)]
    burned = tuple(
        tuple(int(place) - stretch.start for place in np.flatnonzero(wrong) if stretch.start <= place < stretch.stop)
        for stretch in made.public.stretches
    )
    tmk = court.filed(registered, "burned")
    other = digest_bytes(b"a claim that never was")
    Ledger(registered.said).plus(Entry(created=datetime.now(UTC), claim=other, positions=burned)).save(ledger_path(tmk))
    left = len(made) - sum(map(len, burned))
    bundle = court.claimed(tmk, "burned", opened=min(left, TRIGGERS // 2))
    return court.judged(bundle, victim, knowledge=replace(court.knowledge(bundle), earlier_claims=None))
