"""Parquet: typed columns, read as they are."""

import datetime as dt
import decimal

import numpy as np
import pytest

from tellmark.data import limits
from tellmark.data.loading import load_data
from tellmark.errors import DataError
from tellmark.spaces import TextSpace

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def load(tmp_path):
    def write_and_load(columns, **arguments):
        path = tmp_path / "data.parquet"
        pq.write_table(pa.table(columns), path, row_group_size=2)
        return load_data(path, **arguments)

    return write_and_load


def test_numbers_of_every_kind(load):
    data = load(
        {
            "float": [0.5, 1.25, 2.0],
            "single": pa.array([0.1, 0.5, 1.0], pa.float32()),
            "whole": pa.array([1, 2, 3], pa.uint8()),
            "decimal": [decimal.Decimal("1.10"), decimal.Decimal("2.20"), decimal.Decimal("3.30")],
            "flag": [True, False, True],
            "target": [7, 5, 7],
        }
    )
    single = float(np.float32(0.1))
    assert data.inputs.tolist() == [[0.5, single, 1, 1.1, 1], [1.25, 0.5, 2, 2.2, 0], [2, 1, 3, 3.3, 1]]
    assert [column.decimals for column in data.space.columns] == [2, None, 0, 1, 0]
    assert data.classes == ("5", "7")
    assert data.labels.tolist() == [1, 0, 1]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_texts_and_labels_of_every_string_type(load, kind):
    data = load({"sentence": pa.array(["a", "b", "é"], kind), "label": pa.array(["x", "z", "x"], kind)})
    assert data.inputs.tolist() == ["a", "b", "é"]
    assert data.classes == ("x", "z")
    assert isinstance(data.space, TextSpace)


def test_a_text_in_every_row_is_held_once(load):
    data = load({"text": ["one", "two", "one", "one"], "label": [0, 1, 0, 1]})
    assert data.inputs.tolist() == ["one", "two", "one", "one"]
    long = load({"text": ["x" * 1000] * 2, "label": [0, 1]}).inputs
    assert long[0] is long[1]


def test_a_small_file_of_many_rows_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"a": np.zeros(200_000), "label": np.zeros(200_000, dtype=np.int8)}), path)
    monkeypatch.setattr(limits, "available_memory", lambda: 20_000_000)
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match=r"data.parquet, unpacked, takes 25,\d{3},\d{3} bytes, and at most 10,000,000"):
        load_data(path)


def test_folder_names_add_no_columns(tmp_path):
    folder = tmp_path / "label=3"
    folder.mkdir()
    pq.write_table(pa.table({"a": [1, 2]}), folder / "data.parquet")
    assert load_data(folder / "data.parquet").labels is None


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1.0, 2.0, None], "label": [0, 1, 0]}, "data.parquet, row 2: nothing in column 'a'"),
        ({"a": [1.0, float("nan")], "label": [0, 1]}, "row 1: nan in column 'a'"),
        ({"a": [1.0], "b": ["x"], "label": [0]}, "row 0: 'x' in column 'b' is no number"),
        ({"a": [dt.date(2024, 1, 1)], "label": [0]}, "column 'a' is of type date32"),
        ({"a": [[1, 2]], "label": [0]}, "column 'a' is of type list"),
        ({"a": pa.array([], pa.float64())}, "holds no rows"),
        ({"a": [1.0], "__index_level_0__": [5], "label": [0]}, "column 1 .* looks like a row index"),
        ({"label": [0]}, "a label column and nothing else"),
    ],
)
def test_what_cannot_serve_is_refused_by_name_and_place(load, columns, message):
    with pytest.raises(DataError, match=message):
        load(columns)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "data.parquet"
    path.write_bytes(b"no parquet at all")
    with pytest.raises(DataError, match=r"data.parquet is no Parquet file that can be read"):
        load_data(path)
