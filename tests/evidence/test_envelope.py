"""Envelopes: one statement, one signature, one spelling; other implementations of DSSE read and write the same."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib import dsse
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey  # pyright: ignore[reportPrivateImportUsage]

from tellmark.digests import canonical_json, digest_bytes
from tellmark.documents import document_bytes
from tellmark.errors import EvidenceError
from tellmark.evidence.base64_text import bytes_of, text_of
from tellmark.evidence.envelope import (
    PAYLOAD_TYPE,
    opened,
    opened_by_its_signer,
    pre_authentication_encoding,
    read_envelope,
    sealed,
)
from tellmark.evidence.keys import new_key
from tellmark.evidence.predicates import ClaimPredicate, FileRecord
from tellmark.evidence.predicates import OpeningPredicate as Opening
from tellmark.evidence.statement import statement, subject
from tellmark.evidence.verdict_predicate import ModelFinding, ModelRecord, VerdictPredicate

repeatable = settings(derandomize=True, deadline=None)

KINDS = ["ed25519", "p256"]
KEYS = {kind: new_key(kind) for kind in KINDS}
DIGEST = "sha256:" + "a7" * 32
WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CLAIM = ClaimPredicate(created=WHEN, registration=DIGEST, suspect="api.example", nonce="0f" * 16, burned=((1, 4), ()))
SAID = statement(CLAIM, [subject("my.tmk", DIGEST)])
ENVELOPES = {kind: sealed(SAID, key) for kind, key in KEYS.items()}


def raw_of(payload: bytes, key, payload_type: str = PAYLOAD_TYPE, **more) -> bytes:
    """An envelope over any payload, signed as it should be."""
    signature = key.sign(pre_authentication_encoding(payload_type, payload))
    signed = {"keyid": key.public.keyid, "sig": text_of(signature)}
    return canonical_json({"payload": text_of(payload), "payloadType": payload_type, "signatures": [signed], **more})


def rewritten(**changes) -> bytes:
    """The claim's payload with other fields."""
    return canonical_json(json.loads(document_bytes(SAID)) | changes)


@pytest.mark.parametrize("kind", KINDS)
def test_a_statement_comes_back_from_its_envelope(kind):
    raw = document_bytes(ENVELOPES[kind])
    envelope = read_envelope(raw, "claim.json")
    assert envelope == ENVELOPES[kind]
    assert envelope.digest == digest_bytes(raw)
    assert opened(envelope, ClaimPredicate, KEYS[kind].public) == SAID
    assert SAID.subject[0].sha256 == DIGEST


def test_the_payload_is_an_in_toto_statement():
    written = json.loads(base64.b64decode(ENVELOPES["p256"].payload))
    assert written["_type"] == "https://in-toto.io/Statement/v1"
    assert written["subject"] == [{"name": "my.tmk", "digest": {"sha256": "a7" * 32}}]
    assert written["predicateType"] == "urn:tellmark:claim:1"
    assert written["predicate"]["created"] == "2026-03-04T05:06:07Z"


@pytest.mark.parametrize("kind", KINDS)
def test_securesystemslib_accepts_our_envelopes(kind):
    key = SSlibKey.from_crypto(KEYS[kind].public._key, keyid=KEYS[kind].public.keyid)
    theirs = dsse.Envelope.from_dict(json.loads(document_bytes(ENVELOPES[kind])))
    assert list(theirs.verify([key], 1)) == [KEYS[kind].public.keyid]
    assert theirs.pae() == pre_authentication_encoding(PAYLOAD_TYPE, document_bytes(SAID))
    theirs.payload += b" "
    with pytest.raises(VerificationError):
        theirs.verify([key], 1)


@pytest.mark.parametrize("kind", KINDS)
def test_we_accept_the_envelopes_of_securesystemslib(kind):
    """Those with the lower of the two ECDSA signatures, which comes up every other time."""
    key = SSlibKey.from_crypto(KEYS[kind].public._key, keyid=KEYS[kind].public.keyid)
    outcomes = set()
    for _ in range(64):
        theirs = dsse.Envelope(document_bytes(SAID), PAYLOAD_TYPE, {})
        theirs.sign(CryptoSigner(KEYS[kind]._key, key))
        envelope = read_envelope(canonical_json(theirs.to_dict()), "theirs")
        try:
            assert opened(envelope, ClaimPredicate, KEYS[kind].public) == SAID
            outcomes.add("accepted")
        except EvidenceError as error:
            outcomes.add(str(error).rpartition(": ")[0])
    refused = {"the claim is not what was signed: the signature is encoded in an unusual way"}
    assert outcomes == {"accepted"} | (refused if kind == "p256" else set())


@pytest.mark.parametrize("kind", KINDS)
def test_every_change_of_a_byte_is_refused(kind):
    raw = document_bytes(ENVELOPES[kind])
    for place in range(len(raw)):
        for bit in (1, 2, 16, 32, 128):
            changed = bytearray(raw)
            changed[place] ^= bit
            with pytest.raises(EvidenceError):
                opened(read_envelope(bytes(changed), "it"), ClaimPredicate, KEYS[kind].public)
        for changed in (raw[:place], raw[:place] + raw[place + 1 :], raw[:place] + b" " + raw[place:]):
            with pytest.raises(EvidenceError):
                opened(read_envelope(changed, "it"), ClaimPredicate, KEYS[kind].public)


def test_another_key_is_told_from_another_signature():
    ours, theirs = KEYS["p256"], KEYS["ed25519"]
    with pytest.raises(EvidenceError, match="is signed by the key"):
        opened(ENVELOPES["p256"], ClaimPredicate, theirs.public)
    signature = ENVELOPES["p256"].signatures[0].model_copy(update={"keyid": theirs.public.keyid})
    posing = ENVELOPES["p256"].model_copy(update={"signatures": (signature,)})
    with pytest.raises(EvidenceError, match="not what was signed"):
        opened(posing, ClaimPredicate, theirs.public)
    with pytest.raises(EvidenceError, match="is signed by the key"):
        opened(posing, ClaimPredicate, ours.public)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "not valid JSON"),
        (b"[]", "does not follow"),
        (b"[" * 10_000, "not valid JSON"),
        (document_bytes(SAID) + b"\n", "not canonical"),
        (json.dumps(json.loads(document_bytes(SAID))).encode(), "not canonical"),
        (document_bytes(SAID).replace(b'"nonce"', b'"nonce":"00","nonce"'), "not canonical"),
        (document_bytes(SAID).replace(b"05:06:07Z", b"05:06:07.5Z"), "not canonical"),
        (document_bytes(SAID).replace(b"[1,4]", b"[1.0,4]"), "not canonical"),
        (rewritten(_type="https://in-toto.io/Statement/v0.1"), "_type"),
        (rewritten(predicateType="urn:tellmark:claim:2"), "predicateType"),
        (rewritten(predicateType="urn:tellmark:verdict:1"), "predicateType"),
        (rewritten(subject=[]), "subject"),
        (rewritten(subject=[{"name": "a", "digest": {"sha256": "A7" * 32}}]), "sha256"),
        (rewritten(subject=[{"name": "a", "digest": {"sha256": "a7" * 32, "sha1": "b"}}]), "sha1"),
        (rewritten(more=1), "more"),
    ],
)
def test_what_is_signed_but_no_statement_is_refused(payload, words):
    key = KEYS["ed25519"]
    with pytest.raises(EvidenceError, match=words):
        opened(read_envelope(raw_of(payload, key), "it"), ClaimPredicate, key.public)


def test_a_statement_of_another_kind_is_refused():
    with pytest.raises(EvidenceError, match="predicateType"):
        opened(ENVELOPES["p256"], Opening, KEYS["p256"].public)


def test_an_envelope_of_another_type_is_refused_though_its_signature_is_good():
    key = KEYS["ed25519"]
    with pytest.raises(EvidenceError, match="payloadType"):
        read_envelope(raw_of(document_bytes(SAID), key, "application/json"), "it")
    with pytest.raises(EvidenceError, match="more"):
        read_envelope(raw_of(document_bytes(SAID), key, more=1), "it")


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_one_signature(count):
    written = json.loads(document_bytes(ENVELOPES["p256"]))
    written["signatures"] *= count
    with pytest.raises(EvidenceError, match="signatures"):
        read_envelope(canonical_json(written), "it")


def verdict_by(judge) -> VerdictPredicate:
    asked = ModelFinding(
        model=ModelRecord(name="suspect", described="s", digest=None),
        tallies=(),
        outcome="inconclusive",
        p_value=None,
        e_value=None,
    )
    return VerdictPredicate(
        tellmark="1",
        created=WHEN,
        judge=judge.public.record,
        files=(FileRecord(name="claim.json", digest=DIGEST),),
        registered=None,
        roots=(),
        age=None,
        nonce=None,
        earlier_claims=None,
        suspect=asked,
        bases=(),
        independents=(),
        audit=None,
        outcome="inconclusive",
        reasons=("no time is proven",),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_statement_that_names_its_signer_is_opened_with_that_key_alone(kind):
    judge, other = KEYS[kind], new_key(kind)
    said = statement(verdict_by(judge), [subject("claim.json", DIGEST)])
    assert opened_by_its_signer(sealed(said, judge), VerdictPredicate, lambda verdict: verdict.judge) == said
    with pytest.raises(EvidenceError, match="is signed by the key"):
        opened_by_its_signer(sealed(said, other), VerdictPredicate, lambda verdict: verdict.judge)


@repeatable
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_bytes_get_past_the_errors(raw):
    with pytest.raises(EvidenceError):
        read_envelope(raw, "it")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@repeatable
@given(st.sampled_from(["_type", "subject", "predicateType", "predicate"]), json_values)
def test_no_signed_payload_gets_past_the_errors(field, value):
    written = json.loads(document_bytes(SAID)) | {field: value}
    payload = json.dumps(written, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    envelope = read_envelope(raw_of(payload.encode(), KEYS["ed25519"]), "it")
    with pytest.raises(EvidenceError):
        opened(envelope, ClaimPredicate, KEYS["ed25519"].public)


@repeatable
@given(st.binary(max_size=40))
def test_base64_comes_back(data):
    assert bytes_of(text_of(data), where="it") == data


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "QQ===", "Q_==", "====", "QQ==QQ==", "é"])
def test_other_spellings_of_base64_are_refused(text):
    with pytest.raises(EvidenceError, match=r"^it is"):
        bytes_of(text, where="it")
