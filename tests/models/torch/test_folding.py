"""Folded networks compute what they did; what cannot be folded safely is left alone."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from tellmark.models.loading import load_model
from tellmark.models.torch.folding import foldable, take_out


def block(*parts):
    return nn.Sequential(*parts)


def shaken(module):
    """The module with statistics and weights that are no identity, ready to answer."""
    generator = torch.Generator().manual_seed(0)
    for tensor in [*module.parameters(), *module.buffers()]:
        if tensor.is_floating_point():
            tensor.data = torch.rand(tensor.shape, generator=generator) + 0.5
    return module.eval()


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        return functional.relu(self.norm(self.conv(x)) + x)


class SharedOutput(Residual):
    def forward(self, x):
        hidden = self.conv(x)
        return self.norm(hidden) + hidden


class CalledTwice(Residual):
    def forward(self, x):
        return self.norm(self.conv(self.norm(self.conv(x))))


class ReachedDirectly(Residual):
    def forward(self, x):
        return self.norm(self.conv(x)) + functional.conv2d(x, self.conv.weight, padding=1)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.other, self.norm = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)
        self.other.weight = self.conv.weight

    def forward(self, x):
        return self.other(self.norm(self.conv(x)))


class DependsOnData(Residual):
    def forward(self, x):
        return self.norm(self.conv(x)) if x.sum() > 0 else x


FOLDED = {
    "without bias": block(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)),
    "with bias": block(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()),
    "grouped": block(nn.Conv2d(3, 6, 3, groups=3), nn.BatchNorm2d(6)),
    "without scale": block(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, affine=False)),
    "two in a row": block(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 5, 3), nn.BatchNorm2d(5)),
    "residual": Residual(),
}
LEFT = {
    "shared output": SharedOutput(),
    "called twice": CalledTwice(),
    "reached directly": ReachedDirectly(),
    "tied": Tied(),
    "depends on data": DependsOnData(),
    "not in this order": block(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3)),
    "something between": block(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4)),
    "no statistics": block(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)),
    "half precision": block(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).bfloat16(),
    "transposed": block(nn.ConvTranspose2d(3, 4, 3), nn.BatchNorm2d(4)),
}


@pytest.mark.parametrize("name", FOLDED)
def test_a_folded_network_computes_the_same(name):
    network = shaken(FOLDED[name])
    images = torch.rand(5, 3, 8, 8)
    expected = network(images).detach()
    weights = {key: tensor.clone() for key, tensor in network.named_parameters()}
    folds = take_out(network, foldable(network))
    assert folds
    assert not any(isinstance(part, nn.BatchNorm2d) for part in network.modules())
    for _ in range(2):  # as for every new proxy: weights are set, then folded
        for key, tensor in network.named_parameters():
            if key in weights:
                tensor.data.copy_(weights[key])
        for fold in folds:
            fold.apply()
        assert torch.allclose(network(images), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", LEFT)
def test_what_cannot_be_folded_is_left_alone(name):
    assert foldable(LEFT[name].eval()) == ()


def test_a_training_network_is_left_alone():
    assert foldable(Residual().train()) == ()


def test_hooks_are_not_bypassed():
    network = Residual().eval()
    network.norm.register_forward_hook(lambda module, inputs, output: output * 2)
    assert foldable(network) == ()


class TakesAnotherBranch(Residual):
    """What is traced is no tensor, so that tracing follows the branch that no input takes."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 4)

    def forward(self, x):
        hidden = self.conv(x)
        hidden = self.norm(hidden) + hidden if isinstance(x, torch.Tensor) else self.norm(hidden)
        return self.head(hidden.mean((2, 3)))


class TakesThisBranch(TakesAnotherBranch):
    def forward(self, x):
        return self.head(self.norm(self.conv(x)).mean((2, 3)))


@pytest.mark.parametrize(("network", "folds"), [(TakesThisBranch(), True), (TakesAnotherBranch(), False)])
def test_folds_are_tried_on_the_first_inputs(network, folds):
    network = shaken(network)
    assert foldable(network)
    model = load_model(network, batch_size=4)
    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 3), dtype=np.uint8)
    noisy = type(network)()
    noisy.load_state_dict(network.state_dict())
    for parameter in noisy.parameters():
        parameter.data += 0.25
    expected = load_model(noisy.eval()).query(images).scores
    for _ in range(2):
        with model.perturbed(lambda parameter, start, stop: np.full(stop - start, 0.25, np.float32)) as copy:
            np.testing.assert_allclose(copy.query(images).scores, expected, rtol=1e-3)
    with model._scratch.lent() as twin:
        assert bool(twin.folds) is folds
        assert any(isinstance(part, nn.BatchNorm2d) for part in twin.module.modules()) is not folds
        assert (twin.module.conv.bias is not None) is folds
