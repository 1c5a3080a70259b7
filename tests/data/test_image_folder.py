"""Images in class folders, on disk and in archives: the same data, and nothing trusted."""

import io
import os
import shutil
import struct
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tellmark.data import image_folder, limits
from tellmark.data.loading import load_data
from tellmark.errors import DataError, InvalidInput, TellmarkError

RED, GREEN = (200, 10, 20), (10, 200, 20)


def encoded(colour=RED, *, mode="RGB", size=(5, 4), kind="PNG"):
    content = io.BytesIO()
    Image.new(mode, size, colour).save(content, kind)
    return content.getvalue()


def write_folder(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def write_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.mkdir("empty")
    return path


@pytest.fixture(params=["folder", "zip"])
def load(request, tmp_path):
    """Load the same files from a folder or from an archive."""

    def write_and_load(files, **arguments):
        if request.param == "zip":
            return load_data(write_zip(tmp_path / "images.zip", files), **arguments)
        shutil.rmtree(tmp_path / "images", ignore_errors=True)
        (tmp_path / "images").mkdir()
        return load_data(write_folder(tmp_path / "images", files), **arguments)

    return write_and_load


def test_classes_are_sorted_and_items_are_in_order_of_class_and_name(load):
    data = load({"dog/b.png": encoded((3, 3, 3)), "dog/a.png": encoded((2, 2, 2)), "cat/z.png": encoded((1, 1, 1))})
    assert data.inputs.shape == (3, 4, 5, 3)
    assert data.inputs[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert data.labels.tolist() == [0, 1, 1]
    assert data.classes == ("cat", "dog")


def test_folders_of_digits_are_sorted_as_text_like_in_torchvision(load):
    assert load({f"{name}/a.png": encoded() for name in (2, 10, 1)}).classes == ("1", "10", "2")


def test_a_common_top_folder_and_other_files_are_passed_over(load):
    files = {"cat/a.png": encoded(RED), "dog/a.png": encoded(GREEN)}
    wrapped = {f"data/{name}": content for name, content in files.items()}
    others = {"data/README.txt": b"-", "data/cat/.hidden.png": b"-", "__MACOSX/cat/a.png": b"-", ".git/x.png": b"-"}
    assert load(files).digest == load(wrapped | others).digest


def test_one_class_is_legal_data(load):
    assert load({"cat/a.png": encoded()}).classes == ("cat",)


def test_images_in_no_folder_have_no_labels(load):
    data = load({"b.png": encoded(GREEN), "a.png": encoded(RED)})
    assert data.labels is None
    assert data.inputs[:, 0, 0].tolist() == [list(RED), list(GREEN)]


def test_classes_are_kept_without_labels(load):
    data = load({"a.png": encoded(RED)}, classes=["dog", "cat"])
    assert (data.labels, data.classes) == (None, ("dog", "cat"))


def test_a_pipe_among_the_images_is_refused_rather_than_waited_on(tmp_path):
    write_folder(tmp_path / "images", {"cat/a.png": encoded()})
    os.mkfifo(tmp_path / "images" / "cat" / "b.png")
    with pytest.raises(DataError, match=r"b.png is no regular file"):
        load_data(tmp_path / "images")


def test_given_classes_fix_the_order_and_may_be_more(load):
    data = load({"cat/a.png": encoded(), "dog/a.png": encoded()}, classes=["dog", "fish", "cat"])
    assert data.labels.tolist() == [2, 0]
    assert data.classes == ("dog", "fish", "cat")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP", "TIFF", "JPEG"])
def test_every_format(load, kind):
    data = load({f"cat/a.{kind.lower()}": encoded(kind=kind), f"dog/B.{kind}": encoded(kind=kind)})
    assert data.inputs.shape == (2, 4, 5, 3)
    tolerance = 12 if kind in ("JPEG", "WEBP") else 0
    assert np.abs(data.inputs.astype(int) - RED).max() <= tolerance


def test_all_grey_stays_one_channel(load):
    grey = {"a/1.png": encoded(7, mode="L"), "a/2.png": encoded(1, mode="1"), "a/3.png": encoded((9, 0), mode="LA")}
    data = load(grey)
    assert data.inputs.shape == (3, 4, 5, 1)
    assert data.inputs[:, 0, 0, 0].tolist() == [7, 255, 9]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_grey_among_colour_becomes_rgb(load, order):
    data = load({f"x/{order[0]}.png": encoded(7, mode="L"), f"x/{order[1]}.png": encoded(RED)})
    pixels = {name: data.inputs[position, 0, 0].tolist() for position, name in enumerate("ab")}
    assert pixels == {order[0]: [7, 7, 7], order[1]: list(RED)}


def test_alpha_is_dropped_without_blending(load):
    assert load({"x/a.png": encoded((*RED, 0), mode="RGBA")}).inputs[0, 0, 0].tolist() == list(RED)


def png_16_bit(colour_type, channels):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 5, 4, 16, colour_type, 0, 0, 0)
    rows = zlib.compress(bytes(4 * (1 + 5 * channels * 2)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [png_16_bit(0, 1), png_16_bit(2, 3), png_16_bit(4, 2), png_16_bit(6, 4), encoded(0.5, mode="F", kind="TIFF")],
    ids=["grey", "rgb", "grey-alpha", "rgb-alpha", "float"],
)
def test_more_than_8_bits_are_refused(load, content):
    with pytest.raises(DataError, match=r"images[.zip]*/x/a.png has more than 8 bits a channel"):
        load({"x/a.png": content})


PNG = encoded()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no images"),
        ({"cat/readme.txt": b"-"}, r"holds no images \(.jpg"),
        ({"cat/a.png": b"no image"}, "cat/a.png is no image that can be read"),
        ({"cat/a.png": PNG, "dog/a.png": PNG[:40]}, "dog/a.png is no image that can be read, or is damaged"),
        ({"cat/a.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"}, "cat/a.png is no image"),
        (
            {"cat/a.png": PNG, "dog/b.png": encoded(size=(6, 4))},
            "differ in size: .*cat/a.png is 5×4 .*dog/b.png is 6×4; bring them to one size",
        ),
        ({"train/cat/a.png": PNG, "test/cat/a.png": PNG}, "test/cat/a.png lies elsewhere; point at the folder"),
        ({"cat/a.png": PNG, "b.png": PNG}, "b.png lies elsewhere"),
        ({"top/cat/a.png": PNG, "top/cat/more/b.png": PNG}, "more/b.png lies elsewhere"),
    ],
)
def test_what_cannot_serve_is_refused(load, files, message):
    with pytest.raises(DataError, match=message):
        load(files)


def test_a_folder_that_is_no_class_is_refused(load):
    with pytest.raises(DataError, match="image 1: the label 'cow' is not among the classes 'cat', 'dog'"):
        load({"cat/a.png": PNG, "cow/a.png": PNG}, classes=["cat", "dog"])


def test_images_have_no_label_column(load):
    with pytest.raises(InvalidInput, match="leave label_column out"):
        load({"cat/a.png": PNG}, label_column="label")


def test_too_many_pixels_are_refused_before_they_are_decoded(load):
    bomb = bytearray(PNG)
    bomb[16:24] = struct.pack(">II", 60_000, 60_000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bytes(bomb[12:29])))
    with pytest.raises(DataError, match=r"a.png is no image .*decompression bomb"):
        load({"cat/a.png": bytes(bomb)})
    bomb[16:24] = struct.pack(">II", 9_000, 9_000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bytes(bomb[12:29])))
    with pytest.raises(DataError, match=r"a.png is 9000×9000 pixels; images of 1 to 67,108,864"):
        load({"cat/a.png": bytes(bomb)})


def test_too_many_bytes_in_one_file_are_refused(load, monkeypatch):
    monkeypatch.setattr(image_folder, "MAX_FILE_BYTES", 10)
    with pytest.raises(DataError, match="at most 10 are read"):
        load({"cat/a.png": PNG})


def test_too_many_bytes_in_all_are_refused(load, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ARRAY_BYTES", 100)
    with pytest.raises(DataError, match="2 images of 5×4 pixels takes 120 bytes, and at most 100 are read"):
        load({"cat/a.png": PNG, "cat/b.png": PNG})


def test_order_and_separators_of_an_archive_do_not_matter(tmp_path):
    files = {"cat/a.png": encoded(RED), "dog/b.png": encoded(GREEN)}
    expected = load_data(write_folder(tmp_path / "folder", files)).digest
    backwards = dict(reversed(files.items()))
    assert load_data(write_zip(tmp_path / "backwards.zip", backwards)).digest == expected
    windows = {name.replace("/", "\\"): content for name, content in files.items()}
    assert load_data(write_zip(tmp_path / "windows.zip", windows)).digest == expected


def test_nothing_is_unpacked(tmp_path):
    folder = tmp_path / "alone"
    folder.mkdir()
    write_zip(folder / "images.zip", {"../../cat/a.png": PNG, "cat/a.png": PNG})
    assert len(load_data(folder / "images.zip")) == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["alone", "images.zip"]


def test_an_encrypted_archive_is_refused(tmp_path):
    path = write_zip(tmp_path / "images.zip", {"cat/a.png": PNG})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"images.zip is encrypted \('cat/a.png'\)"):
        load_data(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("cat/a.png", PNG)
        archive.writestr("cat/a.png", encoded(GREEN))
    with pytest.raises(DataError, match=r"'cat/a.png' more than once"):
        load_data(tmp_path / "images.zip")


def test_links_are_followed_but_not_in_circles(tmp_path):
    write_folder(tmp_path / "elsewhere", {"a.png": PNG})
    root = write_folder(tmp_path / "images", {"dog/a.png": PNG})
    (root / "cat").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert load_data(root).classes == ("cat", "dog")
    (root / "cat" / "loop").symlink_to(root, target_is_directory=True)
    with pytest.raises(DataError, match="nests folders more than"):
        load_data(root)


def archive_bytes():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, kind in (("cat/a.png", "PNG"), ("cat/b.gif", "GIF"), ("dog/a.jpg", "JPEG"), ("dog/b.tif", "TIFF")):
            archive.writestr(name, encoded(kind=kind))
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
    path = tmp_path / "damaged.zip"
    path.write_bytes(damaged if flips else damaged[:end])
    try:
        data = load_data(path)
    except TellmarkError:
        return
    assert len(data) > 0


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True, max_examples=300
)
@given(
    kind=st.sampled_from(["PNG", "BMP", "GIF", "WEBP", "TIFF", "JPEG"]),
    cut=st.none() | st.integers(0, 100),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=3),
)
def test_damaged_images_are_read_or_refused(tmp_path, kind, cut, flips):
    damaged = bytearray(encoded(kind=kind))
    for position, change in flips:
        damaged[int(position * len(damaged))] ^= change
    path = write_zip(tmp_path / "damaged.zip", {"cat/a.png": bytes(damaged[:cut])})
    try:
        data = load_data(path)
    except TellmarkError:
        return
    assert len(data) == 1
