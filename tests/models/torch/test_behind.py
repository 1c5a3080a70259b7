"""The network behind a model is found, with the classes in the order of its output."""

from __future__ import annotations

import pytest

import toys
from tellmark.models.classes import aligned
from tellmark.models.loading import load_model
from tellmark.models.preprocessing import Preprocessing

torch = pytest.importorskip("torch")

from tellmark.models.torch.behind import network_behind  # noqa: E402

NET = torch.nn.Linear(4, 3)
OWN = ("a", "b", "c")


def test_module_in_memory_is_found_with_its_preprocessing():
    preprocessing = Preprocessing(mean=(0.5,))
    network = network_behind(load_model(NET, preprocessing=preprocessing, classes=OWN))
    assert torch.equal(network.module.weight, NET.weight)
    assert (network.preprocessing, network.classes) == (preprocessing, OWN)


@pytest.mark.parametrize("orders", [["cab"], ["cab", "bca"], ["abc"]], ids="/".join)
def test_alignment_leaves_the_order_of_the_output_as_it_is(orders):
    model = load_model(NET, classes=OWN)
    for order in orders:
        model = aligned(model, tuple(order))
    assert network_behind(model).classes == OWN


def test_network_without_names_has_those_of_the_data_it_was_aligned_with_first():
    model = aligned(aligned(load_model(NET), OWN), ("c", "b", "a"))
    assert network_behind(model).classes == OWN
    assert network_behind(load_model(NET)).classes is None


def test_other_models_have_no_network(exported):
    assert network_behind(toys.LinearModel([[1.0, 2.0]])) is None
    assert network_behind(aligned(toys.blob_model(), ("a", "b", "c", "d"))) is None
    assert network_behind(load_model(f"export:{exported}")) is None
