"""NumPy archives: dimensions say what the inputs are; pickles stay closed."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tellmark.data import limits
from tellmark.data.loading import load_data
from tellmark.errors import DataError, InvalidInput, TellmarkError

GREY = np.arange(2 * 4 * 5, dtype=np.uint8).reshape(2, 4, 5)
COLOUR = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)


@pytest.fixture
def load(tmp_path):
    def save_and_load(arrays, **arguments):
        np.savez(tmp_path / "data.npz", **arrays)
        return load_data(tmp_path / "data.npz", **arguments)

    return save_and_load


def test_colour_images_with_labels_and_class_names(load):
    data = load({"images": COLOUR, "labels": np.array([1, 0]), "classes": np.array(["cat", "dog"])})
    assert np.array_equal(data.inputs, COLOUR)
    assert data.labels.tolist() == [1, 0]
    assert data.classes == ("cat", "dog")


def test_grey_images_get_a_channel_axis(load):
    data = load({"X": GREY})
    assert np.array_equal(data.inputs, GREY[..., None])
    assert data.labels is None


def test_channels_first_are_moved_last(load):
    data = load({"x": COLOUR.transpose(0, 3, 1, 2)})
    assert np.array_equal(data.inputs, COLOUR)
    assert data.inputs.flags.c_contiguous


@pytest.mark.parametrize(
    "converted",
    [
        COLOUR.astype(np.int64),
        COLOUR.astype(np.float32) / 255,
        COLOUR.astype(np.float32) * np.float32(1 / 255),
        COLOUR / 255,
    ],
)
def test_bytes_in_disguise_are_recovered(load, converted):
    assert np.array_equal(load({"x": converted}).inputs, COLOUR)


def test_integers_0_and_1_stay_dark(load):
    assert load({"x": (GREY % 2).astype(np.int32)}).inputs.max() == 1


def test_a_table(load):
    data = load({"data": np.array([[1, 2.5], [3, 4]]), "target": np.array([[1.0], [0.0]])})
    assert data.inputs.tolist() == [[1.0, 2.5], [3.0, 4.0]]
    assert [(column.name, column.decimals) for column in data.space.columns] == [("0", 0), ("1", 1)]
    assert data.labels.tolist() == [1, 0]


def test_texts(load):
    data = load({"inputs": np.array(["good", "bad"]), "y": np.array(["+", "-"])})
    assert data.inputs.tolist() == ["good", "bad"]
    assert data.classes == ("+", "-")


def test_another_array_may_hold_the_labels(load):
    data = load({"x": GREY, "y": np.array([0, 0]), "coarse": np.array([0, 1])}, label_column="coarse")
    assert data.labels.tolist() == [0, 1]


def test_given_classes_reorder_those_of_the_file(load):
    arrays = {"x": GREY, "y": np.array([0, 1]), "classes": np.array(["cat", "dog"])}
    data = load(arrays, classes=["dog", "fish", "cat"])
    assert data.labels.tolist() == [2, 0]
    assert data.classes == ("dog", "fish", "cat")
    with pytest.raises(DataError, match="'dog' is not among the classes 'cat', 'cow'"):
        load(arrays, classes=["cat", "cow"])


def test_numbers_count_the_classes_of_the_file_even_where_these_are_numbers(load):
    arrays = {"x": GREY, "y": np.array([1, 2]), "classes": np.array(["1", "2", "3"])}
    assert load(arrays).labels.tolist() == [1, 2]
    assert load(arrays, classes=["3", "2", "1"]).labels.tolist() == [1, 0]
    assert load(arrays | {"y": np.array(["1", "2"])}).labels.tolist() == [0, 1]
    with pytest.raises(DataError, match="labels from 1 to 3, .* from 0 to 2; .* store them as strings"):
        load(arrays | {"y": np.array([1, 3])})


def test_class_names_are_kept_without_labels(load):
    arrays = {"x": GREY, "classes": np.array(["cat", "dog"])}
    assert (load(arrays).labels, load(arrays).classes) == (None, ("cat", "dog"))
    assert load(arrays, classes=["dog", "cat", "cow"]).classes == ("dog", "cat", "cow")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": GREY}, "no array named 'x', 'inputs', 'images', 'data'; it has 'x_train'"),
        ({"x": GREY, "data": GREY}, "several arrays that could be meant: 'x', 'data'"),
        ({"x": GREY, "y": np.array([0, 1]), "target": np.array([0, 1])}, "several arrays .* 'y', 'target'"),
        ({"x": np.array(["a", 1], dtype=object)}, "array 'x' holds Python objects, which run code .*not opened"),
        ({"x": GREY, "y": np.array([0, None])}, "array 'y' holds Python objects"),
        ({"x": GREY[:0]}, "array 'x' is empty"),
        ({"x": np.array([""])}, "row 0: the text is empty"),
        ({"x": np.array(["a"], dtype="S1")}, r"neither images .* a table .* nor texts"),
        ({"x": np.array([1.0, 2.0])}, r"shape \(2,\), which are neither"),
        ({"x": np.zeros((2, 2), dtype=complex)}, "type complex128"),
        ({"x": np.zeros((1, 1, 1, 1, 1))}, "which are neither"),
        ({"x": np.zeros((2, 3, 9, 3), dtype=np.uint8)}, "channels could lie on the second axis or on the last"),
        ({"x": np.zeros((2, 9, 9, 4), dtype=np.uint8)}, "channels are neither 1 nor 3"),
        ({"x": GREY - 1.5}, r"row 0: a pixel of -1.5, which is no byte.*uint8"),
        ({"x": GREY.astype(float)}, r"row 0: a pixel of 2.0, which is no byte"),
        ({"x": np.full((1, 2, 2), np.nan)}, "a pixel of nan"),
        ({"x": np.full((1, 2, 2), np.inf)}, "a pixel of inf"),
        ({"x": np.full((1, 2, 2), 256)}, "a pixel of 256"),
        ({"x": np.full((1, 2, 2), 0.123)}, "a pixel of 0.123"),
        ({"x": GREY > 3}, "images of type bool; give uint8"),
        ({"x": np.array([[1.0, np.nan]])}, "row 0: nan in column '1'"),
        ({"x": GREY, "y": np.array([0, 1, 2])}, "2 inputs and 3 labels"),
        ({"x": GREY, "y": np.eye(2)}, r"array 'y', has type float64 and shape \(2, 2\); labels are one class number"),
        ({"x": GREY, "y": np.array([0, 0.5])}, "row 1: the label 0.5 is not a whole number"),
        (
            {"x": GREY, "y": np.array([0, 2]), "classes": np.array(["a", "b"])},
            "labels from 0 to 2, and numbers count its classes from 0 to 1",
        ),
        ({"x": GREY, "y": np.array([0, 1]), "classes": np.array(["a", "a"])}, "names a class twice"),
        ({"x": GREY, "y": np.array([0, 1]), "classes": np.array([0.5, 1])}, "one string for each class"),
    ],
)
def test_what_cannot_serve_is_refused(load, arrays, message):
    with pytest.raises(DataError, match=message):
        load(arrays)


def test_a_label_column_is_the_name_of_an_array(load):
    with pytest.raises(InvalidInput, match="name the one with the labels"):
        load({"x": GREY}, label_column=1)
    with pytest.raises(DataError, match="no array 'kind'; it has 'x'"):
        load({"x": GREY}, label_column="kind")


def test_an_array_beyond_the_limit_is_refused_before_it_is_unpacked(load, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ARRAY_BYTES", 100)
    with pytest.raises(DataError, match="array 'x', unpacked, takes 168 bytes, and at most 100 are read"):
        load({"x": GREY})


def test_a_table_of_bytes_is_refused_before_it_becomes_one_of_doubles(load, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ARRAY_BYTES", 500)
    with pytest.raises(DataError, match="a table of 10 × 20 numbers, takes 1,600 bytes, and at most 500 are read"):
        load({"x": np.zeros((10, 20), dtype=np.uint8)})


def test_a_shape_that_the_bytes_do_not_fill_is_refused(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 60, 9, 9)})
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(DataError, match="array 'x'"):
        load_data(tmp_path / "data.npz")


def test_strings_of_no_width_are_refused(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<U0", "fortran_order": False, "shape": (1 << 50,)})
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(DataError, match="array 'x' is empty"):
        load_data(tmp_path / "data.npz")


def test_a_bare_array_is_no_archive(tmp_path):
    np.save(tmp_path / "data.npy", GREY)
    (tmp_path / "data.npy").rename(tmp_path / "data.npz")
    with pytest.raises(DataError, match=r"data.npz is no zip archive"):
        load_data(tmp_path / "data.npz")


def archive_bytes():
    content = io.BytesIO()
    np.savez_compressed(content, x=np.array(["one", "two"]), y=np.array([0, 1]), classes=np.array(["a", "b"]))
    return content.getvalue()


INTACT = archive_bytes()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True, max_examples=300
)
@given(
    end=st.integers(0, len(INTACT)),
    flips=st.lists(st.tuples(st.integers(0, len(INTACT) - 1), st.integers(1, 255)), max_size=3),
)
def test_damaged_archives_are_read_or_refused(tmp_path, end, flips):
    damaged = bytearray(INTACT)
    for position, change in flips:
        damaged[position] ^= change
    path = tmp_path / "damaged.npz"
    path.write_bytes(damaged if flips else damaged[:end])
    try:
        data = load_data(path)
    except TellmarkError:
        return
    assert len(data) > 0


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True, max_examples=300
)
@given(position=st.integers(0, 127), change=st.integers(1, 255), name=st.sampled_from(["x", "y"]))
def test_damaged_headers_behind_a_sound_checksum_are_read_or_refused(tmp_path, position, change, name):
    path = tmp_path / "damaged.npz"
    with zipfile.ZipFile(io.BytesIO(INTACT)) as intact, zipfile.ZipFile(path, "w") as damaged:
        for member in intact.namelist():
            content = bytearray(intact.read(member))
            if member == f"{name}.npy":
                content[position] ^= change
            damaged.writestr(member, bytes(content))
    try:
        data = load_data(path)
    except TellmarkError:
        return
    assert len(data) > 0
