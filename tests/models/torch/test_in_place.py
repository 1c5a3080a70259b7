"""A network that overwrites answers, bit for bit, as the network does; what is read twice is never overwritten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from tellmark.models.torch.in_place import overwriting

OVERWRITES = {functional.relu_, torch.Tensor.add_}


class Function(nn.Module):
    """One convolution, one linear layer and a forward of one's own."""

    def __init__(self, forward: Callable[[Function, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.other = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 1)
        self.identity, self.relu, self.dropout = nn.Identity(), nn.ReLU(), nn.Dropout()
        self._forward = forward
        self.eval()

    def forward(self, inputs: Tensor) -> Tensor:
        return self._forward(self, inputs)


def shortcut(net: Function, x: Tensor) -> Tensor:
    hidden = functional.relu(net.conv(x))
    return torch.relu(net.identity(net.other(hidden)) + hidden)


def twice_read(net: Function, x: Tensor) -> Tensor:
    hidden = net.conv(x)
    return functional.relu(hidden) - hidden


def a_view(net: Function, x: Tensor) -> Tensor:
    return net.relu(net.conv(x)[:, :1]) + x.sum()


def of_the_input(net: Function, x: Tensor) -> Tensor:
    return functional.relu(x) + net.conv(x)


def broadcast(net: Function, x: Tensor) -> Tensor:
    return net.conv(x)[:, :1].mean() + net.other(x)


def doubled(net: Function, x: Tensor) -> Tensor:
    hidden = net.conv(x)
    return hidden + hidden


def dropped_out(net: Function, x: Tensor) -> Tensor:
    return net.relu(net.dropout(net.conv(x)))


def overwrites(network: nn.Module) -> int:
    return sum(node.target in OVERWRITES for node in network.graph.nodes) if isinstance(network, fx.GraphModule) else 0


@pytest.mark.parametrize(
    ("forward", "count"),
    [
        (shortcut, 3),
        (twice_read, 0),
        (a_view, 0),
        (of_the_input, 0),
        (broadcast, 0),
        (doubled, 0),
        (dropped_out, 0),
    ],
)
def test_it_answers_as_the_network_does(forward, count):
    network = Function(forward)
    inputs = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    before = inputs.clone()
    quick = overwriting(network)
    with torch.inference_mode():
        for _ in range(2):
            assert torch.equal(quick(inputs), network(inputs))
    assert torch.equal(inputs, before)
    assert overwrites(quick) == count


def test_weights_are_shared():
    network = Function(shortcut)
    quick = overwriting(network)
    with torch.no_grad():
        network.conv.weight.zero_()
        inputs = torch.ones(1, 3, 4, 4)
        assert torch.equal(quick(inputs), network(inputs))


def branching(net: Function, x: Tensor) -> Tensor:
    return net.relu(net.conv(x)) if x.sum() > 0 else net.other(x)


def test_what_cannot_be_traced_is_left_alone():
    network = Function(branching)
    assert overwriting(network) is network


def test_hooks_are_not_bypassed():
    network = Function(shortcut)
    network.register_forward_hook(lambda module, inputs, output: output + 1)
    assert overwriting(network) is network
