"""The network has the size that its documentation states."""

import torch

from tellmark.demo.network import SmallConvNet


def test_size_and_shape():
    network = SmallConvNet()()
    assert 33_000 < sum(one.numel() for one in network.parameters()) < 35_000
    assert network.eval()(torch.zeros(3, 1, 8, 8)).shape == (3, 10)


def test_networks_of_one_architecture_start_apart():
    architecture = SmallConvNet(width=4, classes=3)
    first, second = architecture(), architecture()
    assert not torch.equal(next(first.parameters()), next(second.parameters()))
    assert repr(architecture) == "SmallConvNet(width=4, classes=3)"
