"""The order of opening is the nonce's alone, the reserve first, and what is left out changes nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opened_triggers import numbers_only
from tellmark.documents import document_bytes
from tellmark.errors import InvalidInput
from tellmark.evidence.picking import order_of

NONCE = "ab" * 16
REGISTRATION = numbers_only(triggers=30, reserve=range(0, 30, 2), tiers=2)


def test_the_order_follows_from_published_hashes_alone():
    """Worked out again with the standard library: whoever doubts the order needs nothing else."""
    registration = numbers_only(triggers=4, reserve=[2])
    draw = hashlib.sha256(
        b"tellmark/1/evidence/picking" + hashlib.sha256(document_bytes(registration)).digest() + NONCE.encode()
    )

    def key(position):
        return hashlib.sha256(draw.digest() + bytes(8) + position.to_bytes(8, "big")).digest()

    assert order_of(registration, nonce=NONCE, tier=0) == (2, *sorted([0, 1, 3], key=key))


@given(st.sets(st.integers(0, 29)))
def test_every_position_left_comes_once_and_the_reserve_first(burned):
    order = order_of(REGISTRATION, nonce=NONCE, tier=0, burned=burned)
    assert sorted(order) == sorted(set(range(30)) - burned)
    odd = [position % 2 for position in order]
    assert odd == sorted(odd)


@given(st.sets(st.integers(0, 29)))
def test_burned_positions_leave_the_order_of_the_others_as_it_is(burned):
    order = order_of(REGISTRATION, nonce=NONCE, tier=1)
    left = tuple(position for position in order if position not in burned)
    assert order_of(REGISTRATION, nonce=NONCE, tier=1, burned=burned) == left


def test_another_nonce_tier_or_statement_gives_another_order():
    usual = order_of(REGISTRATION, nonce=NONCE, tier=0)
    signed_again = REGISTRATION.model_copy(update={"tellmark": "1"})
    assert order_of(REGISTRATION, nonce="ac" * 16, tier=0) != usual
    assert order_of(REGISTRATION, nonce=NONCE + "ab", tier=0) != usual
    assert order_of(REGISTRATION, nonce=NONCE, tier=1) != usual
    assert order_of(signed_again, nonce=NONCE, tier=0) != usual


@pytest.mark.parametrize("tier", [-1, 2])
def test_a_tier_that_is_not_there_is_refused(tier):
    with pytest.raises(InvalidInput, match="no tier"):
        order_of(REGISTRATION, nonce=NONCE, tier=tier)
