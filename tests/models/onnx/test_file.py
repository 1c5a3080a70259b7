"""Files that reach outside their directory, or are none, are refused before a runtime opens them."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx.external_data_helper import set_external_data

from tellmark.digests import digest_file
from tellmark.errors import FileError, ModelError, UnsafeFile
from tellmark.models.loading import load_model

ROWS = np.random.default_rng(1).normal(size=(5, 4))


def with_weights_in(path, location, *, write=True):
    """Move the weights of the model at `path` into the file `location`."""
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    content = tensor.raw_data
    set_external_data(tensor, location=str(location), offset=0, length=len(content))
    tensor.ClearField("raw_data")
    if write:
        target = path.parent / location
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("location", ["weights.bin", "parts/weights.bin"])
def test_weights_beside_the_model(linear, location):
    inside = load_model(f"onnx:{linear()}").query(ROWS)
    model = load_model(f"onnx:{with_weights_in(linear(), location)}")
    assert (model.query(ROWS).scores == inside.scores).all()
    assert [parameter.name for parameter in model.parameters] == ["weight", "bias"]
    with model.perturbed(lambda parameter, start, stop: np.zeros(stop - start, np.float32)) as copy:
        np.testing.assert_allclose(copy.query(ROWS).scores, inside.scores, rtol=1e-6)


@pytest.mark.parametrize(
    "location", ["../weights.bin", "parts/../../weights.bin", "..\\weights.bin", "C:\\weights.bin"]
)
def test_paths_out_of_the_directory(linear, tmp_path, location):
    folder = tmp_path / "inner"
    folder.mkdir()
    path = linear(name="inner/net.onnx")
    (tmp_path / "weights.bin").write_bytes(bytes(48))
    with pytest.raises(UnsafeFile, match="outside its own directory"):
        load_model(f"onnx:{with_weights_in(path, location, write=False)}")


def test_absolute_path(linear, tmp_path):
    (tmp_path / "weights.bin").write_bytes(bytes(48))
    with pytest.raises(UnsafeFile, match="outside its own directory"):
        load_model(f"onnx:{with_weights_in(linear(), tmp_path / 'weights.bin', write=False)}")


def test_settings_do_not_switch_the_check_off(linear, tmp_path):
    (tmp_path / "weights.bin").write_bytes(bytes(48))
    path = with_weights_in(linear(), tmp_path / "weights.bin", write=False)
    with pytest.raises(UnsafeFile, match="outside its own directory"):
        load_model(f"onnx:{path}?classes=a,b,c&scale=1&device=cpu&batch_size=2", trust=True)


@pytest.mark.parametrize("link", ["file", "folder"])
def test_links_out_of_the_directory(linear, tmp_path, link):
    (tmp_path / "inner").mkdir()
    (tmp_path / "outer").mkdir()
    path = linear(name="inner/net.onnx")
    (tmp_path / "outer" / "weights.bin").write_bytes(bytes(48))
    if link == "file":
        (tmp_path / "inner" / "weights.bin").symlink_to(tmp_path / "outer" / "weights.bin")
        location = "weights.bin"
    else:
        (tmp_path / "inner" / "parts").symlink_to(tmp_path / "outer")
        location = "parts/weights.bin"
    with pytest.raises(UnsafeFile, match="without links"):
        load_model(f"onnx:{with_weights_in(path, location, write=False)}")


def test_path_out_of_the_directory_in_a_constant_within_a_branch(linear, tmp_path):
    """Tensors hide in attributes and in graphs within nodes too."""
    from onnx import TensorProto, helper

    tensor = helper.make_tensor("hidden", TensorProto.FLOAT, [3], bytes(12), raw=True)
    set_external_data(tensor, location="../weights.bin", offset=0, length=12)
    tensor.ClearField("raw_data")
    constant = helper.make_node("Constant", [], ["hidden_value"], value=tensor)
    out = helper.make_tensor_value_info("hidden_value", TensorProto.FLOAT, [3])
    branch = helper.make_graph([constant], "branch", [], [out])
    nodes = [
        helper.make_node("Constant", [], ["yes"], value=helper.make_tensor("c", TensorProto.BOOL, [], [True])),
        helper.make_node("If", ["yes"], ["shift"], then_branch=branch, else_branch=branch),
        helper.make_node("Gemm", ["x", "weight", "shift"], ["scores"], transB=1),
    ]
    with pytest.raises(UnsafeFile):
        load_model(f"onnx:{linear(nodes=nodes)}")


def test_absent_weights(linear):
    with pytest.raises(ModelError, match="not there"):
        load_model(f"onnx:{with_weights_in(linear(), 'gone.bin', write=False)}")


def test_too_short_weights(linear, tmp_path):
    path = with_weights_in(linear(), "weights.bin")
    (tmp_path / "weights.bin").write_bytes(bytes(5))
    with pytest.raises(ModelError):
        load_model(f"onnx:{path}")


@pytest.mark.parametrize("content", [b"", b"just text, no protobuf at all\n", b"PK\x03\x04 a zip"])
def test_other_files(tmp_path, content):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="no complete ONNX file"):
        load_model(f"onnx:{path}")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_files(linear, share):
    path = linear()
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError):
        load_model(f"onnx:{path}")


def test_invalid_graph(linear):
    from onnx import helper

    node = helper.make_node("Gemm", ["x", "nowhere", "bias"], ["scores"])
    with pytest.raises(ModelError, match="no valid ONNX model"):
        load_model(f"onnx:{linear(nodes=[node])}")


def test_operator_that_the_runtime_lacks(linear):
    from onnx import helper

    node = helper.make_node("Mystery", ["x"], ["scores"], domain="ai.onnx.ml")
    with pytest.raises(ModelError):
        load_model(f"onnx:{linear(nodes=[node])}")


def test_missing_file():
    with pytest.raises(FileError):
        load_model("onnx:nowhere.onnx")


def test_digest_covers_weights_beside_the_model(linear, tmp_path):
    path = with_weights_in(linear(), "weights.bin")
    first, again = load_model(f"onnx:{path}"), load_model(f"onnx:{path}")
    weights = tmp_path / "weights.bin"
    weights.write_bytes(weights.read_bytes()[::-1])
    other = load_model(f"onnx:{path}")
    assert first.info.digest == again.info.digest
    assert first.info.digest != other.info.digest


def test_digest_of_a_single_file_is_that_of_the_file(linear):
    path = linear()
    assert load_model(f"onnx:{path}").info.digest == digest_file(path)


def hidden_tensor():
    from onnx import TensorProto, helper

    tensor = helper.make_tensor("hidden", TensorProto.FLOAT, [3], bytes(12), raw=True)
    set_external_data(tensor, location="../weights.bin", offset=0, length=12)
    tensor.ClearField("raw_data")
    return tensor


@pytest.mark.parametrize("place", ["default of a function", "graph in such a default", "training"])
def test_paths_out_of_the_directory_anywhere(linear, place):
    from onnx import helper

    path = linear()
    model = onnx.load(path)
    if place == "training":
        model.training_info.add().initialization.initializer.append(hidden_tensor())
    else:
        value = hidden_tensor()
        if place == "graph in such a default":
            value = helper.make_graph([helper.make_node("Constant", [], ["c"], value=value)], "inner", [], [])
        model.functions.add(name="f", domain="own").attribute_proto.append(helper.make_attribute("a", value))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UnsafeFile, match="outside its own directory"):
        load_model(f"onnx:{path}")


def test_paths_with_a_zero_byte():
    with pytest.raises(FileError, match="cannot read"):
        load_model("onnx:%00.onnx")
