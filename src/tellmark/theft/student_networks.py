"""The built-in networks of thieves who distil: one for images, one for tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

_MOST_HALVINGS = 5


@dataclass(frozen=True)
class ImageNetwork:
    """Makes a convolutional network with batch normalisation for images of any number of channels.

    A 3×3 convolution of `base` channels; then blocks of two, the first of which halves the size and widens
    the network up to ``8 * base`` channels, until 4 pixels or fewer are left on the shorter side; then the
    mean over all positions and a linear layer. Three blocks and 293 thousand parameters for 32×32 pixels.

    Attributes
    ----------
    height, width, channels : int
        Of the images.
    classes : int
    base : int
        Channels of the first convolution.
    """

    height: int
    width: int
    channels: int
    classes: int
    base: int = 16

    def __call__(self) -> nn.Module:
        """An untrained network, from float32 ``(n, channels, height, width)`` to logits ``(n, classes)``."""
        from torch import nn

        halvings = int(np.log2(max(1, min(self.height, self.width) // 4)))
        layers, wide = _convolution(self.channels, self.base, stride=1), self.base
        for depth in range(max(1, min(_MOST_HALVINGS, halvings))):
            wider = self.base * min(8, 2 ** (depth + 1))
            layers += [*_convolution(wide, wider, stride=2), *_convolution(wider, wider, stride=1)]
            wide = wider
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(wide, self.classes))


@dataclass(frozen=True, eq=False)
class TableNetwork:
    """Makes a perceptron with two hidden layers for rows of numbers, which it standardises first.

    Attributes
    ----------
    mean, spread : ndarray of float64, shape (columns,)
        Subtracted from a row, and what it is then divided by; both are part of the network.
    classes : int
    hidden : int
        Units of each hidden layer.
    """

    mean: NDArray[np.float64] = field(repr=False)
    spread: NDArray[np.float64] = field(repr=False)
    classes: int
    hidden: int = 128

    def __call__(self) -> nn.Module:
        """An untrained network, from float32 ``(n, columns)`` to logits ``(n, classes)``."""
        from torch import nn

        return nn.Sequential(
            _standardising(self.mean, self.spread),
            nn.Linear(len(self.mean), self.hidden),
            nn.ReLU(),
            nn.Linear(self.hidden, self.hidden),
            nn.ReLU(),
            nn.Linear(self.hidden, self.classes),
        )


def _standardising(mean: NDArray[np.float64], spread: NDArray[np.float64]) -> nn.Module:
    import torch
    from torch import Tensor, nn

    class Standardise(nn.Module):
        mean: Tensor
        spread: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
            self.register_buffer("spread", torch.tensor(spread, dtype=torch.float32))

        def forward(self, rows: Tensor) -> Tensor:
            return (rows - self.mean) / self.spread

    return Standardise()


def _convolution(incoming: int, outgoing: int, *, stride: int) -> list[nn.Module]:
    from torch import nn

    return [
        nn.Conv2d(incoming, outgoing, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outgoing),
        nn.ReLU(),
    ]
