"""Networks that the benchmarks train, by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (He et al., CVPR 2016)."""

    def __init__(self, incoming: int, outgoing: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(incoming, outgoing, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outgoing)
        self.conv2 = nn.Conv2d(outgoing, outgoing, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outgoing)
        self.shortcut = nn.Sequential()
        if stride != 1 or incoming != outgoing:
            self.shortcut = nn.Sequential(
                nn.Conv2d(incoming, outgoing, 1, stride, bias=False), nn.BatchNorm2d(outgoing)
            )

    def forward(self, inputs: Tensor) -> Tensor:
        """``(n, incoming, h, w)`` to ``(n, outgoing, h/stride, w/stride)``."""
        hidden = functional.relu(self.bn1(self.conv1(inputs)))
        return functional.relu(self.bn2(self.conv2(hidden)) + self.shortcut(inputs))


class ResNet(nn.Module):
    """Residual network for 32×32 images: a 3×3 stem, one stage per width, each but the first halving the size."""

    def __init__(self, widths: tuple[int, ...], blocks: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        stages: list[nn.Module] = []
        incoming = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for block in range(count):
                stages.append(BasicBlock(incoming, width, 2 if stage and not block else 1))
                incoming = width
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(incoming, classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """``(n, 3, 32, 32)`` to logits ``(n, classes)``."""
        return self.head(self.stages(self.stem(inputs)).mean(dim=(2, 3)))


class VGG(nn.Module):
    """Plain network for 32×32 images: 3×3 convolutions, one stage per width, a maximum pool after each but the last.

    References
    ----------
    K. Simonyan, A. Zisserman. Very deep convolutional networks for large-scale image recognition. ICLR 2015.
    """

    def __init__(self, widths: tuple[int, ...], convolutions: tuple[int, ...], classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        incoming = 3
        for stage, (width, count) in enumerate(zip(widths, convolutions, strict=True)):
            if stage:
                layers.append(nn.MaxPool2d(2))
            for _ in range(count):
                layers += [nn.Conv2d(incoming, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
                incoming = width
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(incoming, classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """``(n, 3, 32, 32)`` to logits ``(n, classes)``."""
        return self.head(self.features(inputs).mean(dim=(2, 3)))


def resnet_150k(classes: int = 10) -> nn.Module:
    """152 thousand parameters."""
    return ResNet((16, 32, 64), (1, 1, 2), classes)


def resnet_wide(classes: int = 10) -> nn.Module:
    """The same network 12 times as wide: 22 million parameters."""
    return ResNet((192, 384, 768), (1, 1, 2), classes)


def resnet_600k(classes: int = 10) -> nn.Module:
    """The same network twice as wide: 604 thousand parameters."""
    return ResNet((32, 64, 128), (1, 1, 2), classes)


def vgg_136k(classes: int = 10) -> nn.Module:
    """136 thousand parameters, no shortcuts."""
    return VGG((16, 32, 64, 128), (1, 1, 2, 1), classes)


ARCHITECTURES: dict[str, Callable[[int], nn.Module]] = {
    "resnet-150k": resnet_150k,
    "resnet-600k": resnet_600k,
    "resnet-wide": resnet_wide,
    "vgg-136k": vgg_136k,
}


def parameter_count(network: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters())
