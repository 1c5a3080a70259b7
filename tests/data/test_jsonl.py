"""JSON Lines: one object a line, all alike."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tellmark.data.loading import load_data
from tellmark.errors import DataError, InvalidInput

ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)


@pytest.fixture
def load(tmp_path):
    def write_and_load(content, ending=".jsonl", **arguments):
        path = tmp_path / f"data{ending}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_data(path, **arguments)

    return write_and_load


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson"])
def test_texts(load, ending):
    data = load('{"text": "a\\nb", "label": "pos"}\r\n\n{"label": "neg", "text": "\\u00e9 12"}', ending)
    assert data.inputs.tolist() == ["a\nb", "é 12"]
    assert data.labels.tolist() == [1, 0]
    assert data.classes == ("neg", "pos")


def test_a_table_of_numbers_and_booleans(load):
    data = load('{"a": 1, "b": 2.25, "c": true, "y": 3}\n{"a": 2, "b": 1, "c": false, "y": 1}\n')
    assert data.inputs.tolist() == [[1.0, 2.25, 1.0], [2.0, 1.0, 0.0]]
    assert [(column.name, column.decimals) for column in data.space.columns] == [("a", 0), ("b", 2), ("c", 0)]
    assert data.classes == ("1", "3")


def test_strings_of_digits_stay_texts(load):
    assert load('{"text": "12", "label": 0}\n{"text": "7", "label": 1}\n').inputs.tolist() == ["12", "7"]


def test_boolean_labels(load):
    data = load('{"text": "a", "label": true}\n{"text": "b", "label": false}\n')
    assert data.classes == ("false", "true")
    assert data.labels.tolist() == [1, 0]


def test_without_a_label_there_are_none(load):
    assert load('{"text": "a"}\n{"text": "b"}\n').labels is None


def test_the_label_may_have_any_key_or_position(load):
    line = '{"text": "a", "stars": 4}\n'
    assert load(line, label_column="stars").classes == load(line, label_column=-1).classes == ("4",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no rows"),
        ("{}\n", "holds no rows"),
        ('{"text": "a"}\nnonsense\n', "data.jsonl, line 2 is no JSON: Expecting value at character 1"),
        ('["a", 1]\n', "line 1 is no JSON object"),
        ('{"text": "a", "label": 1}\n\n{"label": 0}\n', "line 3: nothing in column 'text'"),
        ('{"text": "a", "label": 1}\n{"text": null, "label": 0}\n', "line 2: nothing in column 'text'"),
        ('{"text": "a"}\n{"text": "b", "label": 0}\n', "line 2 has a key 'label' that the first line lacks"),
        ('{"text": "a"}\n{"text": 3}\n', "line 2: a number in column 'text'; a column holds"),
        ('{"a": 1, "b": true}\n{"a": 1, "b": 1}\n', "line 2: a number in column 'b'"),
        ('{"a": [1, 2], "label": 0}\n', "line 1: a list or object in column 'a'"),
        ('{"a": NaN, "label": 0}\n', "line 1: nan in column 'a'"),
        ('{"a": 1, "label": 0}\n{"a": 1e999, "label": 0}\n', "line 2: inf in column 'a'"),
        (f'{{"a": {10**400}, "label": 0}}\n', "line 1: inf in column 'a'"),
        ('{"text": "", "label": 0}\n', "line 1: the text is empty"),
        ('{"text": "\\ud800", "label": 0}\n', "line 1: the text holds half of a surrogate pair"),
        ('{"text": "a", "label": "\\udfff"}\n', "line 1: the label holds half of a surrogate pair"),
        ('{"\\ud800": 1, "label": 0}\n', "column 0: the name holds half of a surrogate pair"),
        (b'{"text": "\xe9"}\n', "line 1 is no UTF-8 text"),
        ("[" * 100_000, "line 1 is no JSON"),
        (f'{{"a": {"9" * 5000}}}', "line 1 is no JSON"),
    ],
)
def test_what_cannot_serve_is_refused_by_name_and_place(load, content, message):
    with pytest.raises(DataError, match=message):
        load(content)


CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers()))
RECORDS = st.dictionaries(st.sampled_from(["a", "label", "", "\ud800"]), CELLS, max_size=3)
LINES = st.one_of(RECORDS.map(json.dumps), st.text(max_size=10), st.sampled_from(['{"a": 1, "label": 0}']))


@ANY_FOLDER
@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.lists(LINES, max_size=4).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")),
    ),
    label_column=st.sampled_from([None, 0, "label"]),
)
def test_random_bytes_are_read_or_refused(load, content, label_column):
    try:
        data = load(content, label_column=label_column)
    except (DataError, InvalidInput):
        return
    assert len(data) > 0
    assert data.digest.startswith("sha256:")


@ANY_FOLDER
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_written_numbers_are_recovered_exactly(load, values):
    data = load("\n".join(json.dumps({"a": value}) for value in values))
    assert data.inputs[:, 0].tolist() == values
