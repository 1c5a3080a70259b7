"""`--sandbox`: the same verdict from a process of its own, and a sentence where it cannot be had."""

from __future__ import annotations

import json

import pytest


def test_the_answers_are_those_without_a_sandbox(tellmark, marks, kinds):
    """What the sandbox keeps from the suspect is told on standard error."""
    words = ("verify", marks["table"], kinds["table"].source, "--json", "--null-rate", 0.5, "--order-seed", 3)
    plain = tellmark(*words)
    ran = tellmark(*words, "--sandbox", "--sandbox-network", "--sandbox-memory", 2, "--sandbox-seconds", 600)
    assert ran.code == 0
    assert json.loads(ran.out) == json.loads(plain.out)
    assert ran.err.startswith("Sandbox: ")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--sandbox", "--trust"), "give one of them"),
        (("--sandbox-network",), "add --sandbox"),
        (("--sandbox-memory", 1), "add --sandbox"),
        (("--sandbox-seconds", 1), "add --sandbox"),
        (("--sandbox", "--sandbox-memory", 0), "memory must be above 0"),
        (("--sandbox", "--sandbox-memory", "nan"), "memory must be above 0"),
        (("--sandbox", "--sandbox-memory", "inf"), "memory must be above 0"),
        (("--sandbox", "--sandbox-seconds", -3), "seconds must be above 0"),
        (("--sandbox", "--device", "cuda"), "on the processor alone"),
    ],
)
def test_what_goes_together_and_what_does_not(tellmark, marks, kinds, words, says):
    ran = tellmark("verify", marks["table"], kinds["table"].source, *words)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert ran.err.count("\n") == 1


def test_a_suspect_that_is_no_file_has_no_sandbox(tellmark, marks):
    ran = tellmark("verify", marks["table"], "mlflow:http://127.0.0.1:9", "--sandbox")
    assert (ran.code, ran.out) == (2, "")
    assert "the sandbox is for models in files" in ran.err
