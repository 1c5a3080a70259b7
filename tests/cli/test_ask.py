"""`tellmark ask` shows what was sent, what came back and what was understood, and no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from suspects import Server, reply, serving
from tellmark.api import load_mark

TOKEN = "planted-token-16180339"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as told:
        yield told


@pytest.fixture
def suspect(server, here, monkeypatch):
    """Writes a description that names a token, and is called by the file's name."""
    monkeypatch.setenv("A_TOKEN", TOKEN)

    def write(text=""):
        (here / "suspect.toml").write_text(
            f'url = "{server.url}/classify"\nclasses = ["cat", "dog", "eel"]\n{text}\n'
            '[headers]\nAuthorization = "Bearer ${env:A_TOKEN}"\n[answer]\nvalue = "$.found"\n'
        )
        return "suspect.toml"

    return write


def test_everything_is_shown(tellmark, server, suspect):
    server.replies = [
        reply({"found": {"dog": 0.75, "eel": 0.25, "cat": 0.0}, "told": TOKEN}, Content_Type="application/json")
    ]
    ran = tellmark("ask", suspect(), "row:1.5,-2,0")
    assert ran.code == 0, ran.err
    assert f"Request POST {server.url}/classify" in ran.out
    assert "Bearer ${env:A_TOKEN}" in ran.out
    assert "[1.5,-2.0,0.0]" in ran.out
    assert "status 200, attempt 1" in ran.out
    assert "1, dog" in ran.out
    assert "dog 0.75, eel 0.25, cat 0" in ran.out
    assert TOKEN not in ran.out + ran.err
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_what_was_not_understood_is_shown_all_the_same(tellmark, server, suspect):
    server.replies = [reply({"other": "dog"})]
    ran = tellmark("ask", suspect(), "text:a text")
    assert ran.code == 2
    assert '{"other": "dog"}' in ran.out
    assert "nothing at $.found" in ran.err
    assert ran.err.count("\n") == 1


def test_attempts_are_shown(tellmark, server, suspect, monkeypatch):
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    server.replies = [reply(status=503, body=b"busy"), reply({"found": "eel"})]
    ran = tellmark("ask", suspect(), "text:a text")
    assert ran.code == 0
    assert "status 503, attempt 1" in ran.out
    assert "busy" in ran.out
    assert "attempt 2" in ran.out
    assert "labels only" in ran.out


def test_json(tellmark, server, suspect):
    server.replies = [reply({"found": [0.5, 0.25, 0.25]})]
    ran = tellmark("ask", suspect(), "row:1,2", "--json")
    shown = json.loads(ran.out)
    assert (shown["label"], shown["class"], shown["scores"]) == (0, "cat", [0.5, 0.25, 0.25])
    assert shown["request"]["headers"]["Authorization"] == "Bearer ${env:A_TOKEN}"
    assert shown["attempts"][0]["status"] == 200
    assert shown["error"] is None


def test_an_image(tellmark, server, suspect, here):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(here / "image.png")
    server.replies = [reply({"found": 2})]
    ran = tellmark("ask", suspect(), "image.png")
    assert ran.code == 0, ran.err
    assert "2, eel" in ran.out
    assert "bytes, no text" in ran.out
    assert server.asked[0].body[:4] == b"\x89PNG"


def test_an_item_of_the_data(tellmark, server, suspect, files):
    server.replies = [reply({"found": 0})]
    assert tellmark("ask", suspect(), files / "digits.csv", "--item", "7").code == 0
    rows = np.genfromtxt(files / "digits.csv", delimiter=",", skip_header=1)
    assert server.asked[0].json == rows[7, :-1].tolist()
    ran = tellmark("ask", suspect(), files / "digits.csv", "--item", "99999")
    assert ran.code == 2
    assert "items 0 to 599" in ran.err


@pytest.mark.parametrize(
    ("given", "words"),
    [("row:1,x", "row:1.5,0,-2"), ("row:nan", "NaN"), ("absent.png", "absent.png"), ("absent.csv", "no file")],
)
def test_inputs_that_are_none(tellmark, server, suspect, given, words):
    ran = tellmark("ask", suspect(), given)
    assert (ran.code, server.asked) == (2, [])
    assert words in ran.err


def test_a_model_at_hand(tellmark, files):
    ran = tellmark("ask", f"sklearn:{files}/source.skops", files / "digits.csv", "--json")
    assert ran.code == 0, ran.err
    assert 0 <= json.loads(ran.out)["label"] < 10


def test_class_names_are_learned(tellmark, server, suspect, here):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 60)
    lines = [f"{label * 10 + noise:.2f},{'ab'[label]}" for label, noise in zip(labels, rng.random(60), strict=True)]
    (here / "data.csv").write_text("\n".join(["x,label", *lines]))

    def answer(handler, asked):
        reply({"found": 'the "B"' if asked.json[0] > 5 else "the A"})(handler, asked)

    server.replies = [answer]
    ran = tellmark("ask", suspect(), "data.csv", "--learn", "40")
    assert ran.code == 0, ran.err
    assert len(server.asked) == 40
    assert ran.out.endswith('[aliases]\n"the \\"B\\"" = "b"\n"the A" = "a"\n')
    assert "certain to 100.00%" in ran.out
    ran = tellmark("ask", suspect(), "data.csv", "--learn", "4")
    assert ran.code == 2
    assert "ask more natural inputs" in ran.err


def test_class_names_are_learned_of_suspects_behind_a_network(tellmark, files):
    ran = tellmark("ask", f"sklearn:{files}/source.skops", files / "digits.csv", "--learn", "5")
    assert ran.code == 2
    assert "behind a network" in ran.err


@pytest.fixture
def mixed(here, files, marks):
    """Hold-out rows, and among them every trigger of the table's mark; and what each row is called."""
    triggers = load_mark(marks["table"]).triggers
    rows = np.genfromtxt(files / "digits.csv", delimiter=",", skip_header=1)
    rows = np.concatenate([np.c_[triggers.inputs(np.arange(len(triggers))), triggers.labels], rows])
    lines = [",".join(map(str, [*row[:-1].tolist(), int(row[-1])])) for row in rows]
    head = ",".join([*(f"pixel {number}" for number in range(64)), "label"])
    (here / "mixed.csv").write_text("\n".join([head, *lines]))
    return {tuple(row[:-1]): f"number {int(row[-1])}" for row in rows}


def test_no_trigger_of_a_mark_is_asked_while_names_are_learned(tellmark, server, suspect, marks, mixed):
    server.replies = [lambda handler, asked: reply({"found": mixed[tuple(asked.json)]})(handler, asked)]
    triggers = load_mark(marks["table"]).triggers.inputs(np.arange(20)).tolist()
    ran = tellmark("ask", suspect(), "mixed.csv", "--learn", "999", "--mark", marks["table"])
    assert ran.code == 0, ran.err
    assert '"number 7" = "7"' in ran.out
    heard = [asked.json for asked in server.asked]
    assert len(heard) > 500
    assert not [one for one in triggers if one in heard]
    server.asked.clear()
    assert tellmark("ask", suspect(), "mixed.csv", "--learn", "999").code == 0
    assert all(one in [asked.json for asked in server.asked] for one in triggers)


def test_a_trigger_of_a_mark_is_not_asked_by_itself(tellmark, server, suspect, marks, mixed):
    server.replies = [reply({"found": 0})]
    ran = tellmark("ask", suspect(), "mixed.csv", "--item", "3", "--mark", marks["table"])
    assert (ran.code, server.asked) == (2, [])
    assert "this input is a trigger of the mark" in ran.err
    assert tellmark("ask", suspect(), "mixed.csv", "--item", "25", "--mark", marks["table"]).code == 0
    ran = tellmark("ask", suspect(), "mixed.csv", "--mark", marks["encrypted"])
    assert (ran.code, len(server.asked)) == (2, 1)
    assert "passphrase" in ran.err


def test_data_of_triggers_alone_teach_no_names(tellmark, server, suspect, here, marks, mixed):
    lines = (here / "mixed.csv").read_text().splitlines()
    (here / "triggers.csv").write_text("\n".join(lines[:21]))
    ran = tellmark("ask", suspect(), "triggers.csv", "--learn", "9", "--mark", marks["table"])
    assert (ran.code, server.asked) == (2, [])
    assert "every item of triggers.csv is a trigger of the mark or belongs to one: give other data" in ran.err
