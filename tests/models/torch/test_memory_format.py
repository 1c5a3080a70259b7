"""Channels are put last only where that changes nothing but the time it takes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tellmark.models.loading import load_model
from tellmark.models.torch.memory_format import takes_channels_last

IMAGES = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)


class Viewing(nn.Module):
    """Lays its activations out by `view`, which needs them in the usual order."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(4 * 8 * 8, 3)

    def forward(self, images):
        return self.head(self.convolution(images).view(len(images), -1))


class InMemoryOrder(nn.Module):
    """Answers by where a number lies in memory."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, images):
        hidden = self.convolution(images)
        return torch.as_strided(hidden, (len(images), 3), (hidden.stride(0), 1))


def convolutional():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 3)).eval()


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (convolutional(), True),
        (Viewing(), False),
        (InMemoryOrder(), False),
        (nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), False),  # nothing to gain
    ],
)
def test_it_is_found_out_by_asking(module, expected):
    assert takes_channels_last(module, IMAGES) is expected


def test_rows_have_no_channels():
    assert not takes_channels_last(nn.Linear(4, 3), torch.zeros(2, 4))


@pytest.mark.parametrize("module", [convolutional(), Viewing(), InMemoryOrder()])
def test_the_answers_are_those_of_the_bare_module(module):
    with torch.no_grad():
        expected = module(torch.from_numpy(PIXELS).permute(0, 3, 1, 2).contiguous() / 255).numpy()
    np.testing.assert_allclose(load_model(module).query(PIXELS).scores, expected, rtol=1e-4, atol=1e-5)
