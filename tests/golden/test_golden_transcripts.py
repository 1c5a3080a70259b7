"""Transcripts of every format that was released are read as they were meant, and damaged ones refused."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from golden.make_transcripts import FOLDER, GOOD, TEXTS, golden_files, golden_header
from tellmark.digests import digest_input
from tellmark.errors import Mismatch
from tellmark.models.loading import load_model
from tellmark.models.wrappers.contents import read_transcript

SPEC = Path(__file__).parents[2] / "docs" / "spec"
BROKEN = sorted(path.name for path in FOLDER.glob("transcript-1-broken-*.jsonl"))


def test_a_transcript_of_format_1_is_read():
    contents = read_transcript(GOOD)
    assert contents.header == golden_header()
    assert {one: [answer.label for answer in said] for one, said in contents.answers.items()} == {
        digest_input("plain"): [0],
        digest_input(TEXTS[1]): [1],
        digest_input(""): [0, 1],
    }
    assert (contents.sent, contents.repeated, contents.answered, contents.failed) == (8, 2, 4, 2)
    assert (contents.lost, contents.ended) == (0, True)
    np.testing.assert_array_equal(load_model(f"recorded:{GOOD}").query(TEXTS).labels, [0, 1, 0])


def test_a_torn_one_is_read_up_to_its_last_whole_line():
    torn = read_transcript(FOLDER / "transcript-1-torn.jsonl")
    assert (torn.answered, torn.ended) == (4, False)
    assert read_transcript(FOLDER / "transcript-1-no-line-feed.jsonl").ended


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_one_is_refused_in_one_sentence(name):
    with pytest.raises(Mismatch, match=r"^[^\n]*is (damaged: line|no transcript)[^\n]*$"):
        read_transcript(FOLDER / name)


def test_transcripts_of_format_1_are_still_written_byte_for_byte():
    files = golden_files()
    assert {name for name in files if "broken" in name} == set(BROKEN)
    for name, content in files.items():
        assert (FOLDER / name).read_bytes() == content, name


def test_a_reader_that_knows_the_specification_alone_checks_the_chain():
    """Standard libraries and the text of docs/spec/transcript.md; sorted keys are canonical for keys in ASCII."""
    previous = None
    for number, line in enumerate(GOOD.read_bytes().decode().splitlines()):
        said = json.loads(line)
        digest = said.pop("digest")
        assert (said["number"], said["previous"]) == (number, previous)
        if said["kind"] != "answered":  # canonical numbers are written otherwise by this library
            text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            assert digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        previous = digest


def test_the_schema_is_up_to_date_and_the_specification_names_every_field():
    maker = runpy.run_path(str(SPEC / "make_schemas.py"))
    text = (SPEC / "transcript.schema.json").read_text(encoding="utf-8")
    assert text == maker["line_schema_text"](*maker["LINES"]["transcript.schema.json"]), (
        "run: python docs/spec/make_schemas.py"
    )
    specification = (SPEC / "transcript.md").read_text(encoding="utf-8")
    for part in json.loads(text)["$defs"].values():
        for field in part["properties"]:
            assert f"`{field}`" in specification or f".{field}`" in specification, field
