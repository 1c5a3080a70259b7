"""Registered and opened triggers over a few hold-out items, put together by hand: no mark, no model, no key."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import numpy as np

from tellmark.candidates.blending import blend, chosen
from tellmark.digests import digest_bytes, digest_input
from tellmark.evidence.encoded_inputs import encoded
from tellmark.evidence.leaves import holdout_leaf, leaf_of
from tellmark.evidence.merkle import paths, root
from tellmark.evidence.predicates import (
    CommittedTrigger,
    DecisionRule,
    HoldoutCommitment,
    KeyRecord,
    OpenedItem,
    OpenedTrigger,
    RegistrationPredicate,
    TierCommitment,
)
from tellmark.evidence.reserve import reserve_of
from tellmark.randomness import words_of
from toys import blobs, images, texts

DATA = {"images": images(40, classes=4), "rows": blobs(40, classes=4), "texts": texts(40, classes=4)}
SORTS = ("mixup", "same-class", "natural-error")
TRIGGERS_PER_SORT = 4


def _bytes(rng):
    return rng.bytes(32).hex()


@cache
def registered(space="images", *, triggers=3 * TRIGGERS_PER_SORT, reserve=1 / 3, tiers=1):
    """A registration and, tier by tier, its triggers opened; their sorts take turns. `reserve` is a share."""
    data, rng = DATA[space], np.random.default_rng([len(space), triggers, tiers])
    top, items = _opened_items(data, rng)
    opened = [
        [_trigger(data, items, rng, tier, position, SORTS[position % 3]) for position in range(triggers)]
        for tier in range(tiers)
    ]
    return _registration_of(data, top, opened, reserve), opened


def _registration_of(data, top, opened, reserve):
    return RegistrationPredicate(
        tellmark="0",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        owner=KeyRecord(kind="ed25519", key="", keyid=digest_bytes(b"key")),
        mark=digest_bytes(b"mark"),
        secrets=digest_bytes(b"secrets"),
        source=None,
        files=(),
        holdout=HoldoutCommitment(
            digest=data.digest, items=len(data), root=top, space=data.space, classes=data.classes
        ),
        tiers=tuple(_tier_of(tier, triggers, reserve) for tier, triggers in enumerate(opened)),
        rule=DecisionRule(alpha=0.01, beta=0.05, budget=100),
    )


def _tier_of(tier, triggers, reserve):
    leaves = tuple(leaf_of(trigger.committed) for trigger in triggers)
    return TierCommitment(
        name=f"tier {tier}",
        recipe={"name": "paper", "triggers": len(triggers)},
        triggers=len(triggers),
        limit=len(triggers) // 3,
        null=None,
        claim=2 * len(triggers) // 3,
        promising=None,
        turn=len(triggers),
        leaves=leaves,
        reserve=reserve_of(leaves, share=reserve),
    )


def numbers_only(*, triggers, reserve, limit=None, tiers=1):
    """A registration in which only the numbers matter: no trigger of it can be opened."""
    registration, _ = registered()
    tier = registration.tiers[0].model_copy(
        update={"triggers": triggers, "reserve": tuple(sorted(reserve)), "limit": limit, "leaves": ()}
    )
    return registration.model_copy(
        update={"tiers": tuple(tier.model_copy(update={"name": f"tier {number}"}) for number in range(tiers))}
    )


def _opened_items(data, rng):
    opened = [
        OpenedItem(position=position, label=int(label), salt=_bytes(rng), input=encoded(one), path=())
        for position, (one, label) in enumerate(zip(data.inputs, data.labels, strict=True))
    ]
    leaves = [
        holdout_leaf(digest_input(one), label=item.label, salt=item.salt)
        for one, item in zip(data.inputs, opened, strict=True)
    ]
    ways = paths(leaves, range(len(data)))
    return root(leaves), [item.model_copy(update={"path": path}) for item, path in zip(opened, ways, strict=True)]


def _trigger(data, items, rng, tier, position, sort):
    while True:
        words = _bytes(rng)
        drawn, shares = chosen(words_of(bytes.fromhex(words)), items=len(data))
        pair = tuple(map(int, drawn[0])) if sort != "natural-error" else (int(drawn[0, 0]),) * 2
        labels = {items[one].label for one in pair}
        alike = {"mixup": len(labels) == 2, "same-class": len(labels) == 1 and pair[0] != pair[1]}
        if alike.get(sort, True):
            break
    first, second = data.inputs[[pair[0]]], data.inputs[[pair[1]]]
    made = first if sort == "natural-error" else blend(data.space, first, second, shares)
    committed = CommittedTrigger(
        tier=tier,
        position=position,
        candidate=7 * position + 2,
        sort=sort,
        words=words,
        items=pair,
        label=min(set(range(len(data.classes))) - labels),
        input=digest_input(made[0]),
        salt=_bytes(rng),
    )
    return OpenedTrigger(
        committed=committed, input=encoded(made[0]), items=tuple(items[one] for one in dict.fromkeys(pair))
    )
