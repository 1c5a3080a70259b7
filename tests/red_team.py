"""Attacks on a verdict: what each attacker does, and what comes of it. None may end in ``supports``.

All play against one small population of linear models (`populations`): a source, twins that owe it nothing, thieves,
a mark with real triggers, real keys, and a time-stamping authority on this machine. The honest claim is among them:
it must be supported, or the court could not tell anything.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from populations import CLASSES, DATA, model, source, thief, thieves, twin, twins
from tellmark.api import mark
from tellmark.data.dataset import Dataset
from tellmark.digests import digest_bytes, digest_input
from tellmark.documents import document_bytes
from tellmark.errors import TellmarkError
from tellmark.evidence.check import Pins, check_bundle
from tellmark.evidence.claiming import made_claim, new_claim, read_claim
from tellmark.evidence.encoded_inputs import encoded
from tellmark.evidence.envelope import sealed
from tellmark.evidence.judging import Knowledge, Panel, judge
from tellmark.evidence.keys import SigningKey, new_key
from tellmark.evidence.layout import CLAIM, REGISTRATION, TRANSCRIPT, VERDICT, opening_name
from tellmark.evidence.leaves import leaf_of
from tellmark.evidence.opening import open_next
from tellmark.evidence.picking import order_of
from tellmark.evidence.predicates import OpeningPredicate, RegistrationPredicate, SuspectAge
from tellmark.evidence.registering import RegistrationSettings, predicate_of, register
from tellmark.evidence.registration import Registration, registration_of, subjects_of
from tellmark.evidence.statement import statement, subject
from tellmark.evidence.timestamps import request_timestamp
from tellmark.models.base import Model
from tellmark.triggers.mark import Mark
from tsa import Authority, Issuer

NONCE, LATER_NONCE = "1f" * 16, "2e" * 16
TRIGGERS = 40
SECRETS = digest_bytes(b"the mark's file")
VICTIM = 50
"""The innocent twin that is to be framed; the judge's own are others."""

SURE = {"content": 0.9, "limit_confidence": 0.9}


@cache
def honest_mark(seed: int = 7) -> Mark:
    """Triggers for copies and for students, made with twins 1 to 16 as references."""
    return mark(
        source(),
        DATA,
        n=TRIGGERS,
        proxies=4,
        sigma=0.05,
        seed=seed,
        references=twins(16),
        shadows={"distilled-soft": thieves(6)},
        fresh=4,
        reuse_items=True,
        **SURE,
    )


@dataclass(frozen=True)
class Outcome:
    """What came of an attack: the word, and the first reason."""

    word: str
    reason: str


@dataclass(frozen=True)
class Court:
    """Keys, a time-stamping authority, and a folder for bundles.

    Attributes
    ----------
    folder : Path
    authority : Authority
        Answering.
    root : Issuer
        Its root.
    """

    folder: Path
    authority: Authority
    root: Issuer

    @cached_property
    def owner(self) -> SigningKey:
        """The accuser's key."""
        return new_key()

    @cached_property
    def judge_key(self) -> SigningKey:
        """The judge's key."""
        return new_key()

    @property
    def roots(self) -> tuple:
        """That the judge pins."""
        return (self.root.certificate,)

    def knowledge(self, *, since: timedelta = timedelta(days=1)) -> Knowledge:
        """The suspect exists since so long after now."""
        return Knowledge(self.roots, SuspectAge(since=datetime.now(UTC) + since, source="a release note"))

    def stamped(self, registration: Registration) -> Registration:
        """With a timestamp of now."""
        return registration.with_timestamp(request_timestamp(registration.stamped, self.authority.url, self.roots))

    def filed(self, registration: Registration, name: str) -> Path:
        """The registration in a file."""
        path = self.folder / f"{name}.tmk"
        registration.save(path)
        return path

    def honest(self, name: str, *, opened: int = TRIGGERS, nonce: str = NONCE) -> Path:
        """A bundle as it should be: registered, stamped, claimed, opened."""
        registered = register(honest_mark(), DATA, self.owner, RegistrationSettings(), secrets=SECRETS)
        path = self.filed(self.stamped(registered), name)
        return self.claimed(path, name, opened=opened, nonce=nonce)

    def claimed(self, tmk: Path, name: str, *, opened: int = TRIGGERS, nonce: str = NONCE) -> Path:
        """A claim on a registration of the honest mark."""
        bundle = self.folder / name
        new_claim(tmk, bundle, self.owner, suspect="a model", nonce=nonce)
        open_next(tmk, bundle, honest_mark(), DATA, self.owner, count=opened, nonce=nonce)
        return bundle

    def judged(self, bundle: Path, suspect: Model, *, knowledge: Knowledge | None = None, judges: Sequence = ()):
        """The verdict on a bundle, with three independent models of the judge's."""
        independents = [each.model for each in (judges or twins(3, start=60))]
        judge(bundle, Panel(suspect, None, independents), self.judge_key, knowledge or self.knowledge())
        return self.checked(bundle)

    def checked(self, bundle: Path) -> Outcome:
        """What a stranger finds who knows the judge's key and the authority's root."""
        found = check_bundle(bundle, self.roots, Pins(judge=self.judge_key.public))
        return Outcome(found.outcome, found.reasons[0] if found.reasons else "")

    def hand_made(self, said: RegistrationPredicate, triggers: Sequence[Sequence], name: str) -> Path:
        """A bundle with whatever the attacker signs: registration, stamp, claim, and all triggers of each tier."""
        registered = self.stamped(registration_of(sealed(statement(said, subjects_of(said)), self.owner)))
        burned = tuple(() for _ in said.tiers)
        claim = document_bytes(made_claim(registered, self.owner, suspect="a model", nonce=NONCE, burned=burned))
        digest = read_claim(claim, registered).digest
        orders = [order_of(said, nonce=NONCE, tier=tier) for tier in range(len(said.tiers))]
        opening = OpeningPredicate(
            created=datetime.now(UTC),
            claim=digest,
            previous=None,
            triggers=tuple(triggers[tier][position] for tier, order in enumerate(orders) for position in order),
        )
        bundle = self.folder / name
        for file, content in {
            REGISTRATION: registered.content,
            CLAIM: claim,
            opening_name(1): document_bytes(sealed(statement(opening, [subject(CLAIM, digest)]), self.owner)),
        }.items():
            (bundle / file).parent.mkdir(parents=True, exist_ok=True)
            (bundle / file).write_bytes(content)
        return bundle


def refused(run: Callable[[], Outcome]) -> Outcome:
    """What comes of it; a typed error on the way means that there is no verdict."""
    try:
        return run()
    except TellmarkError as error:
        return Outcome("invalid", str(error))


# The attacks


def honest_claim(court: Court) -> Outcome:
    """The owner accuses a thief who fine-tuned the source."""
    return court.judged(court.honest("honest"), thief(90, share=0.98))


def honest_claim_on_a_twin(court: Court) -> Outcome:
    """The owner accuses an innocent twin, by the rules."""
    return court.judged(court.honest("twin"), twin(VICTIM))


def _all_opened(court: Court, name: str):
    """Every trigger of the honest mark as it would be opened."""
    registered = register(honest_mark(), DATA, court.owner, RegistrationSettings(reserve=0.0), secrets=SECRETS)
    tmk = court.filed(registered, name)
    new_claim(tmk, court.folder / name, court.owner, suspect="x", nonce=NONCE)
    tiers = len(registered.said.tiers)
    open_next(tmk, court.folder / name, honest_mark(), DATA, court.owner, count=TRIGGERS * tiers, nonce=NONCE)
    from tellmark.evidence.disclosure import disclosed
    from tellmark.evidence.opening import read_openings

    claim = read_claim((court.folder / name / CLAIM).read_bytes(), registered)
    shown = disclosed(registered.said, claim, read_openings(court.folder / name))
    return registered.said, [sorted(tier, key=lambda one: one.committed.position) for tier in shown.triggers]


def crafted_inputs(court: Court) -> Outcome:
    """Triggers are moved in small steps to where the victim gives their labels; the attacker commits to the result."""
    said, tiers = _all_opened(court, "crafted-from")
    victim = twin(VICTIM)
    crafted = [[_crafted(one, victim) for one in tier] for tier in tiers]
    return refused(lambda: court.judged(court.hand_made(_recommitted(said, crafted), crafted, "crafted"), victim))


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
    return _on_crafted_holdout(court, against=[twin(VICTIM)], suspect=twin(VICTIM), since=-timedelta(days=30))


def transferable_holdout(court: Court) -> Outcome:
    """Hold-out items are crafted, long before, so that models in general give them wrong labels of the attacker's."""
    surrogates = [each.model for each in twins(8, start=30)]
    return _on_crafted_holdout(court, against=surrogates, suspect=twin(VICTIM), since=timedelta(days=1))


def _on_crafted_holdout(court: Court, *, against, suspect, since) -> Outcome:
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
    made = mark(
        model(sum(one.weights for one in against) / len(against), kind=type(source())),
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
    return _judged_mark(court, made, data, suspect, name=f"holdout-{len(against)}", since=since)


def _judged_mark(court: Court, made: Mark, data: Dataset, suspect, *, name: str, since: timedelta) -> Outcome:
    registered = court.stamped(register(made, data, court.owner, RegistrationSettings(), secrets=SECRETS))
    tmk = court.filed(registered, name)
    bundle = court.folder / name
    new_claim(tmk, bundle, court.owner, suspect="a model", nonce=NONCE)
    open_next(tmk, bundle, made, data, court.owner, count=len(made), nonce=NONCE)
    return court.judged(bundle, suspect, knowledge=court.knowledge(since=since))


def ground_seed(court: Court) -> Outcome:
    """Of many seeds the one is registered whose triggers the victim matches best."""
    victim = twin(VICTIM)

    def matched(seed: int) -> float:
        made = quick_mark(seed)
        return float((victim.query(made.triggers.inputs(np.arange(len(made)))).labels == made.triggers.labels).mean())

    best = max(range(100, 108), key=matched)
    return _judged_mark(court, quick_mark(best), DATA, victim, name="ground", since=-timedelta(days=30))


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


def registered_after_the_suspect(court: Court) -> Outcome:
    """An honest mark, registered after the accused model was published: it could have been made to fit."""
    bundle = court.honest("late")
    return court.judged(bundle, thief(90, share=0.98), knowledge=court.knowledge(since=-timedelta(days=30)))


def unproven_date(court: Court) -> Outcome:
    """A registration without a timestamp, with a date of the attacker's choice in it."""
    said = predicate_of(
        honest_mark(), DATA, court.owner.public.record, RegistrationSettings(), secrets=SECRETS, files=()
    ).model_copy(update={"created": datetime(2020, 1, 1, tzinfo=UTC)})
    tmk = court.filed(registration_of(sealed(statement(said, subjects_of(said)), court.owner)), "undated")
    return court.judged(court.claimed(tmk, "undated"), thief(90, share=0.98))


def replayed_transcript(court: Court) -> Outcome:
    """The answers of a guilty model, from another bundle, are put beside the claim on an innocent one."""
    guilty, innocent = court.honest("guilty"), court.honest("innocent", nonce=LATER_NONCE)
    court.judged(guilty, thief(90, share=0.98))
    for name in (TRANSCRIPT, VERDICT):
        shutil.copy(guilty / name, innocent / name)
    return court.checked(innocent)


def fabricated_transcript(court: Court) -> Outcome:
    """The owner plays the judge: he signs answers that the suspect never gave."""
    bundle = court.honest("fabricated")
    own = replace(court)
    judge(bundle, Panel(source(), None, [twin(60)]), own.owner, own.knowledge())
    return court.checked(bundle)


def swapped_suspect(court: Court) -> Outcome:
    """The judge was stopped; the attacker puts another model in the suspect's place before it goes on."""
    bundle = court.honest("swapped")
    stopped = _Stopping(thief(90, share=0.98), after=5)
    with suppress(KeyboardInterrupt):
        court.judged(bundle, stopped)
    return refused(lambda: court.judged(bundle, twin(VICTIM)))


class _Stopping:
    """Answers a few times, then is stopped."""

    def __init__(self, behind: Model, *, after: int) -> None:
        self.info, self._behind, self._left = behind.info, behind, after

    def query(self, batch):
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        return self._behind.query(batch)


def edited_limit(court: Court) -> Outcome:
    """The limit for innocent models is lowered afterwards, and everything that the attacker can sign is signed anew."""
    said = predicate_of(
        honest_mark(), DATA, court.owner.public.record, RegistrationSettings(), secrets=SECRETS, files=()
    )
    lowered = tuple(tier.model_copy(update={"limit": 2}) for tier in said.tiers)
    return refused(lambda: court.hand_made(said.model_copy(update={"tiers": lowered}), [[], []], "edited") and None)


def edited_file(court: Court) -> Outcome:
    """One number of a registration is changed in the file."""
    bundle = court.honest("edited-file")
    path = bundle / REGISTRATION
    document = json.loads(path.read_bytes())
    document["envelope"]["payload"] = document["envelope"]["payload"][:-8] + "AAAAAAA="
    path.write_bytes(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())
    return refused(lambda: court.judged(bundle, twin(VICTIM)))


def truncated_transcript(court: Court) -> Outcome:
    """Answers that do not suit are cut off at the end of the transcript."""
    bundle = court.honest("truncated")
    court.judged(bundle, thief(90, share=0.98))
    lines = (bundle / TRANSCRIPT).read_bytes().splitlines(keepends=True)
    (bundle / TRANSCRIPT).write_bytes(b"".join(lines[:-3]))
    return court.checked(bundle)


def reordered_transcript(court: Court) -> Outcome:
    """Two answers change places."""
    bundle = court.honest("reordered")
    court.judged(bundle, thief(90, share=0.98))
    lines = (bundle / TRANSCRIPT).read_bytes().splitlines(keepends=True)
    lines[-2], lines[-3] = lines[-3], lines[-2]
    (bundle / TRANSCRIPT).write_bytes(b"".join(lines))
    return court.checked(bundle)


def leaked_triggers(court: Court) -> Outcome:
    """What a first claim opened becomes known and is taught to an innocent model; a second claim accuses that model."""
    first = court.honest("leaking")
    opened = _opened_inputs(first)
    taught = _Taught(twin(VICTIM), opened)
    second = court.claimed(court.folder / "leaking.tmk", "leaked", opened=TRIGGERS, nonce=LATER_NONCE)
    return court.judged(second, taught)


def _opened_inputs(bundle: Path) -> dict[str, int]:
    from tellmark.evidence.bundle import bundle_files, read_bundle

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


def later_owner(court: Court) -> Outcome:
    """Who stole the model marks his copy, registers it, and accuses the true owner's model, which is older."""
    stolen = model(thief(91, share=0.98).weights, kind=type(source()))
    made = mark(
        stolen,
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
    registered = court.stamped(register(made, DATA, court.owner, RegistrationSettings(), secrets=SECRETS))
    tmk = court.filed(registered, "later")
    new_claim(tmk, court.folder / "later", court.owner, suspect="the first owner", nonce=NONCE)
    open_next(tmk, court.folder / "later", made, DATA, court.owner, count=TRIGGERS, nonce=NONCE)
    return court.judged(court.folder / "later", source(), knowledge=court.knowledge(since=-timedelta(days=300)))


def convenient_burning(court: Court) -> Outcome:
    """Triggers that the victim is known not to match are called burned, so that the others are opened."""
    registered = court.stamped(register(honest_mark(), DATA, court.owner, RegistrationSettings(), secrets=SECRETS))
    made, victim = honest_mark(), twin(VICTIM)
    wrong = victim.query(made.triggers.inputs(np.arange(len(made)))).labels != made.triggers.labels
    burned = tuple(
        tuple(int(place) - stretch.start for place in np.flatnonzero(wrong) if stretch.start <= place < stretch.stop)
        for stretch in made.public.stretches
    )
    from tellmark.evidence.burned import Entry, Ledger, ledger_path

    tmk = court.filed(registered, "burned")
    other = digest_bytes(b"a claim that never was")
    Ledger(registered.said).plus(Entry(created=datetime.now(UTC), claim=other, positions=burned)).save(ledger_path(tmk))
    left = len(made) - sum(map(len, burned))
    bundle = court.claimed(tmk, "burned", opened=min(left, TRIGGERS // 2))
    return court.judged(bundle, victim)


CONTROLS = (honest_claim, honest_claim_on_a_twin)

ATTACKS = (
    crafted_inputs,
    crafted_after_the_victim,
    transferable_holdout,
    ground_seed,
    registered_after_the_suspect,
    unproven_date,
    replayed_transcript,
    fabricated_transcript,
    swapped_suspect,
    edited_limit,
    edited_file,
    truncated_transcript,
    reordered_transcript,
    leaked_triggers,
    later_owner,
    convenient_burning,
)
