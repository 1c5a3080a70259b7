"""Marks of every format that was released are read as they were meant, and rewritten as they were."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as from_safetensors

from golden.make_marks import KINDS, PASSPHRASE, SEED, golden_inputs, golden_mark
from tellmark.errors import WrongKey
from tellmark.triggers.mark import Mark, load_mark, read_mark_file, read_public

FOLDER = Path(__file__).parent


def assert_is_the_golden_mark(mark: Mark, kind: str):
    expected = golden_mark(kind)
    assert mark.public == expected.public
    assert mark.seed == SEED
    assert len(mark) == 5
    np.testing.assert_array_equal(mark.triggers.indices, expected.triggers.indices)
    np.testing.assert_array_equal(mark.triggers.items, expected.triggers.items)
    np.testing.assert_array_equal(mark.triggers.labels, expected.triggers.labels)
    for positions in (np.arange(5), np.array([3]), np.array([4, 0, 4])):
        inputs = mark.triggers.inputs(positions)
        np.testing.assert_array_equal(inputs, golden_inputs(kind)[positions])
        mark.public.holdout.space.check(inputs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_of_format_1_is_read(kind):
    path = FOLDER / f"mark-1-{kind}.mark"
    assert_is_the_golden_mark(load_mark(path), kind)
    assert read_mark_file(path).protection == "none"


def test_an_encrypted_mark_of_format_1_is_read():
    assert_is_the_golden_mark(load_mark(FOLDER / "mark-1-passphrase.mark", passphrase=PASSPHRASE), "image")


def test_an_encrypted_mark_of_format_1_shows_its_public_part_without_a_key():
    path = FOLDER / "mark-1-passphrase.mark"
    assert read_public(path) == golden_mark("image").public
    assert read_mark_file(path).protection == "passphrase"
    with pytest.raises(WrongKey, match="encrypted under a passphrase: give it"):
        load_mark(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_of_format_1_is_still_written_byte_for_byte(tmp_path: Path, kind):
    golden = FOLDER / f"mark-1-{kind}.mark"
    load_mark(golden).save(tmp_path / "again")
    golden_mark(kind).save(tmp_path / "anew")
    assert (tmp_path / "again").read_bytes() == golden.read_bytes()
    assert (tmp_path / "anew").read_bytes() == golden.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_that_knows_the_specification_alone_reads_the_same(kind):
    """Standard libraries and the text of docs/spec/mark.md; nothing of Tellmark."""
    with zipfile.ZipFile(FOLDER / f"mark-1-{kind}.mark") as outer:
        members = {name: outer.read(name) for name in outer.namelist()}
    manifest = json.loads(members["manifest.json"])
    assert manifest["format"] == "tellmark.mark/1"
    for record in manifest["members"]:
        assert record["size"] == len(members[record["name"]])
        assert record["digest"] == "sha256:" + hashlib.sha256(members[record["name"]]).hexdigest()
    with zipfile.ZipFile(io.BytesIO(members["secrets.zip"])) as inner:
        secrets = json.loads(inner.read("secrets.json"))
        (shard,) = (inner.read(record["name"]) for record in secrets["shards"])
    assert secrets["mark"] == "sha256:" + hashlib.sha256(members["mark.json"]).hexdigest()
    assert bytes.fromhex(secrets["seed"]) == SEED
    if kind == "text":
        lines = [json.loads(line) for line in shard.decode().removesuffix("\n").split("\n")]
        labels, inputs = [line["label"] for line in lines], np.array([line["text"] for line in lines], dtype=object)
    else:
        tensors = from_safetensors(shard)
        labels, inputs = tensors["labels"].tolist(), tensors["inputs"]
    assert labels == golden_mark(kind).triggers.labels.tolist()
    np.testing.assert_array_equal(inputs, golden_inputs(kind))
