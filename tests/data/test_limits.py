"""What is made of a file row by row is counted while it is read."""

from __future__ import annotations

from sys import getsizeof

import pytest

from tellmark.data import limits
from tellmark.data.limits import Meter
from tellmark.data.loading import load_data
from tellmark.errors import DataError


@pytest.fixture
def free(monkeypatch):
    """Sets how much memory is free."""
    return lambda size: monkeypatch.setattr(limits, "available_memory", lambda: size)


def test_rows_and_their_cells_count(free):
    row = ["a" * 100, 1.5]
    free(2 * 3 * (getsizeof(row) + getsizeof(row[0]) + getsizeof(row[1])))
    meter = Meter("x.csv")
    for _ in range(3):
        meter.add(row)
    with pytest.raises(DataError, match="x.csv, in memory, takes more than"):
        meter.expect(1)


@pytest.mark.parametrize(
    ("name", "head", "line"),
    [("many.csv", "a,b,y\n", "1,2,3\n"), ("many.tsv", "a\tb\ty\n", "1\t2\t3\n"), ("many.jsonl", "", '{"a":1}\n')],
)
def test_many_short_rows_take_more_than_their_file(tmp_path, free, name, head, line):
    path = tmp_path / name
    path.write_text(head + line * 1000)
    size = path.stat().st_size
    free(20 * size)
    with pytest.raises(DataError, match="in memory, takes more than"):
        load_data(path)
    free(200 * size)
    assert len(load_data(path)) == 1000


@pytest.mark.parametrize("name", ["long.csv", "long.tsv", "long.jsonl"])
def test_a_file_beyond_memory_is_not_read_at_all(tmp_path, free, name):
    path = tmp_path / name
    path.write_text("x" * 1000)
    free(1000)
    with pytest.raises(DataError, match="and at most 500 are read"):
        load_data(path)


def test_one_line_may_order_far_more_than_it_is_long(tmp_path, free):
    path = tmp_path / "nested.jsonl"
    path.write_text('{"a": [' + "[]," * 1000 + "[]]}\n")
    free(20_000)
    with pytest.raises(DataError, match="in memory, takes more than"):
        load_data(path)
