"""`tellmark questions`: files that a stranger can have answered, and the same verdict as asking directly."""

from __future__ import annotations

import csv
import json
import shlex
import stat

import numpy as np
import pytest
from PIL import Image

from tellmark.models.loading import load_model
from tellmark.triggers.mark import load_mark


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def inputs_in(folder):
    """What a stranger reads from the files, in the order of answers.csv."""
    answers = read(folder / "answers.csv")
    if "file" in answers[0]:
        return np.stack([np.asarray(Image.open(folder / row["file"]))[..., None] for row in answers])
    if "text" in answers[0]:
        return np.array([row["text"] for row in answers], dtype=object)
    rows = {row.pop("row"): row for row in read(folder / "rows.csv")}
    return np.array([list(rows[answer["row"]].values()) for answer in answers], dtype=float)


def fill_in(folder, labels):
    answers = read(folder / "answers.csv")
    with (folder / "answers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(answers[0]))
        writer.writeheader()
        writer.writerows(answer | {"label": label} for answer, label in zip(answers, labels, strict=True))


def answered_by(suspect, folder, classes):
    model = load_model(suspect)
    fill_in(folder, [classes[label] for label in model.query(inputs_in(folder)).labels])


@pytest.mark.parametrize("name", ["image", "table", "text"])
def test_recorded_answers_match_as_often_as_direct_ones(tellmark, marks, kinds, files, here, name):
    suspect = kinds[name].source if name == "text" else f"sklearn:{files / 'twin.skops'}"
    if name == "image":
        suspect = f"onnx:{files / 'digits.onnx'}?scale=60"
    assert tellmark("questions", marks[name], "-o", "asked").code == 0
    answered_by(suspect, here / "asked", load_mark(marks[name]).public.source.classes)
    recorded = json.loads(tellmark("verify", marks[name], "recorded:asked/answers.csv", "--json").out)
    direct = json.loads(tellmark("verify", marks[name], suspect, "--json").out)
    assert recorded["matches"] == direct["matches"] > 0
    assert recorded["queries"] == 20


def test_the_command_it_proposes_works_as_it_stands(tellmark, marks, kinds, here):
    ran = tellmark("questions", marks["table"], "-o", "50 % asked?", "--max-queries", 6)
    assert ran.out == ""
    assert "--max-queries 6 --order-seed " in ran.err
    assert ran.err.startswith(
        "6 questions in 50 % asked?; fill in the column label of 50 % asked?/answers.csv, then:\n"
    )
    answered_by(kinds["table"].source, here / "50 % asked?", tuple("0123456789"))
    program, *words = shlex.split(ran.err.splitlines()[-1])
    found = json.loads(tellmark(*words, "--json").out)
    assert (program, found["matches"], found["queries"]) == ("tellmark", 6, 6)


def test_with_all_questions_answered_the_order_is_still_the_one_that_was_settled_before(tellmark, marks, here):
    ran = tellmark("questions", marks["table"], "-o", "asked", "--order-seed", 12)
    assert shlex.split(ran.err.splitlines()[-1])[-2:] == ["--order-seed", "12"]
    assert "--max-queries" not in ran.err


def test_the_order_seed_fixes_which_are_asked(tellmark, marks, here):
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        tellmark("questions", marks["table"], "-o", folder, "--max-queries", 5, "--order-seed", seed)
    asked = {folder: (here / folder / "rows.csv").read_text() for folder in "abc"}
    assert asked["a"] == asked["b"] != asked["c"]


def test_no_label_is_written_and_only_the_owner_may_look(tellmark, marks, here):
    tellmark("questions", marks["image"], "-o", "asked")
    assert {row["label"] for row in read(here / "asked" / "answers.csv")} == {""}
    assert stat.S_IMODE((here / "asked").stat().st_mode) == 0o700
    assert sorted(path.name for path in here.iterdir()) == ["asked"]
    assert len(list((here / "asked").glob("*.png"))) == 20


def test_answers_that_were_not_filled_in_are_counted(tellmark, marks, here):
    budget = ("--max-queries", 3, "--order-seed", 1)
    tellmark("questions", marks["table"], "-o", "asked", *budget)

    def said(labels):
        fill_in(here / "asked", labels)
        ran = tellmark("verify", marks["table"], "recorded:asked/answers.csv", *budget)
        assert ran.code == 2
        return ran.err

    assert "lacks 3 of 3 labels: fill in the answers" in said(["", "", ""])
    assert "lacks 1 of 3 labels: fill in the answers" in said(["3", "", "5"])
    assert "the label 'eleven', which is none of its classes" in said(["3", "eleven", "5"])


def test_answers_that_are_missing_end_the_asking_and_the_result_says_so(tellmark, marks, kinds, here):
    """Asked one by one, those before the gap count; a number that was settled beforehand has to be reached."""
    words = ("verify", marks["table"], "recorded:asked/answers.csv", "--null-rate", 0.5, "--order-seed", 1)
    tellmark("questions", marks["table"], "-o", "asked", "--order-seed", 1)
    answered_by(kinds["table"].source, here / "asked", tuple("0123456789"))
    lines = (here / "asked" / "answers.csv").read_text().splitlines(keepends=True)
    (here / "asked" / "answers.csv").write_text("".join(lines[:4]))
    ran = tellmark(*words)
    assert ran.code == 2
    assert ran.err.startswith("tellmark: the suspect failed after 3 answers (asked/answers.csv has no answer to 1 of 1")
    text = " ".join(ran.out.split())
    assert "Verdict: inconclusive" in text
    assert "- The suspect failed after 3 answers (asked/answers.csv has no answer to 1 of 1 inputs" in text
    found = json.loads(tellmark(*words, "--json").out)
    assert (found["queries"], found["order_seed"]) == (3, 1)
    assert found["failure"].startswith("asked/answers.csv has no answer")
    ran = tellmark(*words, "--fixed")
    assert (ran.code, ran.out) == (2, "")
