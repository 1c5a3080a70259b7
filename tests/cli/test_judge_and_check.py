"""The whole way on digits: register with a date, claim, open, judge a copy and a twin, and check what came of it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import tellmark as tm
from suspects import reply, serving
from tellmark.digests import digest_file
from tellmark.evidence.bundle import bundle_files
from tellmark.evidence.keys import new_key, public_path, save_key
from tellmark.evidence.layout import TRANSCRIPT, VERDICT
from tellmark.evidence.registering import RegistrationSettings, register
from tellmark.evidence.timestamps import request_timestamp
from tsa import new_authority, pem

NONCE = "c0" * 16
LATER = (datetime.now(UTC) + timedelta(hours=12)).isoformat()
AGE = ("--suspect-since", LATER, "--suspect-since-source", "their release notes")
KNOWN = (*AGE, "--nonce", NONCE, "--registration", "my.tmk", "--earlier-claims", "none, by the ledger that I was shown")
"""What a judge has to know for a claim to be supported, beside the source."""


REFERENCES = tuple(f"reference-{number}" for number in range(8))


@pytest.fixture(scope="module")
def models(files):
    """A copy of ``source.skops`` with other weights by a little, and models that owe it nothing."""
    import skops.io
    from sklearn.linear_model import RidgeClassifier

    folder = Path(files)
    copy = skops.io.load(folder / "source.skops")
    copy.coef_ = copy.coef_ + np.random.default_rng(3).normal(size=copy.coef_.shape) * 1e-6
    skops.io.dump(copy, folder / "copy.skops")
    rows = np.loadtxt(folder / "digits.csv", delimiter=",", skiprows=1)
    parts = {"first": rows[:300]}
    drawn = (*REFERENCES, "second", "third")
    parts |= {name: np.random.default_rng(number).choice(rows, 300) for number, name in enumerate(drawn)}
    for name, part in parts.items():
        learnt = RidgeClassifier(alpha=1e5).fit(part[:, :64], part[:, 64].astype(np.int64))
        skops.io.dump(learnt, folder / f"{name}.skops")
    return {name: f"sklearn:{folder / name}.skops" for name in ("source", "copy", *parts)}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, kinds, models):
    """``x.mark``, ``owner.key``, ``judge.key``, a stamped ``my.tmk`` and the authority's root, in one folder."""
    folder = tmp_path_factory.mktemp("prepared")
    data = tm.load_data(kinds["table"].holdout)
    references = [tm.load_model(models[name]) for name in REFERENCES]
    levels = {"content": 0.8, "limit_confidence": 0.8}
    made = tm.mark(
        tm.load_model(models["source"]), data, n=40, proxies=4, seed=5, references=references, fresh=4, **levels
    )
    made.save(folder / "x.mark")
    owner = new_key()
    save_key(owner, folder / "owner.key", None)
    save_key(new_key("p256"), folder / "judge.key", None)
    registration = register(made, data, owner, RegistrationSettings(), secrets=digest_file(folder / "x.mark"))
    authority, root = new_authority(tmp_path_factory.mktemp("tsa"))
    (folder / "root.pem").write_bytes(pem(root.certificate))
    with authority.serving():
        record = request_timestamp(registration.stamped, authority.url, (root.certificate,))
    registration.with_timestamp(record).save(folder / "my.tmk")
    return folder


@pytest.fixture
def registered(prepared, kinds, here):
    """These files in the working directory."""
    shutil.copytree(prepared, here, dirs_exist_ok=True)
    return here / "root.pem", kinds["table"].holdout


@pytest.fixture
def opened(tellmark, registered):
    _, holdout = registered

    def call(count=25, bundle="bundle", nonce=NONCE):
        ran = tellmark(*("claim", "my.tmk", "--key", "owner.key", "--suspect", "ACME", "--nonce", nonce, "-o", bundle))
        assert ran.code == 0, ran.err
        words = ("--mark", "x.mark", "--key", "owner.key", "--holdout", holdout)
        ran = tellmark("open", "my.tmk", *words, "--count", count, "--nonce", nonce, "-o", bundle)
        assert ran.code == 0, ran.err
        return bundle

    return call


@pytest.fixture
def judge(tellmark, registered, models):
    root, _ = registered

    def call(suspect, *words, bundle="bundle", source=True, independents=("first",), known=models):
        owners = ("--source", models["source"]) if source else ()
        others = [word for name in independents for word in ("--independent", models[name])]
        given = ("--suspect", known[suspect], *owners, *others, "--key", "judge.key", "--tsa-root", root, *words)
        return tellmark("judge", bundle, *given)

    return call


def test_a_copy_is_supported_and_anybody_comes_to_the_same(tellmark, registered, opened, judge, models, here):
    root, holdout = registered
    opened()
    whole = ("--mark", "x.mark", "--holdout", holdout, "--base", models["third"])
    ran = judge("copy", *KNOWN, *whole, independents=("first", "second"))
    assert ran.code == 0, ran.err
    assert "Finding: supports" in ran.out
    assert "made all 40 triggers anew" in " ".join(ran.out.split())
    pins = ("--owner-key", public_path("owner.key"), "--judge-key", public_path("judge.key"))
    checked = tellmark("check", "bundle", "--tsa-root", root, *pins)
    assert (checked.code, checked.out, checked.err) == (0, ran.out, "")
    said = json.loads(tellmark("check", "bundle", "--tsa-root", root, *pins, "--json").out)
    assert (said["outcome"], said["reasons"]) == ("supports", [])
    bundle = said["bundle"]
    assert (bundle["verdict"]["outcome"], bundle["suspect"], bundle["nonce"]) == ("supports", "ACME", NONCE)
    assert bundle["registered"] == bundle["verdict"]["registered"] is not None
    assert [model["model"]["name"] for model in bundle["models"]] == [
        "suspect",
        "base 1",
        "independent 1",
        "independent 2",
    ]
    assert bundle["models"][0]["matched_of_all"] == bundle["questions"] == 25


def test_a_twin_is_not_supported(tellmark, registered, opened, judge):
    root, _ = registered
    opened(40)
    ran = judge("second", *KNOWN)
    assert ran.code == 0, ran.err
    assert "Finding: does not support" in ran.out
    checked = tellmark("check", "bundle", "--tsa-root", root)
    assert (checked.code, checked.out) == (0, ran.out)


def test_what_is_missing_is_said(tellmark, opened, judge):
    opened()
    ran = judge("copy", source=False, independents=())
    assert ran.code == 0, ran.err
    flat = " ".join(ran.out.split())
    assert "Finding: inconclusive" in flat
    for reason in (
        "not stated since when the suspect",
        "does not say that he drew the nonce",
        "not stated how the judge knows of earlier claims",
        "source model was not asked",
        "No independent model was asked",
    ):
        assert reason in flat
    unproven = tellmark("check", "bundle")
    assert unproven.code == 0
    assert "unproven here: 1 timestamp, under none of the roots given" in " ".join(unproven.out.split())


def test_a_bundle_that_was_changed_ends_with_exit_code_1(tellmark, opened, judge, here):
    opened()
    assert judge("copy", *AGE).code == 0
    transcript = here / "bundle" / TRANSCRIPT
    transcript.write_bytes(transcript.read_bytes().replace(b'"label":1', b'"label":2', 1))
    ran = tellmark("check", "bundle")
    assert (ran.code, ran.err) == (1, "")
    assert "Finding: invalid" in ran.out
    assert "does not know transcript.jsonl" in " ".join(ran.out.split())
    said = json.loads(tellmark("check", "bundle", "--json").out)
    assert (said["outcome"], said["bundle"]) == ("invalid", None)


def test_a_bundle_without_a_verdict_is_checked_as_far_as_it_goes(tellmark, opened):
    opened(3)
    ran = tellmark("check", "bundle")
    assert ran.code == 0
    assert "No judge has given a verdict" in ran.out
    assert "3 opened" in " ".join(ran.out.split())
    assert json.loads(tellmark("check", "bundle", "--json").out)["bundle"]["models"] == []


def test_decoys_are_mixed_in(opened, judge, here, files):
    rows = (files / "digits.csv").read_text().splitlines()
    Path("other.csv").write_text("\n".join([rows[0], *rows[400:500]]) + "\n")
    opened()
    ran = judge("copy", *AGE, "--decoys", 7, "--decoy-data", "other.csv")
    assert ran.code == 0, ran.err
    assert (here / "bundle" / TRANSCRIPT).read_text().count('"diverted"') == 7


def test_a_suspect_in_a_sandbox_gives_the_same(opened, judge):
    opened()
    ran = judge("copy", *KNOWN, "--sandbox", "--sandbox-network", "--sandbox-memory", 2, "--sandbox-seconds", 600)
    assert ran.code == 0, ran.err
    assert "Finding: supports" in ran.out
    assert "Sandbox: " in ran.err


SUSPECT = """
url = "{url}/classify"
classes = ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]
[body]
row = "{{{{input}}}}"
[answer]
label = "$.digit"
"""


def test_a_suspect_behind_a_network_is_asked_one_trigger_after_the_other(opened, judge, models, here):
    """It answers with names of classes, which it has in another order."""
    import skops.io

    copy = skops.io.load(Path(models["copy"].partition(":")[2]))

    def answer(handler, asked):
        reply({"digit": str(copy.predict([asked.json["row"]])[0])})(handler, asked)

    opened()
    with serving() as server:
        server.replies = [answer]
        Path("suspect.toml").write_text(SUSPECT.format(url=server.url))
        models = {**models, "served": "rest:suspect.toml"}
        ran = judge("served", *KNOWN, "--sandbox", "--sandbox-network", "--sandbox-memory", 2, known=models)
        assert ran.code == 0, ran.err
        assert ran.err.count("Sandbox: ") == 1, "the owner's model is in a file, the suspect is not"
        assert len(server.asked) == 25
        assert server.most_at_once == 1
    assert "Finding: supports" in ran.out


def test_nothing_secret_is_printed(opened, judge, here):
    opened()
    ran = judge("copy", *AGE)
    assert (here / "judge.key").read_text().splitlines()[1] not in ran.out + ran.err


def test_a_key_under_a_passphrase_signs(opened, judge, here):
    opened(8)
    save_key(new_key(), "locked.key", "correct horse")
    (here / "secret.txt").write_text("correct horse\n")
    words = ("--key", "locked.key")
    assert "--key-passphrase-file" in judge("copy", *words).err
    assert judge("copy", *words, "--key-passphrase-file", "secret.txt").code == 0


MISTAKES = {
    "no date": (("--suspect-since", "soon", "--suspect-since-source", "x"), "'soon' is no date"),
    "a date to come": (("--suspect-since", "2999-01-01", "--suspect-since-source", "x"), "after it was judged"),
    "a date alone": (("--suspect-since", "2026-01-01"), "--suspect-since-source"),
    "a source alone": (("--suspect-since-source", "x"), "--suspect-since"),
    "a mark alone": (("--mark", "x.mark"), "--mark and --holdout go together"),
    "decoys from nowhere": (("--decoys", 3), "--decoy-data"),
    "decoy data without a number": (("--decoy-data", "x.csv"), "--decoys"),
    "a sandbox's memory without one": (("--sandbox-memory", 1), "add --sandbox"),
    "no key": (("--key", "nowhere.key"), "nowhere.key"),
    "the suspect as independent": (("--independent", "COPY"), "has the digest of the suspect"),
    "no words on earlier claims": (("--earlier-claims", ""), "in 1 to 500 printable characters"),
    "a date before all dates": (("--suspect-since", "1800-01-01", "--suspect-since-source", "x"), "the suspect's age"),
    "a source that steers": (("--suspect-since", "2026-01-01", "--suspect-since-source", "a\x1b[31m"), "printable"),
    "too much memory": (("--sandbox", "--sandbox-memory", 1e300), "at most"),
    "a nonce alone": (("--nonce", NONCE), "--nonce and --registration go together"),
    "a registration alone": (("--registration", "my.tmk"), "--nonce and --registration go together"),
    "no registration": (("--nonce", NONCE, "--registration", "owner.pub"), "owner.pub"),
    "another nonce": (("--nonce", "ab" * 16, "--registration", "my.tmk"), "another nonce than the one you drew"),
    "the owner's key": (("--key", "owner.key"), "this is the owner's key"),
    "another source": (("--source", "COPY"), "not the one that the registration names"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_said_in_one_line_and_nothing_is_asked(opened, judge, models, here, mistake):
    words, said = MISTAKES[mistake]
    opened(3)
    ran = judge("copy", *(models["copy"] if word == "COPY" else word for word in words))
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not {TRANSCRIPT, VERDICT} & bundle_files("bundle").keys()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "nowhere"), "not a folder with evidence"),
        (("check", "bundle", "--owner-key", "nowhere.pub"), "nowhere.pub"),
        (("check", "bundle", "--tsa-root", "owner.pub"), "owner.pub"),
    ],
)
def test_what_cannot_be_checked_is_an_error(tellmark, opened, words, said):
    opened(3)
    ran = tellmark(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_bundle_is_judged_once(opened, judge):
    opened(8)
    assert judge("copy", *AGE).code == 0
    ran = judge("copy", *AGE)
    assert ran.code == 2
    assert "judged already" in ran.err
