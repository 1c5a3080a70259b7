"""CSV and TSV: headers, labels, precision, and clear words about what is wrong."""

import csv
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tellmark.data.loading import load_data
from tellmark.errors import DataError
from tellmark.spaces import TableSpace, TextSpace

ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)


@pytest.fixture
def load(tmp_path):
    def write_and_load(content, ending=".csv", **arguments):
        path = tmp_path / f"data{ending}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_data(path, **arguments)

    return write_and_load


def test_a_table_with_a_header(load):
    data = load("length,width,Class\n1.50,2,setosa\n-3e-2,.25,virginica\n")
    assert data.inputs.tolist() == [[1.5, 2.0], [-0.03, 0.25]]
    assert data.labels.tolist() == [0, 1]
    assert data.classes == ("setosa", "virginica")
    assert [(column.name, column.decimals) for column in data.space.columns] == [("length", 2), ("width", 2)]


def test_texts_with_a_header_and_quoted_cells(load):
    data = load('label,text\r\n1,"good, ""really"" good\nsecond line"\r\n\r\n0,bad\r\n')
    assert data.inputs.tolist() == ['good, "really" good\nsecond line', "bad"]
    assert data.labels.tolist() == [1, 0]
    assert isinstance(data.space, TextSpace)


def test_tsv_takes_quotes_as_they_are(load):
    data = load('" a stray quote\t0\nan "odd" one\t1\n', ".tsv")
    assert data.inputs.tolist() == ['" a stray quote', 'an "odd" one']
    assert data.labels.tolist() == [0, 1]


def test_class_and_text_without_a_header(load):
    data = load("2,two\n14,fourteen\n1,one\n")
    assert data.labels.tolist() == [1, 2, 0]
    assert data.classes == ("1", "2", "14")
    assert data.inputs.tolist() == ["two", "fourteen", "one"]


@pytest.mark.parametrize("label_column", [2, -1])
def test_a_table_without_a_header_needs_the_position_of_the_label(load, label_column):
    data = load("1,2.5,0\n3,4,1\n", label_column=label_column)
    assert data.labels.tolist() == [0, 1]
    assert [column.name for column in data.space.columns] == ["0", "1"]


@pytest.mark.parametrize("label_column", ["species", 2, -1])
def test_words_above_numbers_are_a_header(load, label_column):
    data = load("length,width,species\n1,2,setosa\n3,4,virginica\n", label_column=label_column)
    assert len(data) == 2
    assert [column.name for column in data.space.columns] == ["length", "width"]


def test_digits_as_column_names(load):
    data = load("0,1,target\n5,6,0\n7,8,1\n")
    assert data.inputs.tolist() == [[5.0, 6.0], [7.0, 8.0]]


@pytest.mark.parametrize("header", ["0,1,2", "0,1,species", " 0, 1,2"])
def test_a_first_line_that_counts_its_cells_is_neither_header_nor_row(load, header):
    with pytest.raises(DataError, match="line 1 counts its cells from 0 and could be a header or a row"):
        load(f"{header}\n5,6,0\n7,8,1\n", label_column=2)


def test_a_first_line_that_counts_its_cells_is_a_header_if_the_label_has_its_name(load):
    assert load("0,1,2\n5,6,0\n7,8,1\n", label_column="2").inputs.tolist() == [[5.0, 6.0], [7.0, 8.0]]


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_a_cell_may_be_long(load, ending):
    usual, text = csv.field_size_limit(), "long " * 40_000
    separator = "," if ending == ".csv" else "\t"
    assert load(f"label{separator}text\n0{separator}{text}\n", ending).inputs.tolist() == [text]
    assert csv.field_size_limit() == usual


def test_any_white_space_around_a_number_is_none_of_it(load):
    data = load("a,b,y\n\x1d8,\x1f2.5,0\n\u20093,4\x1c,1\n")
    assert data.inputs.tolist() == [[8, 2.5], [3, 4]]


def test_a_header_without_a_label_column_means_no_labels(load):
    data = load("length,width\n1,2\n3,4\n")
    assert data.labels is None
    assert data.classes == ()
    assert len(data) == 2


def test_a_column_y_is_an_input_beside_a_label(load):
    data = load("x,y,label\n1,2,0\n3,4,1\n")
    assert [column.name for column in data.space.columns] == ["x", "y"]


@pytest.mark.parametrize(("content", "texts"), [("text\none\ntwo\n", ["one", "two"]), ("one\ntwo\n", ["one", "two"])])
def test_a_single_column_of_text_has_no_labels(load, content, texts):
    data = load(content)
    assert data.inputs.tolist() == texts
    assert data.labels is None


def test_classes_name_and_order_the_labels(load):
    data = load("text,label\na,2\nb,0\n", classes=["neg", "neutral", "pos"])
    assert data.labels.tolist() == [2, 0]
    assert data.classes == ("neg", "neutral", "pos")


def test_one_class_is_legal_data(load):
    assert load("a,label\n1,0\n2,0\n").classes == ("0",)


def test_a_byte_order_mark_is_no_part_of_the_first_name(load):
    assert load(b"\xef\xbb\xbflabel,a\n0,1\n1,2\n").classes == ("0", "1")


@pytest.mark.parametrize(
    ("content", "ending", "arguments", "message"),
    [
        ("", ".csv", {}, "data.csv holds no rows"),
        ("\n\n", ".tsv", {}, "data.tsv holds no rows"),
        ("a,label\n", ".csv", {}, "holds no rows"),
        ("label\n1\n0\n", ".csv", {}, "a label column and nothing else"),
        ("a,b,label\n1,2,0\n1,2\n", ".csv", {}, "data.csv, line 3 has 2 cells, but the first row has 3"),
        ("a,b,label\n1,2,0\n1, ,1\n", ".csv", {}, "line 3: nothing in column 'b'"),
        ("a,b,label\n1,2,0\n1,NaN,1\n", ".csv", {}, "line 3: nan in column 'b'"),
        ("a,b,label\n1,-inf,0\n", ".csv", {}, "line 2: -inf in column 'b'"),
        ("a,b,label\n1,1e999,0\n", ".csv", {}, "line 2: inf in column 'b'"),
        ("a,b,label\n1,2,0\n1,N/A,1\n", ".csv", {}, "line 3: 'N/A' in column 'b' is no number; encode"),
        ("a,b,kind\n1,2,x\n", ".csv", {}, "'x' in column 'kind' is no number; .* as label_column"),
        ("a,b,label\n1,1_000,0\n", ".csv", {}, "'1_000' in column 'b' is no number"),
        ("a,b,label\n1,2,0\n", ".csv", {"label_column": "kind"}, "no column 'kind'; its columns are 'a', 'b', 'label'"),
        ("1,2,0\n", ".csv", {"label_column": 3}, "no column 3: it has 3, counted from 0"),
        ("1,2,0\n", ".csv", {"label_column": -4}, "no column -4"),
        ("1,2,0\n", ".csv", {}, "3 columns and no header .* label_column"),
        ("1,2\n", ".csv", {}, "2 columns and no header"),
        ("1\n2\n", ".csv", {}, "1 columns and no header"),
        ("one,two\n", ".csv", {}, "2 columns and no header"),
        ("label,class,a\n0,1,2\n", ".csv", {}, "could be the label: 'label', 'class'; name one"),
        ("a,a,label\n1,2,0\n", ".csv", {}, "several columns named 'a'"),
        (",a,label\n0,1,0\n", ".csv", {}, "column 0 has no name of its own and looks like a row index"),
        ("a,label\n1,0.5\n", ".csv", {}, "line 2: the label 0.5 is not a whole number"),
        ("text,label\na,cow\n", ".csv", {"classes": ["cat"]}, "line 2: the label 'cow' is not among the classes 'cat'"),
        ("a;b;label\n1;2;0\n", ".csv", {}, "semicolons"),
        ('label,text\n0,"open\n', ".csv", {}, "line 2: .*check the quotes"),
        ('label,text\n0,"a"b\n', ".csv", {}, "line 2: .*check the quotes"),
        (b"label,text\n0,caf\xe9\n", ".csv", {}, "data.csv is no UTF-8 text"),
    ],
)
def test_what_cannot_serve_is_refused_by_name_and_place(load, content, ending, arguments, message):
    with pytest.raises(DataError, match=message):
        load(content, ending, **arguments)


DECIMALS = st.decimals(-1000, 1000, places=4, allow_nan=False).map(lambda number: number.normalize() + 0)


@ANY_FOLDER
@given(rows=st.lists(st.tuples(DECIMALS, st.integers(0, 3)), min_size=1, max_size=20), exponents=st.booleans())
def test_written_numbers_are_recovered_exactly(load, rows, exponents):
    lines = [f"{number:E},{label}" if exponents else f"{number:f},{label}" for number, label in rows]
    data = load("\n".join(["value,label", *lines]))
    (column,) = data.space.columns
    needed = max(max(0, -int(number.normalize().as_tuple().exponent)) for number, _ in rows)
    assert column.decimals == needed
    assert [Decimal(f"{value:.{needed}f}") for value in data.inputs[:, 0]] == [number for number, _ in rows]
    assert [data.classes[label] for label in data.labels] == [str(label) for _, label in rows]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: bool(text.strip()))


@ANY_FOLDER
@given(texts=st.lists(TEXTS, min_size=1, max_size=10))
def test_written_texts_are_recovered_exactly(tmp_path, texts):
    path = tmp_path / "texts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("label", "text"), *((0, f"t{text}") for text in texts)])
    assert load_data(path).inputs.tolist() == [f"t{text}" for text in texts]


CELLISH = st.text(st.sampled_from('01.,-e"\t\n\r ;ainfy_\0é'), max_size=60)


@ANY_FOLDER
@given(
    content=st.one_of(
        st.binary(max_size=80), CELLISH.map(str.encode), CELLISH.map(lambda text: b"a,label\n" + text.encode())
    ),
    ending=st.sampled_from([".csv", ".tsv"]),
    label_column=st.sampled_from([None, 0, -1, "label"]),
)
def test_random_bytes_are_read_or_refused(load, content, ending, label_column):
    try:
        data = load(content, ending, label_column=label_column)
    except DataError:
        return
    assert len(data) > 0
    assert isinstance(data.space, TableSpace | TextSpace)
    assert data.digest.startswith("sha256:")
    assert data.labels is None or np.array_equal(np.unique(data.labels), np.arange(len(data.classes)))
