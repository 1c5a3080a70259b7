"""A mark of a small population of models, and its registration."""

from __future__ import annotations

from functools import cache

from populations import DATA, source, thieves, twins
from tellmark.api import mark
from tellmark.digests import digest_bytes
from tellmark.evidence.envelope import sealed
from tellmark.evidence.keys import SigningKey, new_key
from tellmark.evidence.predicates import FileRecord, RegistrationPredicate
from tellmark.evidence.registering import RegistrationSettings, register
from tellmark.evidence.registration import Registration, RegistrationDocument, subjects_of
from tellmark.evidence.statement import statement
from tellmark.triggers.mark import Mark

SECRETS = digest_bytes(b"the mark's file")
FILES = (FileRecord(name="net/weights.bin", digest=digest_bytes(b"weights")),)


@cache
def owner_key() -> SigningKey:
    """The owner's, a new one each time the tests run."""
    return new_key()


@cache
def two_tiers() -> Mark:
    """Triggers for copies, and triggers for students; four references say how innocents answer."""
    return mark(
        source(),
        DATA,
        n=20,
        proxies=4,
        sigma=0.05,
        seed=7,
        references=twins(8),
        shadows={"distilled-soft": thieves(4)},
        fresh=3,
        content=0.8,
        limit_confidence=0.8,
        reuse_items=True,
    )


@cache
def registered() -> Registration:
    """Half of each tier in reserve."""
    return register(two_tiers(), DATA, owner_key(), RegistrationSettings(), secrets=SECRETS, files=FILES)


def signed_anew(said: RegistrationPredicate, *, key: SigningKey | None = None, subjects=None) -> bytes:
    """The file of a registration that says anything, signed by whoever it names."""
    signer = key or owner_key()
    said = said.model_copy(update={"owner": signer.public.record})
    envelope = sealed(statement(said, subjects or subjects_of(said)), signer)
    return Registration(RegistrationDocument(envelope=envelope), said).content
