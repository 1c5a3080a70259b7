"""Two passes find the labels of one in float32, and a first pass that errs is given up."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tellmark.models.torch.half_precision import BEYOND_DOUBT, TOLERATED, HalfPrecision, half_precision_pays, leads

CPU = torch.device("cpu")


class Network:
    """Scores of a convolutional network as an adapter makes them; counts the inputs asked in each precision."""

    def __init__(self, *, error=0.0):
        torch.manual_seed(0)
        self.module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 6 * 6, 4)).eval()
        self.error = error
        self.asked = {True: 0, False: 0}

    @torch.inference_mode()
    def __call__(self, inputs):
        half = torch.is_autocast_enabled("cpu")
        self.asked[half] += len(inputs)
        scores = self.module(torch.from_numpy(inputs)).float().numpy()
        return scores + self.error * np.eye(4, dtype=np.float32)[0] if half else scores


def images(n, seed=1):
    return np.random.default_rng(seed).normal(size=(n, 3, 8, 8)).astype(np.float32)


def test_labels_are_those_of_float32_and_most_inputs_are_asked_once():
    network, half = Network(), HalfPrecision()
    for seed in range(5):
        inputs = images(200, seed)
        assert (half.labels(network, inputs) == network(inputs).argmax(axis=1)).all()
    assert half.trusted
    assert network.asked[True] == 1000
    assert 1000 + 200 < network.asked[False] < 1000 + 600  # the comparison above, the first piece, close calls


def test_close_calls_are_asked_in_float32():
    """An error within what is tolerated turns only labels that are in doubt."""
    network, half = Network(), HalfPrecision()
    spread = float(np.ptp(network(images(500)), axis=1).mean())
    network.error = 0.9 * TOLERATED * spread
    for seed in range(1, 4):
        inputs = images(500, seed)
        with torch.autocast("cpu", torch.bfloat16):
            quick = network(inputs).argmax(axis=1)
        exact = network(inputs).argmax(axis=1)
        assert (quick != exact).any()
        assert (half.labels(network, inputs) == exact).all()


@pytest.mark.parametrize("when", [0, 2])
def test_large_errors_are_found_out_whenever_they_come(when):
    network, half = Network(), HalfPrecision()
    for number in range(4):
        network.error = 50.0 if number >= when else 0.0
        inputs = images(100, number)
        assert (half.labels(network, inputs) == network(inputs).argmax(axis=1)).all() or half.trusted
    assert half.trusted is False
    asked = network.asked[True]
    half.labels(network, images(10))
    assert network.asked[True] == asked


def test_a_network_that_insists_on_float32_is_asked_in_it():
    def scores(inputs):
        if torch.is_autocast_enabled("cpu"):
            raise RuntimeError("expected Float")
        return inputs

    half = HalfPrecision()
    assert half.labels(scores, np.eye(3)).tolist() == [0, 1, 2]
    assert half.trusted is False


def test_an_error_in_either_precision_is_not_hidden():
    def scores(inputs):
        raise ValueError("NaN")

    with pytest.raises(ValueError, match="NaN"):
        HalfPrecision().labels(scores, np.eye(3))


def test_leads():
    scores = np.array([[3.0, 1.0, 2.5], [0.0, 1.0, 0.0]], dtype=np.float32)
    assert leads(scores, np.array([0, 0])).tolist() == [0.5, -1.0]
    assert TOLERATED < BEYOND_DOUBT


@pytest.mark.parametrize(
    "module",
    [nn.Linear(4, 3), nn.Sequential(nn.Conv2d(3, 4, 3)).half(), nn.Sequential(nn.Conv2d(3, 4, 3)).double()],
)
def test_it_pays_for_convolutions_in_float32_only(module):
    assert not half_precision_pays(module, CPU)


def test_it_pays_where_the_processor_can(monkeypatch):
    net = nn.Sequential(nn.Conv2d(3, 4, 3))
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    assert half_precision_pays(net, CPU)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    assert not half_precision_pays(net, CPU)
