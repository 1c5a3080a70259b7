"""The same network has the same triggers in every format, on any number of threads, at any batch size."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from tellmark.api import load_model, mark
from toys import images

CLASSES = 3
DATA = images(n=120, classes=CLASSES, height=8, width=8, channels=3)


def network():
    """A convolution, so that candidates differ; no batch normalisation, which exporters fold away."""
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(216, CLASSES))
    with torch.no_grad():
        pixels = torch.from_numpy(DATA.inputs.transpose(0, 3, 1, 2) / 255).float()
        net[3].bias -= net(pixels).mean(dim=0)  # so that every class is answered
    return net.eval()


@pytest.fixture(scope="module")
def specs(tmp_path_factory):
    folder, net = tmp_path_factory.mktemp("formats"), network()
    example = (torch.rand(2, 3, 8, 8),)
    batch = {"input": {0: torch.export.Dim("n", min=1, max=4096)}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.export.export(net, example, dynamic_shapes=batch)
        torch.export.save(exported, folder / "net.pt2")
        torch.onnx.export(exported, (), folder / "net.onnx", dynamo=True, verbose=False)
    return {"torch": net, "export": f"export:{folder}/net.pt2", "onnx": f"onnx:{folder}/net.onnx"}


def triggers_of(source, **settings):
    settings = {"n": 15, "proxies": 8, "seed": 7, "sigma": 0.05, "tau": None} | settings
    return mark(source, DATA, **settings)


def assert_same(made, expected):
    assert made.triggers.indices.tolist() == expected.triggers.indices.tolist()
    assert made.triggers.labels.tolist() == expected.triggers.labels.tolist()
    everything = np.arange(len(made))
    assert (made.triggers.inputs(everything) == expected.triggers.inputs(everything)).all()


@pytest.mark.parametrize("kind", ["export", "onnx"])
@pytest.mark.parametrize("proxies", [0, 8])
def test_formats_agree(specs, kind, proxies):
    expected = triggers_of(load_model(specs["torch"]), proxies=proxies)
    made = triggers_of(load_model(specs[kind]), proxies=proxies)
    assert_same(made, expected)
    assert made.public.source.kind == kind
    perturbed = {(p.name, p.shape) for p in made.public.source.perturbed}
    assert perturbed == {(p.name, p.shape) for p in expected.public.source.perturbed}
    assert bool(perturbed) == (proxies > 0)


def test_candidates_agree_where_an_exporter_folds_and_the_mark_names_what_was_perturbed(tmp_path):
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(216, CLASSES)
    )
    with torch.no_grad():
        net(torch.from_numpy(DATA.inputs.transpose(0, 3, 1, 2) / 255).float())  # running statistics
    net.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(net, (torch.rand(2, 3, 8, 8),), dynamo=True, verbose=False)
        program.save(tmp_path / "net.onnx")
    torch_model, onnx_model = load_model(net), load_model(f"onnx:{tmp_path}/net.onnx")
    untested = {"proxies": 0, "tie_margin": 1e-3}
    assert_same(triggers_of(onnx_model, **untested), triggers_of(torch_model, **untested))
    names = [{p.name for p in triggers_of(m).public.source.perturbed} for m in (torch_model, onnx_model)]
    assert "1.weight" in names[0]
    assert names[0] != names[1]


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_batch_sizes_agree(specs, batch_size):
    assert_same(triggers_of(load_model(specs["torch"], batch_size=batch_size)), triggers_of(specs["torch"]))


def test_thread_counts_agree(specs):
    expected, before = triggers_of(specs["torch"]), torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert_same(triggers_of(specs["torch"]), expected)
    finally:
        torch.set_num_threads(before)


def test_other_seeds_have_other_triggers(specs):
    made = [triggers_of(specs["torch"], seed=seed).triggers.indices.tolist() for seed in (7, 8)]
    assert made[0] != made[1]
