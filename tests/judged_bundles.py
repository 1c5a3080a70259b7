"""Bundles of evidence over a few triggers put together by hand, and models that answer as a test tells them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

import opened_triggers
from tellmark.digests import digest_bytes, digest_input
from tellmark.documents import document_bytes
from tellmark.evidence.claiming import made_claim, read_claim
from tellmark.evidence.envelope import sealed
from tellmark.evidence.judging import Panel
from tellmark.evidence.keys import SigningKey, new_key
from tellmark.evidence.layout import CLAIM, REGISTRATION, opening_name
from tellmark.evidence.picking import order_of
from tellmark.evidence.predicates import NullBasis, OpeningPredicate, RegistrationPredicate
from tellmark.evidence.registration import Registration, registration_of, subjects_of
from tellmark.evidence.statement import statement, subject
from tellmark.models.base import Answers, ModelInfo
from toys import images

NONCE = "00112233445566778899aabbccddeeff"
TRIGGERS = 24
LEVEL = 0.8
MATCHES = (6, 7, 8, 9)
"""Of the owner's references, of 24 triggers: the limit at content and confidence `LEVEL` is `LIMIT`."""
LIMIT = 10
SOURCE = digest_bytes(b"source")
"""Digest of `source`."""

opened_triggers.DATA["small images"] = images(300, classes=4)


@cache
def owner_key() -> SigningKey:
    """The owner's, a new one each time the tests run."""
    return new_key()


@cache
def judge_key() -> SigningKey:
    """The judge's."""
    return new_key("p256")


def opened(tiers=1, triggers=TRIGGERS):
    """All triggers of each tier, opened."""
    return opened_triggers.registered("small images", triggers=triggers, reserve=0.25, tiers=tiers)[1]


def predicate(tiers=1, triggers=TRIGGERS, *, owner: SigningKey | None = None, **changes) -> RegistrationPredicate:
    """What a registration says whose limits follow from references."""
    said, _ = opened_triggers.registered("small images", triggers=triggers, reserve=0.25, tiers=tiers)
    null = NullBasis(matches=MATCHES, content=LEVEL, confidence=LEVEL)
    measured = {"limit": LIMIT, "null": null, "claim": 18} if triggers == TRIGGERS else {}
    return said.model_copy(
        update={
            "owner": (owner or owner_key()).public.record,
            "source": SOURCE,
            "tiers": tuple(tier.model_copy(update=measured) for tier in said.tiers),
            "rule": said.rule.model_copy(update={"budget": tiers * triggers}),
            **changes,
        }
    )


def registration(said: RegistrationPredicate | None = None, key: SigningKey | None = None) -> Registration:
    """Signed by its owner."""
    said = said or predicate()
    return registration_of(sealed(statement(said, subjects_of(said)), key or owner_key()))


def owners_files(
    registered: Registration | None = None, *, counts=((TRIGGERS,),), key: SigningKey | None = None, nonce=NONCE
) -> dict[str, bytes]:
    """Registration, claim and openings; `counts` says how many triggers of each tier each opening opens."""
    registered, key = registered or registration(), key or owner_key()
    burned = tuple(() for _ in registered.said.tiers)
    claim = made_claim(registered, key, suspect="ACME's model at acme.example", nonce=nonce, burned=burned)
    files = {REGISTRATION: registered.content, CLAIM: document_bytes(claim)}
    read = read_claim(files[CLAIM], registered)
    tiers = range(len(registered.said.tiers))
    all_triggers = opened(len(tiers), registered.said.tiers[0].triggers)
    orders = [list(order_of(registered.said, nonce=nonce, tier=tier)) for tier in tiers]
    previous = None
    for number, given in enumerate(counts, start=1):
        taken = [[orders[tier].pop(0) for _ in range(count)] for tier, count in enumerate(given)]
        said = OpeningPredicate(
            created=read.said.created,
            claim=read.digest,
            previous=previous,
            triggers=tuple(all_triggers[tier][position] for tier in tiers for position in taken[tier]),
        )
        envelope = sealed(statement(said, [subject(CLAIM, read.digest)]), key)
        files[opening_name(number)], previous = document_bytes(envelope), envelope.digest
    return files


def written(folder: Path, files: dict[str, bytes]) -> Path:
    """The files in a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


class Answering:
    """Gives the label of a trigger where `gives` says so of its number, and another label otherwise."""

    def __init__(self, name, gives=lambda number: True, *, tiers=1, triggers=TRIGGERS, classes=None, shift=1):
        self.info = ModelInfo("toy", digest_bytes(name.encode()), classes)
        self.name, self.asked, self.fails_at = name, 0, None
        self._gives, self._shift = gives, shift
        committed = [trigger.committed for tier in opened(tiers, triggers) for trigger in tier]
        self._known = {one.input: (number, one.label) for number, one in enumerate(committed)}

    def __repr__(self):
        return f"Answering({self.name})"

    def query(self, batch):
        if self.fails_at == self.asked:
            raise KeyboardInterrupt
        self.asked += len(batch)
        return Answers(np.array([self._label(one) for one in batch], dtype=np.int64))

    def _label(self, one):
        number, label = self._known.get(digest_input(one), (0, 0))
        label = label if self._gives(number) else (label + self._shift) % 4
        return label if self.info.classes is None else self.info.classes.index("abcd"[label])


def source(**settings):
    """The owner's model."""
    return Answering("source", **settings)


def copy(**settings):
    """Answers as the source, but for every eighth trigger."""
    return Answering("copy", lambda number: number % 8 != 0, **settings)


def twin(number=1, **settings):
    """Owes the source nothing: every fourth answer matches."""
    return Answering(f"twin {number}", lambda trigger: trigger % 4 == number % 4, **settings)


def panel(suspect=None, *, with_source=True, independents=None, **settings) -> Panel:
    """The copy as the suspect, the source, and a twin."""
    return Panel(
        suspect or copy(**settings),
        source(**settings) if with_source else None,
        [twin(**settings)] if independents is None else independents,
    )


class Stopped(Exception):
    """The judge's machine."""


def stopping(model, after):
    """The model, at whose question number `after` the program is killed."""
    answer = model.query

    def query(batch):
        if model.asked >= after:
            raise Stopped
        return answer(batch)

    model.query = query
    return model
