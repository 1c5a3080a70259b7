"""The network of the demonstration's source, twins and distilled student."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class SmallConvNet:
    """Makes a convolutional network with batch normalisation for small grey images.

    Four 3×3 convolutions of `width` to ``4 * width`` channels, halving the size once, then the mean over all
    positions and a linear layer. With the default width 34 thousand parameters.

    Attributes
    ----------
    width : int
        Channels of the first convolution.
    classes : int
    """

    width: int = 16
    classes: int = 10

    def __call__(self) -> nn.Module:
        """An untrained network, from float32 ``(n, 1, height, width)`` to logits ``(n, classes)``."""
        from torch import nn

        widths = (1, self.width, 2 * self.width, 2 * self.width, 4 * self.width)
        layers: list[nn.Module] = []
        for depth, (incoming, outgoing) in enumerate(pairwise(widths)):
            layers += [
                nn.Conv2d(incoming, outgoing, 3, stride=2 if depth == 2 else 1, padding=1, bias=False),
                nn.BatchNorm2d(outgoing),
                nn.ReLU(),
            ]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], self.classes))
