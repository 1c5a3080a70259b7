"""Weights come from files that run nothing, and must fit the module exactly."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tellmark.errors import FileError, InvalidInput, ModelError, UnsafeFile
from tellmark.models.torch.weights import fit_weights, read_weights


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))


def same(given, wanted):
    assert given.keys() == wanted.keys()
    assert all(torch.equal(given[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin"])
def test_checkpoint(net, tmp_path, suffix):
    path = tmp_path / f"w{suffix}"
    torch.save(net.state_dict(), path)
    same(read_weights(path), net.state_dict())


def test_safetensors(net, tmp_path):
    save_file(net.state_dict(), tmp_path / "w.safetensors")
    same(read_weights(tmp_path / "w.safetensors"), net.state_dict())


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict", "model"])
def test_weights_beside_the_state_of_training(net, tmp_path, wrapper):
    torch.save({"epoch": 3, wrapper: net.state_dict()}, tmp_path / "w.pt")
    same(read_weights(tmp_path / "w.pt"), net.state_dict())


def test_legacy_checkpoint(net, tmp_path):
    torch.save(net.state_dict(), tmp_path / "w.pt", _use_new_zipfile_serialization=False)
    same(read_weights(tmp_path / "w.pt"), net.state_dict())


@pytest.mark.parametrize("zipped", [True, False])
def test_pickle_is_refused_and_not_run(payload, marker, tmp_path, zipped):
    path = tmp_path / "w.pt"
    torch.save({"weight": payload}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UnsafeFile, match="run code") as caught:
        read_weights(path)
    assert "--trust" in str(caught.value)
    assert not marker.exists()
    with pytest.raises(ModelError, match="no named tensors"):
        read_weights(path, trust=True)
    assert marker.exists()


def test_whole_module_needs_trust(net, tmp_path):
    torch.save(net, tmp_path / "w.pt")
    with pytest.raises(UnsafeFile):
        read_weights(tmp_path / "w.pt")
    same(read_weights(tmp_path / "w.pt", trust=True), net.state_dict())


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"a text file\n", b"PK\x03\x04"])
def test_other_files(tmp_path, suffix, content):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_weights(path)
    assert not isinstance(caught.value, UnsafeFile)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("share", [0.2, 0.8, 0.99])
def test_truncated_files(net, tmp_path, suffix, share):
    path = tmp_path / f"w{suffix}"
    (save_file if suffix == ".safetensors" else torch.save)(net.state_dict(), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match="no complete"):
        read_weights(path)


def test_missing_file_and_unknown_suffix(tmp_path):
    with pytest.raises(FileError):
        read_weights(tmp_path / "w.pt")
    (tmp_path / "w.h5").touch()
    with pytest.raises(InvalidInput, match="safetensors"):
        read_weights(tmp_path / "w.h5")


def test_content_without_tensors(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="no named tensors"):
        read_weights(tmp_path / "w.pt")


@pytest.mark.parametrize("wrapper", ["state_dict", "model"])
def test_content_that_holds_itself(tmp_path, wrapper):
    content = {}
    content[wrapper] = content
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="no named tensors"):
        read_weights(tmp_path / "w.pt")


ODD = {
    "sparse": lambda: torch.eye(4).to_sparse(),
    "quantised": lambda: torch.quantize_per_tensor(torch.rand(4, 3), 0.1, 0, torch.qint8),
    "meta": lambda: torch.empty(4, 3, device="meta"),
    "nested": lambda: torch.nested.nested_tensor([torch.rand(2), torch.rand(3)]),
}


@pytest.mark.filterwarnings("ignore")  # PyTorch calls some of these a prototype, or deprecates them
@pytest.mark.parametrize("kind", ODD)
def test_tensors_of_odd_kinds(tmp_path, kind):
    torch.save({"0.weight": ODD[kind]()}, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="'0.weight' as a sparse, quantised, nested or empty"):
        read_weights(tmp_path / "w.pt")


def test_complex_weights(net, tmp_path):
    weights = {**net.state_dict(), "0.bias": torch.zeros(4, dtype=torch.complex64)}
    with pytest.raises(ModelError, match=r"complex: 0\.bias"):
        fit_weights(net, weights, name="own:net", path=tmp_path / "w.pt")


def test_a_module_that_refuses_its_weights(net, tmp_path):
    def refuse(*arguments):
        raise TypeError("not these\nsecond line")

    net.register_load_state_dict_pre_hook(refuse)
    with pytest.raises(ModelError, match="own:net returns: not these$"):
        fit_weights(net, net.state_dict(), name="own:net", path=tmp_path / "w.pt")


def test_fitting_weights_are_loaded(net, tmp_path):
    other = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    parallel = {f"module.{name}": value for name, value in net.state_dict().items()}
    for weights in (net.state_dict(), parallel):
        nn.init.zeros_(other[0].weight)
        fit_weights(other, weights, name="own:net", path=tmp_path / "w.pt")
        same(other.state_dict(), net.state_dict())


def test_other_weights_are_refused_in_one_sentence(net, tmp_path):
    weights = {**net.state_dict(), "2.weight": torch.zeros(1), "1.bias": torch.zeros(5)}
    del weights["0.bias"]
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with pytest.raises(ModelError) as caught:
        fit_weights(net, weights, name="own:net", path=tmp_path / "w.pt")
    assert str(caught.value) == (
        "w.pt does not fit the module that own:net returns: "
        "missing: 0.bias; unexpected: 2.weight; of another shape: 1.bias"
    )
    same(net.state_dict(), before)


def test_many_names_are_cut_short(net, tmp_path):
    weights = {f"layer{i}": torch.zeros(1) for i in range(9)}
    with pytest.raises(ModelError, match="layer0, layer1, layer2 and 6 more"):
        fit_weights(net, weights, name="own:net", path=tmp_path / "w.pt")
