"""Salted digests: what is published of a trigger, or of a hold-out item, before it is opened.

A digest alone would hide little. A label is one of few, and whoever has the hold-out data can try every input of it:
each guess could be compared with the digest. A salt of 32 secret bytes is hashed along with the rest, so that without
it no guess can be checked. Each leaf has a salt of its own, derived from the mark's seed: opening one leaf shows
nothing of another, and the owner has no salts to keep.
"""

from __future__ import annotations

from tellmark.digests import digest_bytes, digest_json
from tellmark.documents import document_bytes
from tellmark.evidence.predicates import CommittedTrigger
from tellmark.randomness import derive_key
from tellmark.types import Digest, Seed


def leaf_of(trigger: CommittedTrigger) -> Digest:
    """The digest that a registration lists for a trigger: of its canonical JSON, salt and label included."""
    return digest_bytes(document_bytes(trigger))


def holdout_leaf(item: str, *, label: int, salt: str) -> Digest:
    """The leaf of the hold-out data's tree (`tellmark.evidence.merkle`) for one item.

    Parameters
    ----------
    item : str
        Digest of the input (`tellmark.digests.digest_input`).
    label : int
        Position of the class.
    salt : str
        64 hexadecimal digits.
    """
    return digest_json({"input": item, "label": label, "salt": salt})


def trigger_salt(seed: Seed, mark: str, *, tier: int, position: int) -> str:
    """The salt of a trigger's leaf, 64 hexadecimal digits.

    Parameters
    ----------
    seed : bytes
        The mark's.
    mark : str
        Digest of the mark's public part: two marks of one seed share no salt.
    tier, position : int
        Of the tier, and of the trigger in it.
    """
    return _salt(seed, f"{mark}/trigger/{tier}/{position}")


def item_salt(seed: Seed, mark: str, *, position: int) -> str:
    """The salt of the leaf of the hold-out item at `position`; see `trigger_salt`."""
    return _salt(seed, f"{mark}/item/{position}")


def _salt(seed: Seed, address: str) -> str:
    return derive_key(seed, "evidence/salt", context=address.encode("ascii")).hex()
