"""No attack on a verdict ends in ``supports``; the honest claim does."""

from __future__ import annotations

import pytest

from red_team import ATTACKS, CONTROLS, Court
from tsa import new_authority


@pytest.fixture(scope="module")
def court(tmp_path_factory):
    folder = tmp_path_factory.mktemp("court")
    authority, root = new_authority(folder)
    with authority.serving():
        yield Court(folder, authority, root)


def test_the_honest_claim_is_supported(court):
    assert CONTROLS[0](court).word == "supports"


def test_an_innocent_model_is_not_claimed(court):
    assert CONTROLS[1](court).word in ("does not support", "inconclusive")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_fails(attack, court):
    found = attack(court)
    assert found.word in ("invalid", "inconclusive", "does not support"), found.reason
    assert found.reason
