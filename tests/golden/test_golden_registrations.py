"""Registrations of every format that was released are read as they were meant."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from golden.make_registrations import LIMIT, MATCHES, SPACES, golden_key, signed
from tellmark.evidence.registration import load_registration
from tellmark.evidence.timestamps import verified_time
from tellmark.evidence.tsa_certificates import read_roots

FOLDER = Path(__file__).parent
STAMPED = FOLDER / "registration-1-stamped.tmk"
ALL = [*(FOLDER / f"registration-1-{kind}.tmk" for kind in SPACES), STAMPED]


@pytest.mark.parametrize("kind", SPACES)
def test_a_registration_of_format_1_is_read(kind):
    registration = load_registration(FOLDER / f"registration-1-{kind}.tmk")
    said = registration.said
    assert said.owner == golden_key(kind).public.record
    assert said.holdout.space.kind == SPACES[kind].removesuffix("s")
    assert [file.name for file in said.files] == ["config.json", "weights/part 1.safetensors"]
    assert [(tier.triggers, len(tier.reserve), tier.turn) for tier in said.tiers] == [(12, 4, 12)] * 2
    assert (said.tiers[0].limit, said.tiers[0].null.matches, said.tiers[0].promising) == (LIMIT, MATCHES, 11)
    assert (said.tiers[1].limit, said.tiers[1].null, said.tiers[1].claim) == (4, None, 8)
    assert (said.rule.alpha, said.rule.beta, said.rule.budget) == (0.01, 0.05, 24)
    assert registration.document.timestamps == ()


def test_a_registration_of_format_1_is_still_written_byte_for_byte():
    """What was read, signed again: Ed25519 has one signature for one message."""
    path = FOLDER / "registration-1-ed25519.tmk"
    assert signed(load_registration(path).said, "ed25519").content == path.read_bytes()


def test_a_stamped_registration_of_format_1_is_read_and_its_date_still_proven():
    registration = load_registration(STAMPED)
    assert registration.said == load_registration(FOLDER / "registration-1-ed25519.tmk").said
    (record,) = registration.document.timestamps
    moment = verified_time(record, registration.stamped, read_roots([FOLDER / "registration-1-root.pem"]))
    assert datetime(2026, 11, 1, tzinfo=UTC) < moment < datetime(2027, 1, 1, tzinfo=UTC)
    assert registration.document.extras.rekor == {"logIndex": 7, "body": "…"}


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_reader_that_knows_the_specification_alone_reads_the_same(path):
    """Standard libraries, a library of cryptography and the specification; nothing of Tellmark."""
    file = json.loads(path.read_bytes())
    assert file["format"] == "tellmark.registration/1"
    envelope = file["envelope"]
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    said = json.loads(payload)
    assert (said["_type"], said["predicateType"]) == ("https://in-toto.io/Statement/v1", "urn:tellmark:registration:1")
    predicate = said["predicate"]
    der = base64.b64decode(predicate["owner"]["key"])
    (signature,) = envelope["signatures"]
    assert signature["keyid"] == predicate["owner"]["keyid"] == "sha256:" + hashlib.sha256(der).hexdigest()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    key, raw = load_der_public_key(der), base64.b64decode(signature["sig"])
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(raw, signed, ec.ECDSA(SHA256()))
    else:
        key.verify(raw, signed)
    assert {one["name"]: one["digest"]["sha256"] for one in said["subject"]} == {
        "mark.json": predicate["mark"].removeprefix("sha256:"),
        **{f"model/{one['name']}": one["digest"].removeprefix("sha256:") for one in predicate["files"]},
    }
    first = predicate["tiers"][0]
    assert (first["limit"], tuple(first["null"]["matches"])) == (LIMIT, MATCHES)
    assert len(set(first["leaves"])) == first["triggers"] == 12
    listed = hashlib.sha256(json.dumps(first["leaves"], separators=(",", ":")).encode()).digest()
    draw = hashlib.sha256(b"tellmark/1/evidence/reserve" + listed).digest()
    drawn = sorted(range(12), key=lambda one: hashlib.sha256(draw + one.to_bytes(8, "big")).digest())
    assert first["reserve"] == sorted(drawn[:4])
