"""`tellmark show`: all of a mark for its owner, nothing secret for everybody else."""

from __future__ import annotations

import json
import re

import pytest

from tellmark.triggers.mark import load_mark

KINDS = ("image", "table", "text")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_public_shows_no_secret(tellmark, marks, name, words):
    public, whole = tellmark("show", marks[name], "--public", *words), tellmark("show", marks[name], *words)
    mark = load_mark(marks[name])
    assert public.code == whole.code == 0
    assert mark.seed.hex() in whole.out
    assert mark.seed.hex() not in public.out
    assert not re.search(r'\bseed (?!is a small)|"seed"|triggers"?: \[|hold-out items', public.out)
    rows = re.findall(r"^ +\d+ +(\d+) .*$", whole.out, re.MULTILINE)
    assert words or len(rows) == 10
    assert not re.search(r"^ +\d+ +\d+ ", public.out, re.MULTILINE)


@pytest.mark.parametrize("name", KINDS)
def test_json_holds_every_trigger_and_the_whole_public_part(tellmark, marks, name):
    shown = json.loads(tellmark("show", marks[name], "--json").out)
    mark = load_mark(marks[name])
    classes = mark.public.source.classes
    assert shown["seed"] == mark.seed.hex()
    assert shown["protection"] == "none"
    assert shown["public"] == mark.public.model_dump(mode="json", by_alias=True)
    assert [trigger["candidate"] for trigger in shown["triggers"]] == mark.triggers.indices.tolist()
    assert {trigger["tier"] for trigger in shown["triggers"]} == {"paper"}
    assert [trigger["items"] for trigger in shown["triggers"]] == mark.triggers.items.tolist()
    assert [trigger["label"] for trigger in shown["triggers"]] == [classes[label] for label in mark.triggers.labels]


def test_public_json_is_the_same_without_the_secrets(tellmark, marks):
    public = json.loads(tellmark("show", marks["table"], "--public", "--json").out)
    whole = json.loads(tellmark("show", marks["table"], "--json").out)
    assert public == {key: whole[key] for key in ("public", "protection")}


def test_the_public_part_of_an_encrypted_mark_needs_no_key(tellmark, marks):
    ran = tellmark("show", marks["encrypted"], "--public")
    assert ran.code == 0
    assert "encrypted under a passphrase" in ran.out


def test_every_fact_is_there(tellmark, marks):
    out = tellmark("show", marks["table"]).out
    names = "made source classes hold-out references recipe candidates proxies selection guarantee transfer secrets"
    for name in (*names.split(), "null limit", "warning"):
        assert re.search(rf"^  {name} ", out, re.MULTILINE), name
    digest = load_mark(marks["table"]).public.holdout.digest
    assert re.search(rf"^  hold-out  {digest.removeprefix('sha256:')}$", out, re.MULTILINE)


@pytest.mark.parametrize("width", [40, 80, 300])
def test_lines_fit_the_terminal_and_end_without_spaces(tellmark, marks, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = tellmark("show", marks["table"], "--public").out.splitlines()
    texts = [line for line in lines if not re.search("[0-9a-f]{24}", line) and not line.startswith("Mark ")]
    assert max(map(len, texts)) <= min(width, 100)
    assert max(map(len, texts)) > min(width, 100) - 15
    assert [line for line in lines if line != line.rstrip()] == []
