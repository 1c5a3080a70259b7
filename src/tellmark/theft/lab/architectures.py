"""The architectures that the lab knows, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tellmark.models.spec import unknown_name

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class NetworkOf:
    """Makes an untrained network of an architecture.

    Attributes
    ----------
    architecture : str
        Its name.
    classes : int
    channels : int
        Of the images: 3 for colour, 1 for grey.

    Raises
    ------
    InvalidInput
        If no such architecture is known; the message names the nearest.
    """

    architecture: str
    classes: int
    channels: int = 3

    def __post_init__(self) -> None:
        architecture_named(self.architecture)

    def __call__(self) -> nn.Module:
        """The network, from float32 ``(n, channels, height, width)`` to logits ``(n, classes)``."""
        return ARCHITECTURES[self.architecture](self.classes, self.channels)


def architecture_named(name: str) -> str:
    """The name, if an architecture has it.

    Raises
    ------
    InvalidInput
        If none has; the message names the nearest.
    """
    if name not in ARCHITECTURES:
        raise unknown_name("architecture", name, ARCHITECTURES)
    return name


def _resnet(*widths: int, blocks: tuple[int, ...]) -> Callable[[int, int], nn.Module]:
    def make(classes: int, channels: int) -> nn.Module:
        from tellmark.theft.lab.networks import ResNet

        return ResNet(widths, blocks, classes, channels)

    return make


def _vgg(*widths: int, convolutions: tuple[int, ...]) -> Callable[[int, int], nn.Module]:
    def make(classes: int, channels: int) -> nn.Module:
        from tellmark.theft.lab.networks import VGG

        return VGG(widths, convolutions, classes, channels)

    return make


def _mobilenet_v2(classes: int, channels: int) -> nn.Module:
    from tellmark.theft.lab.networks import MobileNetV2

    return MobileNetV2(classes, channels)


ARCHITECTURES: Mapping[str, Callable[[int, int], nn.Module]] = MappingProxyType(
    {
        "resnet-5k": _resnet(8, 16, blocks=(1, 1)),
        "vgg-6k": _vgg(8, 16, 32, convolutions=(1, 1, 1)),
        "resnet-150k": _resnet(16, 32, 64, blocks=(1, 1, 2)),
        "resnet-300k": _resnet(16, 32, 64, 128, blocks=(0, 1, 1, 1)),
        "resnet-600k": _resnet(32, 64, 128, blocks=(1, 1, 2)),
        "resnet-1m": _resnet(32, 64, 128, 256, blocks=(0, 1, 1, 1)),
        "vgg-136k": _vgg(16, 32, 64, 128, convolutions=(1, 1, 2, 1)),
        "resnet34": _resnet(64, 128, 256, 512, blocks=(3, 4, 6, 3)),
        "vgg11": _vgg(64, 128, 256, 512, 512, convolutions=(1, 1, 2, 2, 2)),
        "mobilenet-v2": _mobilenet_v2,
    }
)
"""From the numbers of classes and channels to an untrained network; the number in a name is that of parameters.

The first two are for images of 8×8 pixels, the others for 32×32.
"""
