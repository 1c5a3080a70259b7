"""Every architecture is of the size that its name says, and answers for any number of classes."""

from __future__ import annotations

import pytest
import torch

from tellmark.errors import InvalidInput
from tellmark.theft.lab.architectures import ARCHITECTURES, NetworkOf

SIZES = {
    "resnet-5k": 5.3e3,
    "vgg-6k": 6.4e3,
    "resnet-150k": 152e3,
    "resnet-300k": 304e3,
    "resnet-600k": 604e3,
    "resnet-1m": 1.21e6,
    "vgg-136k": 136e3,
    "resnet34": 21.3e6,
    "vgg11": 9.2e6,
    "mobilenet-v2": 2.24e6,
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_it_has_as_many_parameters_as_it_should(name):
    network = NetworkOf(name, classes=10)()
    assert sum(one.numel() for one in network.parameters()) == pytest.approx(SIZES[name], rel=0.02)


@pytest.mark.parametrize("name", ["resnet-5k", "vgg-6k", "mobilenet-v2"])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_takes_grey_and_colour(name, channels):
    network = NetworkOf(name, classes=7, channels=channels)().eval()
    assert network(torch.zeros(2, channels, 8, 8)).shape == (2, 7)


def test_an_unknown_one_is_refused_with_the_nearest():
    with pytest.raises(InvalidInput, match="unknown architecture 'resnet-34'; did you mean 'resnet34'"):
        NetworkOf("resnet-34", classes=10)
