"""The weights that attacks on weights change: matrices and kernels, not biases or normalisation."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


def copy_of(source: nn.Module) -> nn.Module:
    """A copy that shares no tensor with `source`, in evaluation mode."""
    return copy.deepcopy(source).eval()


def weight_matrices(network: nn.Module) -> list[Tensor]:
    """Every parameter of two or more axes, to be changed in place; one that layers share comes once."""
    return [parameter.detach() for parameter in network.parameters() if parameter.ndim > 1]


def last_layers(network: nn.Module, count: int) -> list[nn.Parameter]:
    """The parameters of the last `count` modules that have a weight matrix of their own, biases included."""
    own = [list(module.parameters(recurse=False)) for module in network.modules()]
    bearing = [some for some in own if any(parameter.ndim > 1 for parameter in some)]
    return [parameter for some in bearing[-count:] for parameter in some]


def only(parameters: Sequence[nn.Parameter], *, of: nn.Module) -> nn.Module:
    """The network `of`, as a module that has no parameters but these, and that always is in evaluation mode.

    It works on the network's own tensors, of which these alone ask for gradients from now on.
    """
    from torch import nn

    class Part(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trained = nn.ParameterList(parameters)
            self.answering = of.__call__  # a method: PyTorch does not see the network behind it

        def forward(self, inputs: Tensor) -> Tensor:
            return self.answering(inputs)

    of.eval().requires_grad_(requires_grad=False)
    return Part()
