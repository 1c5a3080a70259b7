"""Bundles of every format that was released are checked as they were; the broken ones are found broken."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from securesystemslib import dsse
from securesystemslib.signer import SSlibKey  # pyright: ignore[reportPrivateImportUsage]

from golden.make_bundles import FOLDER, GOOD, JUDGE, OWNER, ROOT, broken_files
from judged_bundles import written
from tellmark.evidence.bundle import bundle_files
from tellmark.evidence.check import Pins, check_bundle, check_files
from tellmark.evidence.dates import proven_time
from tellmark.evidence.registration import load_registration
from tellmark.evidence.tsa_certificates import read_roots
from tsa import OPENSSL

LISTED = json.loads((FOLDER / "broken.json").read_text(encoding="utf-8"))
PINS = Pins(OWNER.public, JUDGE.public)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_bundle_of_format_1_is_checked_as_it_was(name):
    found = check_bundle(FOLDER / name, read_roots([ROOT]), PINS)
    assert found.outcome == GOOD[name], found.reasons
    assert found.facts is not None
    assert found.facts.registered is not None


@pytest.mark.parametrize("name", LISTED)
def test_a_broken_bundle_of_format_1_is_invalid(name):
    found = check_files(broken_files(FOLDER, name), read_roots([ROOT]), PINS)
    assert found.outcome == "invalid"
    assert LISTED[name]["finding"] in found.reasons[0]


def test_a_folder_gives_what_its_files_give(tmp_path):
    for name in LISTED:
        folder = written(tmp_path / name, broken_files(FOLDER, name))
        assert check_bundle(folder).outcome == "invalid"


def test_the_list_is_the_folder():
    good = {path.name for path in FOLDER.iterdir() if path.is_dir()} - {"broken"}
    assert good == set(GOOD)
    changed = {path.name for path in (FOLDER / "broken").iterdir()}
    assert changed == {name for name in LISTED if broken_files(FOLDER, name).items() - bundle_files(of(name)).items()}


def of(name):
    return FOLDER / LISTED[name]["of"]


def test_numbers_of_the_golden_copy_are_those_of_its_models():
    found = check_bundle(FOLDER / "copy", read_roots([ROOT]), PINS)
    grounds = found.facts.grounds
    assert grounds.suspect.matches == (True,) * 12
    assert grounds.suspect.finding.tallies[0].asked < 12
    assert [one.finding.outcome for one in grounds.independents] == ["does not support"] * 2
    assert grounds.source_asked
    assert grounds.audit.triggers == grounds.audit.relabelled == 24


# With other libraries, and the specification alone


def read(name, file):
    return json.loads((FOLDER / name / file).read_bytes())


def signed_by(envelope, record):
    """What an envelope says, by somebody else's reading of DSSE."""
    der = base64.b64decode(record["key"])
    assert record["keyid"] == "sha256:" + hashlib.sha256(der).hexdigest()
    key = SSlibKey.from_crypto(load_der_public_key(der), keyid=record["keyid"])
    theirs = dsse.Envelope.from_dict(envelope)
    assert list(theirs.verify([key], 1)) == [record["keyid"]]
    return json.loads(theirs.payload)


@pytest.mark.parametrize("name", GOOD)
def test_securesystemslib_accepts_every_signature(name):
    registration = read(name, "registration.tmk")["envelope"]
    owner = json.loads(base64.b64decode(registration["payload"]))["predicate"]["owner"]
    signed_by(registration, owner)
    for path in [FOLDER / name / "claim.json", *(FOLDER / name / "openings").glob("*.json")]:
        signed_by(json.loads(path.read_bytes()), owner)
    if (FOLDER / name / "verdict.json").exists():
        envelope = read(name, "verdict.json")
        judge = json.loads(base64.b64decode(envelope["payload"]))["predicate"]["judge"]
        said = signed_by(envelope, judge)
        signed_by(read(name, "summary.json"), judge)
        named = {each["name"]: each["digest"]["sha256"] for each in said["subject"]}
        assert named == {
            path.relative_to(FOLDER / name).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (FOLDER / name).rglob("*.*")
            if path.is_file() and path.name not in ("verdict.json", "summary.json")
        }


@pytest.mark.parametrize("name", GOOD)
def test_openssl_accepts_the_timestamp(name, tmp_path):
    registration = load_registration(FOLDER / name / "registration.tmk")
    document = read(name, "registration.tmk")
    (tmp_path / "token.der").write_bytes(base64.b64decode(document["timestamps"][0]["token"]))
    moment = proven_time(registration, read_roots([ROOT]))
    envelope = json.dumps(document["envelope"], sort_keys=True, separators=(",", ":")).encode()
    for message, accepted in ((envelope, True), (envelope + b" ", False)):
        (tmp_path / "message").write_bytes(message)
        words = ["-in", tmp_path / "token.der", "-token_in", "-data", tmp_path / "message", "-CAfile", ROOT]
        words += ["-attime", str(int(moment.timestamp()))]
        ran = subprocess.run([OPENSSL, "ts", "-verify", *words], capture_output=True, check=False)
        assert (ran.returncode == 0) is accepted


@pytest.mark.parametrize("name", ["copy", "independent", "alone"])
def test_the_chain_and_the_matches_are_those_that_standard_libraries_find(name):
    lines = [json.loads(line) for line in (FOLDER / name / "transcript.jsonl").read_text().splitlines()]
    previous = None
    for number, line in enumerate(lines):
        digest = line.pop("digest")
        assert (line["number"], line["previous"]) == (number, previous)
        written = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert digest == "sha256:" + hashlib.sha256(written).hexdigest()
        previous = digest
    labels = [
        trigger["committed"]["label"]
        for path in sorted((FOLDER / name / "openings").glob("*.json"))
        for trigger in json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))["predicate"]["triggers"]
    ]
    suspect = [line["label"] for line in lines if line["kind"] == "answered" and line["model"] == 0]
    matches = tuple(label == committed for label, committed in zip(suspect, labels, strict=True))
    found = check_bundle(FOLDER / name)
    assert found.facts.grounds.suspect.matches == matches
