"""Encrypted marks on the command line: from a file, the environment or the terminal, and to keys."""

from __future__ import annotations

import sys

import pytest

from tellmark.triggers.mark import read_mark_file

pyrage = pytest.importorskip("pyrage")


@pytest.fixture
def mark(tellmark, kinds, here):
    def call(*words):
        kind = kinds["table"]
        return tellmark(
            "mark", kind.source, "--holdout", kind.holdout, "-o", "x.mark", "-n", 3, "--proxies", 0, "--seed", 5, *words
        )

    return call


@pytest.mark.parametrize("first_line", ["correct horse", " with spaces ", "grüße 🔑"])
def test_a_passphrase_from_a_file_is_its_first_line(mark, tellmark, kinds, here, first_line):
    (here / "secret.txt").write_text(first_line + "\nanother line\n", encoding="utf-8")
    assert mark("--encrypt", "--passphrase-file", "secret.txt").code == 0
    assert read_mark_file("x.mark").protection == "passphrase"
    for words in (["show"], ["verify", kinds["table"].source], ["questions", "-o", "asked"]):
        command, *rest = words
        ran = tellmark(command, "x.mark", *rest, "--passphrase-file", "secret.txt")
        assert ran.code == 0, ran.err
        assert first_line not in ran.out + ran.err


def test_a_passphrase_from_the_environment(mark, tellmark, monkeypatch):
    monkeypatch.setenv("TELLMARK_PASSPHRASE", "correct horse")
    assert mark("--encrypt").code == 0
    assert tellmark("show", "x.mark").code == 0
    monkeypatch.setenv("TELLMARK_PASSPHRASE", "incorrect horse")
    assert tellmark("show", "x.mark").code == 2


def test_the_file_counts_more_than_the_environment(mark, tellmark, monkeypatch, here):
    (here / "secret.txt").write_text("from the file")
    monkeypatch.setenv("TELLMARK_PASSPHRASE", "from the environment")
    assert mark("--encrypt", "--passphrase-file", "secret.txt").code == 0
    assert tellmark("show", "x.mark").code == 2
    assert tellmark("show", "x.mark", "--passphrase-file", "secret.txt").code == 0


def test_at_a_terminal_it_is_asked_for_twice_when_set_and_once_when_opened(mark, tellmark, monkeypatch):
    questions = []

    def answer(question, **options):
        questions.append((question, options["hide_input"], options["confirmation_prompt"]))
        return "typed in"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", answer)
    assert mark("--encrypt").code == 0
    assert tellmark("show", "x.mark").code == 0
    assert questions == [("New passphrase", True, True), ("Passphrase of the mark", True, False)]


def test_to_recipients_and_opened_with_either_identity(mark, tellmark, here):
    identities = [pyrage.x25519.Identity.generate() for _ in range(3)]
    for number, identity in enumerate(identities):
        (here / f"{number}.txt").write_text(f"# my key\n{identity}\n")
    recipients = [str(identity.to_public()) for identity in identities[:2]]
    ran = mark("--recipient", recipients[0], "-r", recipients[1])
    assert ran.code == 0, ran.err
    assert "encrypted to age or ssh keys" in ran.out
    assert [tellmark("show", "x.mark", "--identity", f"{number}.txt").code for number in range(3)] == [0, 0, 2]
    assert tellmark("show", "x.mark", "-i", "2.txt", "-i", "1.txt").code == 0
    assert tellmark("show", "x.mark", "--public").code == 0


def test_encryption_without_its_library_is_refused_before_the_work(mark, monkeypatch, here):
    monkeypatch.setenv("TELLMARK_PASSPHRASE", "correct horse")
    monkeypatch.setitem(sys.modules, "pyrage", None)
    ran = mark("--encrypt")
    assert ran.code == 2
    assert "tellmark[age]" in ran.err
    assert list(here.iterdir()) == []
