"""`tellmark claim` and `tellmark open`, on real files."""

from __future__ import annotations

import json

import pytest

from tellmark.evidence.burned import ledger_path, load_ledger
from tellmark.evidence.keys import new_key, save_key
from tellmark.evidence.registration import load_registration
from tellmark.triggers.mark import load_mark

NONCE = "c0" * 16


@pytest.fixture
def registered(tellmark, kinds, here):
    """``x.mark``, ``owner.key`` and ``my.tmk`` in the working directory; one tier, whose limit the owner states."""
    kind = kinds["table"]
    words = ("--holdout", kind.holdout, "-o", "x.mark", "-n", 12, "--proxies", 0)
    assert tellmark("mark", kind.source, *words).code == 0
    save_key(new_key(), "owner.key", None)
    registering = ("--key", "owner.key", "--holdout", kind.holdout, "--null-rate", 0.3, "-o", "my.tmk")
    assert tellmark("register", "x.mark", *registering).code == 0
    return kind


@pytest.fixture
def claim(tellmark, registered):
    def call(*words, nonce=NONCE, bundle="bundle", key="owner.key"):
        return tellmark("claim", "my.tmk", "--key", key, "--suspect", "acme", "--nonce", nonce, "-o", bundle, *words)

    return call


@pytest.fixture
def open_(tellmark, registered):
    def call(count, *, nonce=NONCE, bundle="bundle", mark="x.mark", holdout=None):
        words = ("--mark", mark, "--key", "owner.key", "--holdout", holdout or registered.holdout)
        return tellmark("open", "my.tmk", *words, "--count", count, "--nonce", nonce, "-o", bundle)

    return call


def test_a_claim_is_made_and_triggers_are_opened(claim, open_, here):
    ran = claim()
    assert ran.code == 0, ran.err
    assert "no trigger is opened" in ran.out
    assert "opened in earlier claims: 0" in ran.out
    ran = open_(5)
    assert ran.code == 0, ran.err
    assert "5 triggers" in ran.out
    assert "5 opened for this claim, 7 left" in ran.out
    assert open_(2).code == 0
    assert sorted(one.name for one in (here / "bundle").rglob("*.*")) == [
        "0001.json",
        "0002.json",
        "claim.json",
        "registration.tmk",
    ]
    assert claim(bundle="appeal", nonce="d1" * 20).out.count("earlier claims: 7") == 1


def test_nothing_secret_is_printed_and_no_seed_is_written(claim, open_, here):
    said = [claim(), open_(5)]
    seed = load_mark("x.mark").seed.hex()
    printed = "".join(ran.out + ran.err for ran in said)
    opening = json.loads((here / "bundle" / "openings" / "0001.json").read_text())
    import base64

    assert seed not in printed + base64.b64decode(opening["payload"]).decode()
    assert (here / "owner.key").read_text().splitlines()[1] not in printed


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda claim, open_: claim(nonce="abc"), "16 to 64 bytes"),
        (lambda claim, open_: claim(key="missing.key"), "missing.key"),
        (lambda claim, open_: [claim(), claim()][1], "bundle"),
        (lambda claim, open_: open_(5), "bundle"),
        (lambda claim, open_: [claim(), open_(13)][1], "only 12 triggers"),
        (lambda claim, open_: [claim(), open_(5, nonce="d1" * 20)][1], "one claim has one nonce"),
    ],
    ids=["nonce", "key", "twice", "no claim", "too many", "other nonce"],
)
def test_bad_input_is_one_sentence_and_burns_nothing(run, message, claim, open_, here):
    ran = run(claim, open_)
    assert ran.code == 2
    assert message in ran.err
    assert len(ran.err.strip().splitlines()) <= 3
    assert "Traceback" not in ran.err
    assert load_ledger(ledger_path("my.tmk"), load_registration("my.tmk").said).entries == ()
