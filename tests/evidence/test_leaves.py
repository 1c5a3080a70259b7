"""A leaf commits to all that a trigger is, and without its salt no guess can be checked."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tellmark.evidence.leaves import holdout_leaf, item_salt, leaf_of, trigger_salt
from tellmark.evidence.predicates import CommittedTrigger
from tellmark.types import Seed

SEED = Seed(bytes(range(32)))
MARK = "sha256:" + "a1" * 32
OTHER = "sha256:" + "b2" * 32

TRIGGER = CommittedTrigger(
    tier=1,
    position=7,
    candidate=2**40,
    sort="mixup",
    words="0f" * 32,
    items=(3, 12),
    label=2,
    input="sha256:" + "c3" * 32,
    salt="d4" * 32,
)

OTHERWISE = {
    "tier": 0,
    "position": 8,
    "candidate": 5,
    "sort": "same-class",
    "words": "1f" * 32,
    "items": (12, 3),
    "label": 1,
    "input": "sha256:" + "c4" * 32,
    "salt": "d5" * 32,
}


def test_a_leaf_is_the_digest_of_canonical_json():
    """As anybody computes it, with nothing of Tellmark."""
    written = json.dumps(
        {
            "tier": 1,
            "position": 7,
            "candidate": 2**40,
            "sort": "mixup",
            "words": "0f" * 32,
            "items": [3, 12],
            "label": 2,
            "input": "sha256:" + "c3" * 32,
            "salt": "d4" * 32,
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    assert leaf_of(TRIGGER) == "sha256:" + hashlib.sha256(written.encode()).hexdigest()


def test_a_holdout_leaf_is_the_digest_of_canonical_json():
    written = f'{{"input":"{MARK}","label":3,"salt":"{"d4" * 32}"}}'
    leaf = holdout_leaf(MARK, label=3, salt="d4" * 32)
    assert leaf == "sha256:" + hashlib.sha256(written.encode()).hexdigest()


@pytest.mark.parametrize("field", CommittedTrigger.model_fields)
def test_every_field_is_in_the_leaf(field):
    assert leaf_of(TRIGGER.model_copy(update={field: OTHERWISE[field]})) != leaf_of(TRIGGER)


@given(st.binary(min_size=32, max_size=32))
def test_a_right_guess_of_all_but_the_salt_does_not_give_the_leaf(salt):
    """Who knows the trigger and tries its labels cannot tell the right one: it takes the salt too."""
    guesses = {leaf_of(TRIGGER.model_copy(update={"label": label, "salt": salt.hex()})) for label in range(10)}
    items = {holdout_leaf(TRIGGER.input, label=label, salt=salt.hex()) for label in range(10)}
    assert leaf_of(TRIGGER) not in guesses
    assert holdout_leaf(TRIGGER.input, label=2, salt=TRIGGER.salt) not in items


addresses = st.tuples(st.integers(0, 5), st.integers(0, 10**6))


@given(addresses, addresses)
def test_salts_are_equal_only_at_one_address(first, second):
    (tier, position), (other_tier, other_position) = first, second
    salts = (
        trigger_salt(SEED, MARK, tier=tier, position=position),
        trigger_salt(SEED, MARK, tier=other_tier, position=other_position),
    )
    assert (salts[0] == salts[1]) == (first == second)
    assert item_salt(SEED, MARK, position=position) not in salts


def test_salts_depend_on_the_seed_and_the_mark():
    """Two marks of one seed share none, so opening one shows nothing of the other."""
    salts = {
        function(seed, mark, position=4, **where)
        for seed in (SEED, Seed(bytes(32)))
        for mark in (MARK, OTHER)
        for function, where in ((trigger_salt, {"tier": 0}), (item_salt, {}))
    }
    assert len(salts) == 8
    assert all(len(bytes.fromhex(salt)) == 32 for salt in salts)


def test_salts_are_what_the_specification_says():
    """HKDF-SHA256 of the seed, with the purpose as info and the address as salt."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    for address, salt in (
        (f"{MARK}/trigger/1/7", trigger_salt(SEED, MARK, tier=1, position=7)),
        (f"{MARK}/item/12", item_salt(SEED, MARK, position=12)),
    ):
        assert HKDF(SHA256(), 32, address.encode(), b"tellmark/1/evidence/salt").derive(SEED).hex() == salt
