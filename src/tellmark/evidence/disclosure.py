"""What the openings of a claim disclose: triggers, each tier's in the order that the nonce decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tellmark.errors import EvidenceError
from tellmark.evidence.claiming import Claim
from tellmark.evidence.dividing import divided
from tellmark.evidence.envelope import opened, read_envelope
from tellmark.evidence.keys import public_key
from tellmark.evidence.layout import CLAIM, opening_name
from tellmark.evidence.picking import order_of
from tellmark.evidence.predicates import OpenedTrigger, OpeningPredicate, RegistrationPredicate
from tellmark.evidence.regeneration import check_together
from tellmark.evidence.statement import subject
from tellmark.types import Digest


@dataclass(frozen=True)
class Part:
    """One opening.

    Attributes
    ----------
    digest : str
        Of its envelope.
    triggers : tuple of OpenedTrigger
        In order, tier after tier.
    """

    digest: Digest
    triggers: tuple[OpenedTrigger, ...]


@dataclass(frozen=True)
class Disclosure:
    """The openings of one claim so far, or that there are none.

    Attributes
    ----------
    registration : RegistrationPredicate
    claim : Claim
    triggers : tuple of tuple of OpenedTrigger
        Tier by tier, in the order of opening.
    parts : tuple of Part
        The openings, in order.
    """

    registration: RegistrationPredicate
    claim: Claim
    triggers: tuple[tuple[OpenedTrigger, ...], ...]
    parts: tuple[Part, ...] = ()

    @property
    def last(self) -> Digest | None:
        """Digest of the envelope of the opening before the next one."""
        return self.parts[-1].digest if self.parts else None

    @property
    def openings(self) -> int:
        """How many openings there are."""
        return len(self.parts)

    @property
    def opened(self) -> tuple[int, ...]:
        """How many triggers of each tier are open."""
        return tuple(map(len, self.triggers))

    @cached_property
    def orders(self) -> tuple[tuple[int, ...], ...]:
        """Tier by tier the positions that this claim may open, in the order in which it must."""
        return tuple(
            order_of(self.registration, nonce=self.claim.said.nonce, tier=tier, burned=burned)
            for tier, burned in enumerate(self.claim.said.burned)
        )

    def next_turns(self, count: int) -> tuple[int, ...]:
        """How many of the next `count` triggers each tier gives; fewer in all where fewer are left."""
        turns = [tier.turn for tier in self.registration.tiers]
        left = [len(order) - done for order, done in zip(self.orders, self.opened, strict=True)]
        return divided(count, turns, opened=self.opened, left=left)


def undisclosed(registration: RegistrationPredicate, claim: Claim) -> Disclosure:
    """A claim before its first opening."""
    return Disclosure(registration, claim, tuple(() for _ in registration.tiers))


def disclosed(registration: RegistrationPredicate, claim: Claim, openings: Sequence[bytes]) -> Disclosure:
    """What the openings of a claim disclose; whether each trigger can be made anew is not checked here.

    That check is `tellmark.evidence.regeneration.regenerated`, trigger by trigger.

    Parameters
    ----------
    openings : sequence of bytes
        The files, in order.

    Raises
    ------
    EvidenceError
        If the owner did not sign one, it belongs to another claim or does not follow the one before it, it opens
        other triggers than the nonce picks, or triggers that cannot be in one mark.
    """
    found = undisclosed(registration, claim)
    for number, raw in enumerate(openings, start=1):
        found = _with_opening(found, raw, opening_name(number))
    check_together([trigger for tier in found.triggers for trigger in tier])
    return found


def _with_opening(before: Disclosure, raw: bytes, name: str) -> Disclosure:
    envelope = read_envelope(raw, name)
    signed = opened(envelope, OpeningPredicate, public_key(before.registration.owner))
    said = signed.predicate
    if said.claim != before.claim.digest or signed.subject != (subject(CLAIM, before.claim.digest),):
        raise EvidenceError(f"{name} belongs to another claim")
    if said.previous != before.last:
        raise EvidenceError(f"{name} does not follow the opening before it: openings were removed, added or moved")
    tiers = [trigger.committed.tier for trigger in said.triggers]
    if tiers != sorted(tiers) or tiers[-1] >= len(before.registration.tiers):
        raise EvidenceError(f"{name} does not open tier after tier")
    new = [tuple(one for one in said.triggers if one.committed.tier == tier) for tier in range(len(before.triggers))]
    if tuple(map(len, new)) != before.next_turns(len(said.triggers)):
        raise EvidenceError(f"{name} opens triggers of other tiers than those whose turn it is")
    for tier, (order, done, added) in enumerate(zip(before.orders, before.triggers, new, strict=True)):
        positions = tuple(trigger.committed.position for trigger in added)
        if positions != order[len(done) : len(done) + len(added)]:
            raise EvidenceError(
                f"{name} opens triggers of tier '{before.registration.tiers[tier].name}' other than the nonce picks"
            )
    triggers = tuple(done + added for done, added in zip(before.triggers, new, strict=True))
    parts = (*before.parts, Part(envelope.digest, said.triggers))
    return Disclosure(before.registration, before.claim, triggers, parts)
