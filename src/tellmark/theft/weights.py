"""The weights that attacks on weights change: matrices and kernels, not biases or normalisation."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


def copy_of(source: nn.Module) -> nn.Module:
    """A copy that shares no tensor with `source`, in evaluation mode."""
    return copy.deepcopy(source).eval()


def weight_matrices(network: nn.Module) -> list[Tensor]:
    """Every parameter of two or more axes, to be changed in place; one that layers share comes once."""
    return [parameter.detach() for parameter in network.parameters() if parameter.ndim > 1]
