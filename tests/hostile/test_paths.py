"""Files that name other files: none outside their own folder is read, and nothing of it turns up anywhere."""

from __future__ import annotations

import os
import zipfile

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper  # noqa: E402

from tellmark.data.loading import load_data  # noqa: E402
from tellmark.errors import DataError  # noqa: E402

LENGTH = 160
"""Bytes of a 4 × 10 matrix of float32; the secret is as long at least."""

LOCATIONS = {
    "above": "../secret.bin",
    "far-above": "../../../../../../../../{secret}",
    "down-and-up": "inner/../../secret.bin",
    "absolute": "{secret}",
    "double-slash": "/{secret}",
    "dotted": "./../secret.bin",
    "backslashes": "..\\secret.bin",
    "device": "\\\\?\\C:\\secret.bin",
    "url": "file://{secret}",
    "link": "link.bin",
    "link-to-folder": "inner/secret.bin",
    "link-to-link": "second.bin",
    "process": "/proc/self/environ",
    "memory": "/proc/self/mem",
    "endless": "/dev/zero",
    "pipe": "pipe.bin",
    "empty": "",
    "folder": ".",
    "zero": "weights.bin\0.txt",
    "twice": "weights.bin",
    "long": "w" * 5000,
    "long-in-bytes": "ü" * 150,
    "not-there": "none.bin",
}


def external(location: str, *, offset: int = 0, length: int = LENGTH) -> TensorProto:
    tensor = TensorProto(name="w", dims=[4, 10], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def write(path, tensor) -> None:
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["scores"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", 4))],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ("n", 10))],
        [tensor],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path.write_bytes(model.SerializeToString())


OFFSETS = {
    "beyond-the-end": (1 << 40, LENGTH),
    "negative": (-1, LENGTH),
    "too-long": (0, 1 << 40),
    "huge": (1 << 63, 1),
}


@pytest.fixture(scope="module")
def outcomes(place, open_all):
    secret = str(place.parent / "secret.bin")
    (place / "weights.bin").write_bytes(bytes(LENGTH))
    (place / "link.bin").symlink_to("../secret.bin")
    (place / "second.bin").symlink_to("link.bin")
    (place / "inner").symlink_to("..")
    os.mkfifo(place / "pipe.bin")
    for name, location in LOCATIONS.items():
        tensor = external(location.format(secret=secret))
        if name == "twice":
            tensor.external_data.add(key="location", value="../secret.bin")
        write(place / f"{name}.onnx", tensor)
    for name, (offset, length) in OFFSETS.items():
        write(place / f"{name}.onnx", external("weights.bin", offset=offset, length=length))
    write(place / "honest.onnx", external("weights.bin"))
    names = [*LOCATIONS, *OFFSETS, "honest"]
    return open_all({name: f"onnx:{place / name}.onnx" for name in names}, "onnxruntime", "tellmark.models.onnx.model")


@pytest.mark.parametrize("name", LOCATIONS)
def test_weights_outside_the_folder_are_not_read(outcomes, name):
    assert outcomes[name]["error"] in ("UnsafeFile", "ModelError"), outcomes[name]
    assert not outcomes[name]["leaked"]


@pytest.mark.parametrize("name", OFFSETS)
def test_weights_outside_their_file_are_not_read(outcomes, name):
    assert outcomes[name]["error"] == "ModelError", outcomes[name]


def test_weights_inside_are_read(outcomes):
    """Else the tests above would show nothing."""
    assert outcomes["honest"]["error"] is None, outcomes["honest"]


MEMBERS = ("../secret.bin", "cat/../../secret.bin", "/etc/passwd", "C:\\secret.bin", "cat/..\\..\\secret.png")


@pytest.mark.parametrize("name", MEMBERS)
def test_names_in_an_archive_lead_nowhere(tmp_path, name):
    """Nothing is unpacked, so a name is only a name: it is passed over, or makes a class."""
    (tmp_path / "inner").mkdir()
    path = tmp_path / "inner" / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.png", b"not an image")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match="no image"):
        load_data(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_in_an_archive_is_no_link(tmp_path):
    """Its content, the path it points to, is read as an image, and is none."""
    (tmp_path / "secret.png").write_bytes(b"the owner's seed")
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("cat/a.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "../secret.png")
    with pytest.raises(DataError, match="no image") as caught:
        load_data(path)
    assert "seed" not in str(caught.value)


def test_names_in_npz_lead_nowhere(tmp_path):
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w") as archive, archive.open("../../x.npy", "w") as member:
        np.save(member, np.zeros((2, 2)))
    with pytest.raises(DataError, match="no array named"):
        load_data(path)
