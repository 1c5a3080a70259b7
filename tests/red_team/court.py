"""The court: keys, an honest mark, a time-stamping authority, a judge who does what he should, and a stranger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path

from populations import DATA, source, thieves, twins
from tellmark.api import mark
from tellmark.data.dataset import Dataset
from tellmark.digests import digest_bytes, digest_file
from tellmark.documents import document_bytes
from tellmark.errors import TellmarkError
from tellmark.evidence.check import Pins, check_bundle
from tellmark.evidence.claiming import made_claim, new_claim, read_claim
from tellmark.evidence.disclosure import disclosed
from tellmark.evidence.envelope import sealed
from tellmark.evidence.judging import Drawn, Knowledge, Panel, judge
from tellmark.evidence.keys import SigningKey, new_key
from tellmark.evidence.layout import CLAIM, REGISTRATION, opening_name
from tellmark.evidence.opening import open_next, read_openings
from tellmark.evidence.picking import order_of
from tellmark.evidence.predicates import OpenedTrigger, OpeningPredicate, RegistrationPredicate
from tellmark.evidence.registering import RegistrationSettings, register
from tellmark.evidence.registration import Registration, registration_of, subjects_of
from tellmark.evidence.statement import statement, subject
from tellmark.evidence.timestamps import request_timestamp
from tellmark.evidence.verdict_predicate import SuspectAge
from tellmark.models.base import Model
from tellmark.triggers.mark import Mark
from tsa import Authority, Issuer

NONCE, LATER_NONCE = "1f" * 16, "2e" * 16
TRIGGERS = 40
SECRETS = digest_bytes(b"the mark's file")
VICTIM = 50
"""The innocent twin that is to be framed; the judge's own are others."""

YOUNGER, OLDER = timedelta(hours=12), -timedelta(days=30)
"""Since when a suspect exists, from now."""

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

    def knowledge(self, bundle: Path, *, since: timedelta = YOUNGER, nonce: str = NONCE) -> Knowledge:
        """Of a judge who took this registration, drew the nonce and saw the ledger; the suspect's age is from now."""
        age = SuspectAge(since=datetime.now(UTC) + since, source="a release note")
        drawn = Drawn(nonce, digest_file(bundle / REGISTRATION))
        return Knowledge(self.roots, age, earlier_claims="the owner's ledger, shown to the judge", drawn=drawn)

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

    def judged(
        self,
        bundle: Path,
        suspect: Model,
        *,
        owned: Model | None = None,
        knowledge: Knowledge | None = None,
        bases: Sequence[Model] = (),
    ) -> Outcome:
        """The verdict on a bundle, with three independent models of the judge's; the owner shows the source."""
        independents = [each.model for each in twins(3, start=60)]
        panel = Panel(suspect, owned or source(), independents, bases)
        judge(bundle, panel, self.judge_key, knowledge or self.knowledge(bundle))
        return self.checked(bundle)

    def judged_mark(
        self,
        made: Mark,
        suspect: Model,
        name: str,
        *,
        data: Dataset = DATA,
        owned: Model | None = None,
        since: timedelta = YOUNGER,
        bases: Sequence[Model] = (),
    ) -> Outcome:
        """The verdict on a suspect by a mark that is registered now, all triggers of one tier opened."""
        registered = self.stamped(register(made, data, self.owner, RegistrationSettings(), secrets=SECRETS))
        tmk, bundle = self.filed(registered, name), self.folder / name
        new_claim(tmk, bundle, self.owner, suspect="a model", nonce=NONCE)
        open_next(tmk, bundle, made, data, self.owner, count=TRIGGERS, nonce=NONCE)
        return self.judged(bundle, suspect, owned=owned, knowledge=self.knowledge(bundle, since=since), bases=bases)

    def checked(self, bundle: Path) -> Outcome:
        """What a stranger finds who knows the judge's key and the authority's root."""
        found = check_bundle(bundle, self.roots, Pins(judge=self.judge_key.public))
        return Outcome(found.outcome, found.reasons[0] if found.reasons else "")

    def opened_by_hand(
        self, said: RegistrationPredicate, triggers: Sequence[Sequence[OpenedTrigger]], name: str
    ) -> Path:
        """A bundle with whatever the attacker signs: registration, stamp, claim, and the triggers that he gives.

        `triggers` has those of each tier, in order of position; all are opened, in the order that the nonce decides.
        """
        orders = [order_of(said, nonce=NONCE, tier=tier) for tier in range(len(said.tiers))]
        picked = [triggers[tier][position] for tier, order in enumerate(orders) for position in order]
        return self.written_by_hand(said, picked, name)

    def written_by_hand(self, said: RegistrationPredicate, picked: Sequence[OpenedTrigger], name: str) -> Path:
        """The same with the triggers that he picks, in his order."""
        registered = self.stamped(registration_of(sealed(statement(said, subjects_of(said)), self.owner)))
        burned = tuple(() for _ in said.tiers)
        claim = document_bytes(made_claim(registered, self.owner, suspect="a model", nonce=NONCE, burned=burned))
        digest = read_claim(claim, registered).digest
        opening = OpeningPredicate(created=datetime.now(UTC), claim=digest, previous=None, triggers=tuple(picked))
        bundle = self.folder / name
        for file, content in {
            REGISTRATION: registered.content,
            CLAIM: claim,
            opening_name(1): document_bytes(sealed(statement(opening, [subject(CLAIM, digest)]), self.owner)),
        }.items():
            (bundle / file).parent.mkdir(parents=True, exist_ok=True)
            (bundle / file).write_bytes(content)
        return bundle

    def everything_opened(self, name: str) -> tuple[RegistrationPredicate, list[list[OpenedTrigger]]]:
        """What a registration of the honest mark says, and all its triggers, opened, in order of position."""
        settings = RegistrationSettings(reserve=0.0)
        registered = register(honest_mark(), DATA, self.owner, settings, secrets=SECRETS)
        tmk, tiers = self.filed(registered, name), len(registered.said.tiers)
        bundle = self.claimed(tmk, name, opened=TRIGGERS * tiers)
        claim = read_claim((bundle / CLAIM).read_bytes(), registered)
        shown = disclosed(registered.said, claim, read_openings(bundle))
        return registered.said, [sorted(tier, key=lambda one: one.committed.position) for tier in shown.triggers]


def refused(run: Callable[[], Outcome]) -> Outcome:
    """What comes of it; a typed error on the way means that there is no verdict."""
    try:
        return run()
    except TellmarkError as error:
        return Outcome("invalid", str(error))
