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


def resnet_150k(classes: int = 10) -> nn.Module:
    """152 thousand parameters."""
    return ResNet((16, 32, 64), (1, 1, 2), classes)


def resnet_wide(classes: int = 10) -> nn.Module:
    """The same network 12 times as wide: 22 million parameters."""
    return ResNet((192, 384, 768), (1, 1, 2), classes)


ARCHITECTURES: dict[str, Callable[[int], nn.Module]] = {
    "resnet-150k": resnet_150k,
    "resnet-wide": resnet_wide,
}


def parameter_count(network: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters())
