"""`tellmark register`, `tellmark stamp`, and `tellmark verify --registration`, on real files."""

from __future__ import annotations

import json

import pytest

from tellmark.data.loading import load_data
from tellmark.digests import digest_file, digest_input
from tellmark.evidence.keys import load_public, new_key, public_path, save_key
from tellmark.evidence.registration import load_registration
from tellmark.evidence.timestamps import verified_time
from tellmark.evidence.tsa_certificates import read_roots
from tellmark.triggers.mark import load_mark
from tsa import new_authority, pem


@pytest.fixture
def marked(tellmark, kinds, here):
    """``x.mark`` and ``owner.key`` in the working directory."""
    kind = kinds["table"]
    words = ("--holdout", kind.holdout, "-o", "x.mark", "-n", 12, "--proxies", 0, "--seed", 5)
    assert tellmark("mark", kind.source, *words).code == 0
    save_key(new_key(), "owner.key", None)
    return kind


@pytest.fixture
def register(tellmark, marked):
    def call(*words, key="owner.key"):
        return tellmark("register", "x.mark", "--key", key, "--holdout", marked.holdout, "-o", "my.tmk", *words)

    return call


def test_a_registration_is_written_and_says_what_it_is(register, marked, here):
    ran = register("--model", marked.source.partition(":")[2])
    assert ran.code == 0, ran.err
    said = load_registration("my.tmk").said
    assert said.secrets == digest_file(here / "x.mark")
    assert said.holdout.digest == load_data(marked.holdout).digest
    assert said.owner == load_public(public_path("owner.key")).record
    assert [file.name for file in said.files] == ["source.skops"]
    flat = " ".join(ran.out.split())
    for words in (
        f"key {said.owner.keyid.removeprefix('sha256:')}",
        f"mark {said.mark.removeprefix('sha256:')}",
        f"source.skops {said.files[0].digest.removeprefix('sha256:')}",
        "12 triggers, 6 of them in reserve",
        "the date is unproven",
        "No tier can decide anything",
        "The seed of the mark is a small number",
        "Keep the mark, the hold-out data, the key and this file",
    ):
        assert words in flat


def test_nothing_secret_is_printed_or_written(register, here):
    ran = register()
    mark = load_mark("x.mark")
    text = ran.out + ran.err + (here / "my.tmk").read_text()
    payload = load_registration("my.tmk").said.model_dump_json()
    assert not any(mark.seed.hex() in each for each in (text, payload))
    assert (here / "owner.key").read_text().splitlines()[1] not in text


def test_what_is_settled_is_in_it(register):
    ran = register("--alpha", 0.02, "--beta", 0.1, "--budget", 7, "--reserve", 0.25, "--null-rate", 0.5)
    assert ran.code == 0, ran.err
    said = load_registration("my.tmk").said
    assert (said.rule.alpha, said.rule.beta, said.rule.budget) == (0.02, 0.1, 7)
    assert (len(said.tiers[0].reserve), said.tiers[0].limit, said.tiers[0].null) == (3, 6, None)
    assert "No tier can decide" not in ran.out


def test_a_verification_never_asks_the_reserve(register, tellmark, marked, here):
    assert register("--null-rate", 0.5).code == 0
    words = ("verify", "x.mark", marked.source, "--registration", "my.tmk", "--fixed", "--transcript", "run.jsonl")
    ran = tellmark(*words, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["queries"] == 6
    assert any("6 of the 12 triggers are the registration's reserve" in reason for reason in found["reasons"])
    reserve = load_registration("my.tmk").said.tiers[0].reserve
    inputs = [digest_input(one) for shard in load_mark("x.mark").triggers.shards() for one in shard]
    transcript = (here / "run.jsonl").read_text()
    assert all(inputs[position] not in transcript for position in reserve)
    assert sum(digest in transcript for digest in inputs) == 6


def test_questions_for_elsewhere_leave_the_reserve_out(register, tellmark, here):
    assert register().code == 0
    ran = tellmark("questions", "x.mark", "-o", "asked", "--registration", "my.tmk")
    assert ran.code == 0, ran.err
    written = (here / "asked" / "answers.csv").read_text()
    reserve = load_registration("my.tmk").said.tiers[0].reserve
    inputs = [digest_input(one) for shard in load_mark("x.mark").triggers.shards() for one in shard]
    assert [position for position in range(12) if inputs[position] not in written] == list(reserve)
    assert "--registration my.tmk" in " ".join(ran.err.split())


def test_the_registration_of_another_mark_is_refused(register, tellmark, marked):
    assert register().code == 0
    words = ("--holdout", marked.holdout, "-o", "other.mark", "-n", 12, "--proxies", 0, "--seed", 6)
    assert tellmark("mark", marked.source, *words).code == 0
    ran = tellmark("verify", "other.mark", marked.source, "--registration", "my.tmk")
    assert ran.code == 2
    assert "my.tmk is the registration of another mark" in ran.err


def test_other_data_and_existing_files_are_refused_before_anything_is_written(register, tellmark, marked, kinds, here):
    ran = tellmark("register", "x.mark", "--key", "owner.key", "--holdout", kinds["text"].holdout, "-o", "my.tmk")
    assert ran.code == 2
    assert "is not the hold-out data of this mark" in ran.err
    assert not (here / "my.tmk").exists()
    (here / "my.tmk").write_text("precious")
    ran = register()
    assert (ran.code, (here / "my.tmk").read_text()) == (2, "precious")
    assert "my.tmk exists" in ran.err
    assert register("--force").code == 0


def test_an_encrypted_key_asks_for_its_passphrase(register, here, monkeypatch):
    save_key(new_key("p256"), "locked.key", "correct horse")
    ran = register(key="locked.key")
    assert ran.code == 2
    assert "--key-passphrase-file" in ran.err
    (here / "secret.txt").write_text("correct horse\n")
    ran = register("--key-passphrase-file", "secret.txt", key="locked.key")
    assert ran.code == 0, ran.err
    monkeypatch.setenv("TELLMARK_KEY_PASSPHRASE", "incorrect horse")
    ran = register("--force", key="locked.key")
    assert ran.code == 2
    assert "horse" not in ran.out + ran.err


def test_data_without_labels_is_labelled_by_the_source(tellmark, kinds, here, files):
    kind = kinds["image"]
    words = ("--holdout", files / "unlabelled.npz", "-o", "x.mark", "-n", 4, "--proxies", 0, "--seed", 5)
    assert tellmark("mark", kind.source, *words).code == 0
    save_key(new_key(), "owner.key", None)
    given = ("register", "x.mark", "--key", "owner.key", "--holdout", files / "unlabelled.npz", "-o", "my.tmk")
    ran = tellmark(*given)
    assert ran.code == 2
    assert "give the source with --source" in ran.err
    ran = tellmark(*given, "--source", kind.source)
    assert ran.code == 0, ran.err


@pytest.fixture
def authority(tmp_path):
    found, root = new_authority(tmp_path / "tsa")
    (tmp_path / "root.pem").write_bytes(pem(root.certificate))
    with found.serving():
        yield found


def test_an_authority_vouches_for_the_date(register, tellmark, authority, here):
    words = ("--tsa", authority.url, "--tsa-root", here / "root.pem")
    ran = register(*words)
    assert ran.code == 0, ran.err
    registration = load_registration("my.tmk")
    (record,) = registration.document.timestamps
    verified_time(record, registration.stamped, read_roots([here / "root.pem"]))
    assert "unproven" not in ran.out
    assert record.authority in " ".join(ran.out.split())

    ran = tellmark("stamp", "my.tmk", *words)
    assert ran.code == 0, ran.err
    again = load_registration("my.tmk")
    assert len(again.document.timestamps) == 2
    assert again.document.timestamps[0] == record
    assert again.document.envelope == registration.document.envelope
    for each in again.document.timestamps:
        verified_time(each, again.stamped, read_roots([here / "root.pem"]))


def test_an_authority_that_fails_leaves_nothing_half_written(register, authority, here):
    authority.disguise = lambda body: (500, "text/plain", b"out of order")
    ran = register("--tsa", authority.url, "--tsa-root", here / "root.pem")
    assert ran.code == 2
    assert not (here / "my.tmk").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("register", "--tsa", "http://127.0.0.1:1/"), "--tsa-root"),
        (("register", "--tsa-root", "owner.pub"), "--tsa"),
        (("stamp",), "which authority"),
        (("register", "--reserve", 1), "at least 0 and below 1"),
        (("register", "--alpha", 2), "alpha must lie"),
        (("register", "--model", "nowhere.bin"), "nowhere.bin"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(register, tellmark, words, said, here):
    command, *rest = words
    ran = register(*rest) if command == "register" else tellmark("stamp", "my.tmk", *rest)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not (here / "my.tmk").exists()
