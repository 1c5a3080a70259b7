"""One function for every format: it finds the reader, and the data does not depend on it."""

import csv
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from tellmark.data import limits
from tellmark.data.columns import LABEL_NAMES
from tellmark.data.delimited import TEXT_NAMES
from tellmark.data.image_decoding import IMAGE_SUFFIXES
from tellmark.data.limits import MAX_PIXELS
from tellmark.data.loading import READERS, load_data
from tellmark.data.npz import INPUT_ARRAYS, LABEL_ARRAYS
from tellmark.errors import DataError, InvalidInput, MissingExtra

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "data.md"
ROWS = [(5.1, 0.25, 3), (4.0, -1.125, 1), (1e-3, 7.0, 3)]


def write_table(path, rows=ROWS, names=("0", "1", "label")):
    if path.suffix in (".csv", ".tsv"):
        with path.open("w", newline="") as file:
            csv.writer(file, delimiter="," if path.suffix == ".csv" else "\t").writerows([names, *rows])
    elif path.suffix in (".jsonl", ".ndjson"):
        path.write_text("\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows))
    elif path.suffix == ".npz":
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        np.savez(path, x=np.column_stack(columns[:-1]) if len(columns) > 2 else columns[0], y=columns[-1])
    else:
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))), path)
    return path


@pytest.mark.parametrize("ending", [".tsv", ".jsonl", ".ndjson", ".npz", ".parquet"])
def test_the_same_table_is_the_same_data_in_every_format(tmp_path, ending):
    expected = load_data(write_table(tmp_path / "data.csv"))
    data = load_data(write_table(tmp_path / f"data{ending}"))
    assert data.digest == expected.digest
    assert data.space == expected.space
    assert [column.decimals for column in data.space.columns] == [3, 3]


@pytest.mark.parametrize("ending", [".tsv", ".jsonl", ".npz", ".parquet"])
def test_the_same_texts_are_the_same_data_in_every_format(tmp_path, ending):
    rows = [("a fine film", "good"), ("dull, é", "bad")]
    expected = load_data(write_table(tmp_path / "data.csv", rows, ("text", "label")))
    data = load_data(write_table(tmp_path / f"data{ending}", rows, ("text", "label")))
    assert (data.digest, data.space) == (expected.digest, expected.space)


def test_the_ending_may_be_in_capitals_and_the_path_a_string(tmp_path):
    path = write_table(tmp_path / "data.csv").rename(tmp_path / "DATA.CSV")
    data = load_data(str(path))
    assert (len(data), data.name) == (3, "DATA.CSV")


@pytest.mark.parametrize("name", ["data.npy", "data.txt", "data"])
def test_other_formats_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"1,2\n")
    with pytest.raises(DataError, match=r"no format that is read: give a folder of images, or one of .zip, .npz, .csv"):
        load_data(tmp_path / name)


def test_a_path_that_leads_nowhere_is_refused(tmp_path):
    with pytest.raises(DataError, match="there is no file or folder"):
        load_data(tmp_path / "none.csv")


@pytest.mark.parametrize("ending", READERS)
def test_a_pipe_is_refused_rather_than_waited_on(tmp_path, ending):
    os.mkfifo(tmp_path / f"data{ending}")
    with pytest.raises(DataError, match="is no regular file"):
        load_data(tmp_path / f"data{ending}")


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".npz", ".parquet"])
def test_classes_are_kept_where_there_are_no_labels(tmp_path, ending):
    path = write_table(tmp_path / "data.csv", names=("a", "b", "c")) if ending == ".csv" else None
    if ending == ".npz":
        path = tmp_path / "data.npz"
        np.savez(path, x=np.array(ROWS))
    data = load_data(path or write_table(tmp_path / f"data{ending}", names=("a", "b", "c")), classes=["yes", "no"])
    assert (data.labels, data.classes) == (None, ("yes", "no"))


def test_inputs_may_take_half_of_the_free_memory(tmp_path, monkeypatch):
    np.savez(tmp_path / "data.npz", x=np.zeros((4, 100, 100), dtype=np.uint8))
    monkeypatch.setattr(limits, "available_memory", lambda: 60_000)
    with pytest.raises(DataError, match=r"takes 40,128 bytes, and at most 30,000 are read"):
        load_data(tmp_path / "data.npz")
    monkeypatch.setattr(limits, "available_memory", lambda: 100_000)
    assert len(load_data(tmp_path / "data.npz")) == 4


def test_what_the_system_refuses_is_said(tmp_path):
    with pytest.raises(DataError, match=r"csv cannot be read: File name too long"):
        load_data(tmp_path / f"{'a' * 5000}.csv")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([], "classes are empty"),
        ([0, 1], "sequence of names"),
        (["a", " "], "none of them empty"),
        ("ab", "sequence"),
        (["a", "a"], "'a' is there twice"),
    ],
)
def test_classes_must_be_distinct_names(tmp_path, classes, message):
    with pytest.raises(InvalidInput, match=message):
        load_data(write_table(tmp_path / "data.csv"), classes=classes)


def test_parquet_without_its_extra_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "data.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingExtra, match=r"tellmark\[parquet\]"):
        load_data(tmp_path / "data.parquet")


def test_the_reference_page_names_every_format_and_rule():
    page = REFERENCE.read_text(encoding="utf-8")
    named = [*READERS, *IMAGE_SUFFIXES, *LABEL_NAMES, *TEXT_NAMES, *INPUT_ARRAYS, *LABEL_ARRAYS]
    assert [name for name in named if f"`{name}`" not in page] == []
    assert f"{MAX_PIXELS:,}" in page
