"""`tellmark verify`: the source matches all, in any format; the verdict follows the null rate, not the exit code."""

from __future__ import annotations

import json

import pytest

from suspects import reply, serving
from tellmark.verification.result import Verification


def test_the_source_matches_every_trigger(tellmark, marks, kinds):
    for name, kind in kinds.items():
        ran = tellmark("verify", marks[name], kind.source)
        assert (ran.code, ran.err) == (0, "")
        assert "20 of 20 triggers matched (100.0 %" in ran.out


def test_the_same_classifier_in_another_format_matches_every_trigger(tellmark, marks, files):
    ran = tellmark("verify", marks["image"], f"onnx:{files / 'digits.onnx'}?scale=1", "--json")
    assert json.loads(ran.out)["matches"] == 20


def test_json_is_a_verification_and_nothing_else(tellmark, marks, kinds):
    ran = tellmark("verify", marks["table"], kinds["table"].source, "--json", "--null-rate", 0.5, "--order-seed", 3)
    found = Verification.model_validate(json.loads(ran.out))
    assert (found.method, found.verdict, found.order_seed) == ("sequential", "supports", 3)
    assert found.matches == found.queries < 20
    assert ran.err == ""


def test_fixed_asks_all_of_the_budget_and_tests_once(tellmark, marks, kinds):
    def asked(*words):
        words = ("verify", marks["table"], kinds["table"].source, "--json", "--null-rate", 0.5, *words)
        return Verification.model_validate(json.loads(tellmark(*words).out))

    found = asked("--fixed")
    assert (found.method, found.matches, found.queries, found.verdict) == ("fixed", 20, 20, "supports")
    assert asked("--fixed", "--max-queries", 9).queries == 9
    assert asked("--beta", 0.2).beta == 0.2


@pytest.mark.parametrize(
    ("suspect", "null_rate", "verdict"),
    [
        ("source", None, "inconclusive"),
        ("source", 0.7, "supports"),
        ("source", 0.96, "supports"),
        ("twin", 0.95, "does not support"),
        ("twin", 0.0, "supports"),
    ],
)
def test_the_verdict_hangs_on_the_null_rate_and_the_exit_code_does_not(
    tellmark, marks, files, suspect, null_rate, verdict
):
    words = () if null_rate is None else ("--null-rate", null_rate)
    ran = tellmark("verify", marks["table"], f"sklearn:{files / suspect}.skops", *words)
    assert ran.code == 0
    assert f"Verdict: {verdict} - " in " ".join(ran.out.split())


def test_a_budget_an_order_and_a_level(tellmark, marks, files):
    def asked(*words):
        suspect = f"sklearn:{files / 'twin.skops'}"
        return json.loads(tellmark("verify", marks["table"], suspect, "--json", *words).out)

    budget = ("--fixed", "--max-queries", 6, "--order-seed", 1)
    found = asked(*budget, "--alpha", 0.05, "--confidence", 0.9, "--null-rate", 0.4)
    assert [found[key] for key in ("queries", "order_seed", "alpha", "confidence", "null_rate")] == [
        6,
        1,
        0.05,
        0.9,
        0.4,
    ]
    again = asked(*budget)
    assert again["matches"] == found["matches"]
    assert {asked("--max-queries", 6)["order_seed"] for _ in range(2)} != {asked("--max-queries", 6)["order_seed"]}


def test_a_tier_is_named_and_an_unknown_one_refused(tellmark, marks, kinds):
    words = ("verify", marks["table"], kinds["table"].source, "--null-rate", 0.5, "--order-seed", 3)
    named = tellmark(*words, "--tier", "paper", "--json")
    assert json.loads(named.out) == json.loads(tellmark(*words, "--json").out)
    ran = tellmark(*words, "--tier", "paper", "--tier", "copy")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "tellmark: the mark has no tier 'copy': it has paper\n"


def test_one_by_one_is_told_with_the_bets_and_a_bad_level_in_one_line(tellmark, marks, kinds):
    source = kinds["table"].source
    text = " ".join(tellmark("verify", marks["table"], source, "--null-rate", 0.5).out.split())
    assert "Bets against 'at most 10 of 20 match' began at 1 and stand at" in text
    assert "valid whenever one stops" in text
    ran = tellmark("verify", marks["table"], source, "--null-rate", 0.5, "--beta", 0.9)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("tellmark: beta must lie above 0")


def test_why_and_what_then_stand_below_as_bullets(tellmark, marks, kinds):
    lines = tellmark("verify", marks["table"], kinds["table"].source).out.splitlines()
    assert lines[0] == f"Suspect {kinds['table'].source}"
    bullets = [line for line in lines if line.startswith("  - ")]
    assert len(bullets) >= 3
    start = lines.index(bullets[0])
    assert all(line.startswith(("  - ", "    ")) for line in lines[start:])


@pytest.fixture
def endpoint(here):
    """A suspect behind an address that calls everything a three, three times, and is gone then."""
    with serving() as server:
        server.replies = [*[reply({"label": "3"})] * 3, reply({}, status=401)]
        (here / "suspect.toml").write_text(
            f'url = "{server.url}/classify"\nbody = {{ row = "{{{{input}}}}" }}\nanswer = {{ label = "$.label" }}\n'
        )
        yield server


def test_a_suspect_that_fails_midway_leaves_its_result_and_is_an_error(tellmark, marks, endpoint):
    words = ("verify", marks["table"], "rest:suspect.toml", "--null-rate", 0.5, "--order-seed", 6)
    ran = tellmark(*words, "--json")
    found = Verification.model_validate(json.loads(ran.out))
    assert (ran.code, found.queries, found.verdict) == (2, 3, "inconclusive")
    assert found.failure is not None
    assert ran.err == (
        f"tellmark: the suspect failed after 3 answers ({found.failure}), and the result is what these are worth: "
        "--order-seed 6 asks the same questions in the same order, from the first; with --transcript a run goes on "
        "where it ended\n"
    )
    ran = tellmark(*words)  # it is gone by now: no answer, and no result
    assert (ran.code, ran.out) == (2, "")


def test_after_a_failure_the_same_command_goes_on_from_its_transcript(tellmark, marks, endpoint):
    words = ("verify", marks["table"], "rest:suspect.toml", "--null-rate", 0.5, "--transcript", "run.jsonl")
    ran = tellmark(*words)
    assert ran.code == 2
    assert "Verdict: inconclusive" in ran.out
    assert ran.err.endswith("the result is what these are worth: the same command goes on from run.jsonl\n")
    endpoint.replies = [reply({"label": "3"})]
    again = tellmark(*words, "--json")
    found = Verification.model_validate(json.loads(again.out))
    assert (again.code, found.failure, found.verdict) == (0, None, "does not support")
    assert len(endpoint.asked) == found.queries + 1
