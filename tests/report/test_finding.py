"""What a bundle of evidence shows in a terminal, and as JSON."""

import json

import pytest

from golden.make_bundles import FOLDER, GOOD, JUDGE, ROOT, broken_files
from judged_bundles import NONCE, owner_key, owners_files, predicate, registration
from tellmark.documents import document_bytes
from tellmark.evidence.check import Pins, check_bundle, check_files
from tellmark.evidence.claiming import made_claim
from tellmark.evidence.layout import CLAIM
from tellmark.evidence.tsa_certificates import read_roots
from tellmark.report.finding import finding_json, finding_lines


def shown(found, width=100, path="bundle"):
    return [line.plain for line in finding_lines(path, found, width=width)]


def golden(name):
    return check_bundle(FOLDER / name, read_roots([ROOT]), Pins(judge=JUDGE.public))


@pytest.mark.parametrize("name", GOOD)
def test_the_finding_comes_first_and_its_reasons_next(name):
    lines = shown(golden(name))
    assert lines[0] == "Evidence bundle"
    assert lines[1].startswith(f"  Finding: {GOOD[name]} - ")
    flat = " ".join(" ".join(lines).split())
    assert all(" ".join(reason.split()) in flat for reason in golden(name).reasons + golden(name).remarks)


@pytest.mark.parametrize("width", [60, 100])
def test_lines_keep_to_the_width_but_for_the_table_and_digests(width):
    lines = shown(golden("copy"), width=width)
    start = next(number for number, line in enumerate(lines) if line.startswith("Which models"))
    table = set(lines[start : start + 6])
    assert all(len(line) <= width for line in lines if line not in table and not line.strip().isalnum())


def test_the_table_says_how_each_model_answered():
    flat = [" ".join(line.split()) for line in shown(golden("copy"))]
    suspect = next(line for line in flat if line.startswith("suspect 12 of 12"))
    assert suspect.endswith("supports LinearModel")
    assert any(line.startswith("independent 2 ") and "does not support" in line for line in flat)


def test_what_is_the_judges_word_is_shown_as_that():
    flat = " ".join(" ".join(shown(golden("copy"))).split())
    assert "since 20" in flat
    for words in ("as the judge says: release notes", "drawn by the judge, as the judge says", "the owner's ledger"):
        assert words in flat


def test_an_invalid_bundle_shows_the_reason_and_nothing_else():
    lines = shown(check_files(broken_files(FOLDER, "swapped-suspect")))
    assert len(lines) == 3
    assert lines[1].startswith("  Finding: invalid")
    assert "states of the suspect what does not follow" in lines[2]


def test_a_name_does_not_steer_the_terminal():
    registered = registration(predicate())
    claim = made_claim(registered, owner_key(), suspect="A\x1b[2J\nB\u202e", nonce=NONCE, burned=((),))
    found = check_files({**owners_files(registered, counts=()), CLAIM: document_bytes(claim)})
    text = "\n".join(shown(found, path="b\x1b[2J"))
    assert "\\x1b[2J" in text
    assert not {"\x1b", "\u202e"} & set(text)


@pytest.mark.parametrize("name", GOOD)
def test_json_says_the_same(name):
    found = golden(name)
    said = json.loads(json.dumps(finding_json(found)))
    assert (said["outcome"], tuple(said["reasons"]), tuple(said["remarks"])) == (
        found.outcome,
        found.reasons,
        found.remarks,
    )
    bundle = said["bundle"]
    assert bundle["registered"].endswith("Z")
    assert bundle["opened"]["copy"]["opened"] == bundle["questions"]
    judged = bundle["verdict"]
    assert (judged is None) == (name in ("unjudged", "unopened"))
    assert len(bundle["models"]) == {"copy": 4, "independent": 2, "alone": 1}.get(name, 0)
    if judged is not None:
        assert (judged["outcome"], bundle["models"][0]["matched_of_all"]) == (
            GOOD[name],
            sum(found.facts.grounds.suspect.matches),
        )
