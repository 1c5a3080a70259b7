"""``torch:package.module:factory``."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tellmark.errors import InvalidInput, ModelError
from tellmark.models.loading import load_model

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 5, 1), dtype=np.uint8)


def own_net():
    from own_net import Net  # pyright: ignore[reportMissingImports]

    return Net()


def test_the_current_directory_is_searched(here):
    net = own_net()
    save_file(net.state_dict(), "w.safetensors")
    model = load_model("torch:own_net:Net?weights=w.safetensors&classes=a,b,c&scale=1&layout=nchw")
    with torch.no_grad():
        expected = net.eval()(torch.from_numpy(IMAGES).permute(0, 3, 1, 2).float())
    np.testing.assert_allclose(model.query(IMAGES).scores, expected.numpy(), rtol=1e-4, atol=1e-4)
    assert model.info.kind == "torch"
    assert model.info.classes == ("a", "b", "c")
    assert model.info.preprocessing.scale == 1


def test_the_digest_does_not_depend_on_the_file_format(here):
    net = own_net()
    save_file(net.state_dict(), "w.safetensors")
    torch.save(net.state_dict(), "w.pt")
    digests = [load_model(f"torch:own_net:Net?weights={name}").info.digest for name in ("w.safetensors", "w.pt")]
    assert digests[0] == digests[1]
    with torch.no_grad():
        net.head.bias[0] += 1
    save_file(net.state_dict(), "w.safetensors")
    assert load_model("torch:own_net:Net?weights=w.safetensors").info.digest != digests[0]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("own_net:number", "returns a int, not a torch.nn.Module"),
        ("own_net:broken", "RuntimeError: no such thing"),
        ("own_net:constant", "cannot be called"),
        ("own_net:missing", "no attribute 'missing'"),
        ("no_such_module_here:Net", "no module named"),
    ],
)
def test_bad_factories(here, target, reason):
    with pytest.raises(ModelError, match=reason) as caught:
        load_model(f"torch:{target}")
    assert "\n" not in str(caught.value)


def test_factory_without_attribute(here):
    with pytest.raises(InvalidInput, match="PACKAGE.MODULE:ATTRIBUTE"):
        load_model("torch:own_net")


def test_unknown_key_and_device(here):
    with pytest.raises(InvalidInput, match="did you mean 'weights'"):
        load_model("torch:own_net:Net?weight=w.safetensors")
    with pytest.raises(InvalidInput, match="no device 'toaster'"):
        load_model("torch:own_net:Net?device=toaster")


@pytest.mark.parametrize("device", ["meta", "hpu", "cuda:99"])
def test_devices_that_hold_no_numbers_here(here, device):
    with pytest.raises(InvalidInput, match=f"no device '{device}' here"):
        load_model(f"torch:own_net:Net?device={device}")


def test_unfitting_weights(here):
    save_file({"other": torch.zeros(1)}, "w.safetensors")
    with pytest.raises(ModelError, match="does not fit the module that own_net:Net returns"):
        load_model("torch:own_net:Net?weights=w.safetensors")
