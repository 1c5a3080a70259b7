"""`tellmark plan`: needs no key, says what a verification takes, and writes figures whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planned_marks import mark_of, one_tier, public_of, tier, two_tiers


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``my.mark``, which has references, ``paper.mark`` without, and ``two.mark`` of two tiers."""
    folder = tmp_path_factory.mktemp("planned")
    mark_of(one_tier()).save(folder / "my.mark")
    mark_of(public_of(tier("paper", 40))).save(folder / "paper.mark")
    mark_of(two_tiers()).save(folder / "two.mark")
    return folder


def test_the_plan_is_printed(tellmark, planned):
    ran = tellmark("plan", planned / "my.mark", "--budget", 50)
    assert (ran.code, ran.err) == (0, "")
    assert "budget 50" in ran.out
    assert "pruned (3 fresh)" in ran.out
    assert max(map(len, ran.out.splitlines()[1:])) <= 80


def test_json_is_all_that_is_printed(tellmark, planned):
    ran = tellmark("plan", planned / "my.mark", "--json", "--alpha", 0.05, "--beta", 0.1)
    document = json.loads(ran.out)
    assert (document["schema"], document["alpha"], document["beta"]) == ("tellmark.plan/1", 0.05, 0.1)
    assert document["overall"][0]["detection_probability"] > 0.99


def test_no_passphrase_is_needed(tellmark, planned, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("asked for a passphrase"))
    pytest.importorskip("pyrage")
    mark_of(one_tier()).save(planned / "locked.mark", passphrase="open sesame")
    ran = tellmark("plan", planned / "locked.mark", "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == json.loads(tellmark("plan", planned / "my.mark", "--json").out)


def test_without_references_the_reason_is_given_and_a_stated_rate_helps(tellmark, planned):
    ran = tellmark("plan", planned / "paper.mark")
    assert ran.code == 0
    assert "at most inconclusive" in " ".join(ran.out.split())
    document = json.loads(tellmark("plan", planned / "paper.mark", "--json").out)
    assert document["decidable"] is False
    assert any("at most inconclusive" in text for text in document["remarks"])
    assert "supposed to match 90 %" in tellmark("plan", planned / "paper.mark", "--null-rate", 0.6).out


def test_tiers_are_named(tellmark, planned):
    def tiers(*words):
        document = json.loads(tellmark("plan", planned / "two.mark", "--json", *words).out)
        return [each["name"] for each in document["tiers"]]

    assert tiers() == tiers("--tier", "distilled", "--tier", "copy") == ["copy", "distilled"]
    assert tiers("--tier", "distilled") == ["distilled"]
    ran = tellmark("plan", planned / "two.mark", "--tier", "distilled")
    assert "Left out by choice: tier copy" in ran.out
    assert "Tier copy" not in ran.out


@pytest.mark.parametrize("name", ["plan.svg", "plan.png"])
def test_a_figure_is_drawn_beside_the_table(tellmark, planned, here, name):
    pytest.importorskip("matplotlib")
    ran = tellmark("plan", planned / "my.mark", "--figure", name)
    assert ran.code == 0
    assert "Tier copy" in ran.out
    assert (here / name).stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("my.mark", "--budget", 0), "at least 1 query"),
        (("my.mark", "--alpha", 1), "alpha must lie"),
        (("my.mark", "--beta", 0), "beta must lie"),
        (("my.mark", "--null-rate", 1.5), "null rate must be"),
        (("two.mark", "--tier", "derived"), "no tier 'derived': it has copy, distilled"),
        (("my.mark", "--figure", "plan.gif"), ".svg or .png"),
        (("my.mark", "--figure", "missing/plan.svg"), "folder"),
        (("paper.mark", "--figure", "plan.svg"), "nothing to draw"),
        (("none.mark",), "cannot read"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(tellmark, planned, here, words, says):
    pytest.importorskip("matplotlib")
    ran = tellmark("plan", planned / words[0], *words[1:])
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("tellmark: ")
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert list(here.iterdir()) == []
