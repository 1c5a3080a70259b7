"""Labels found in bfloat16 are those of the network: close calls are asked again, unsuitable networks not at all."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import Tensor, nn

from tellmark.models.base import LabellingModel, labels_of
from tellmark.models.loading import load_model
from tellmark.models.torch import rough
from tellmark.models.torch.rough import DOUBT, can_be_rough, doubt_of, in_doubt, roughly
from tellmark.theft.lab.architectures import NetworkOf

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def processor_with_bfloat16(monkeypatch):
    """PyTorch computes in bfloat16 on every processor; on those without instructions for it, slowly."""
    monkeypatch.setattr(rough, "_processor_has_it", lambda: True)


def images(count: int = 400, size: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def no_noise(parameter, start, stop):
    return np.zeros(stop - start, np.float32)


def noise(parameter, start, stop):
    return np.random.default_rng([start, parameter.size]).normal(0, 0.02, stop - start).astype(np.float32)


class Linear(nn.Module):
    """So little between its scores that bfloat16 often turns the label."""

    def __init__(self, classes: int, *, gap: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(192, classes)
        shared = torch.randn(1, 192)
        self.layer.weight.data = shared + gap * torch.randn(classes, 192)
        self.eval()

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs.flatten(1))


class Subtle(nn.Module):
    """Its scores are small differences of large numbers."""

    def forward(self, inputs: Tensor) -> Tensor:
        means = inputs.flatten(1)[:, :5] @ torch.eye(5)
        return (means + 1000) @ self.mixing - 1000

    def __init__(self) -> None:
        super().__init__()
        self.mixing = nn.Parameter(torch.eye(5), requires_grad=False)
        self.eval()


def asked_in_bfloat16(network: nn.Module) -> list[bool]:
    """Notes for each forward pass whether it is in bfloat16."""
    noted: list[bool] = []
    network.register_forward_pre_hook(lambda *_: noted.append(torch.is_autocast_enabled("cpu")))
    return noted


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("network", ["resnet-5k", "close"])
def test_labels_are_those_of_the_network(network, classes):
    torch.manual_seed(1)
    module = NetworkOf(network, classes)().eval() if network != "close" else Linear(classes, gap=0.3)
    model = load_model(module)
    for added in (no_noise, noise):
        with model.perturbed(added) as copy:
            assert isinstance(copy, LabellingModel)
            np.testing.assert_array_equal(copy.labels(images()), copy.query(images()).labels)


def test_without_asking_again_labels_would_be_turned():
    """What the second asking is for: the same network in bfloat16 alone."""
    module = Linear(10, gap=0.3)
    exact = torch.from_numpy(images().reshape(400, -1)).float() / 255
    with torch.inference_mode():
        expected = module(exact).argmax(dim=1)
        with roughly():
            turned = int((module(exact).argmax(dim=1) != expected).sum())
    assert turned > 0


def test_clear_inputs_are_asked_once_and_others_again():
    module = NetworkOf("resnet-5k", 10)().eval()
    noted = asked_in_bfloat16(module)
    model = load_model(module, batch_size=1024)
    with model.perturbed(no_noise) as copy:
        labels_of(copy, images(40))  # tries it
        noted.clear()
        labels_of(copy, images())
    assert noted[0] is True
    assert noted[1:] in ([], [False])


def test_a_network_that_is_far_off_in_bfloat16_is_asked_exactly():
    module = Subtle()
    noted = asked_in_bfloat16(module)
    with load_model(module).perturbed(no_noise) as copy:
        labels_of(copy, images(40))
        noted.clear()
        np.testing.assert_array_equal(labels_of(copy, images()), copy.query(images()).labels)
    assert not any(noted)


def test_large_networks_other_precisions_and_other_devices_are_left_alone():
    small = NetworkOf("resnet-5k", 10)()
    assert can_be_rough(small, CPU)
    assert not can_be_rough(nn.Linear(2048, 2049), CPU)
    assert not can_be_rough(NetworkOf("resnet-5k", 10)().half(), CPU)
    assert not can_be_rough(small, torch.device("meta"))
    assert not can_be_rough(nn.Identity(), CPU)


def test_processors_without_it_are_left_alone(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False}, raising=False)
    assert not can_be_rough(NetworkOf("resnet-5k", 10)(), CPU)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    assert can_be_rough(NetworkOf("resnet-5k", 10)(), CPU)
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not can_be_rough(NetworkOf("resnet-5k", 10)(), CPU)


SCORES = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 8), st.integers(2, 5)), elements=st.floats(-100, 100, width=32)
)


@given(exact=SCORES, data=st.data())
def test_whatever_is_off_by_less_than_half_the_doubt_turns_no_settled_label(exact, data):
    spread = float((exact.max(axis=1) - exact.min(axis=1)).mean())
    doubt = DOUBT * spread
    off = data.draw(hnp.arrays(np.float32, exact.shape, elements=st.floats(-0.484375, 0.484375, width=32)))
    scores = (exact + np.float32(doubt) * off).astype(np.float32)
    settled = np.setdiff1d(np.arange(len(scores)), in_doubt(scores, doubt * 1.001 + 1e-4))
    assert (scores[settled].argmax(axis=1) == exact[settled].argmax(axis=1)).all()


def test_scores_without_any_spread_leave_everything_in_doubt():
    flat = np.ones((3, 4), np.float32)
    assert doubt_of(flat, flat) is None
    assert doubt_of(flat[:, :3], flat) is None
    np.testing.assert_array_equal(in_doubt(flat, 0.0), [0, 1, 2])
