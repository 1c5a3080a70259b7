"""How much memory the activations of one forward pass take."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _CountingBytes(TorchDispatchMode):
    """Adds up the bytes of what every operator returns, views included."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.total += sum(leaf.nbytes for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor))
        return result


def activation_bytes(module: nn.Module, inputs: torch.Tensor | list[str]) -> int:
    """Bytes of all activations together, as if none were freed: an upper bound on what a pass needs.

    Operators are counted rather than submodules, so that exported graphs, which have none, are measured too.
    """
    with torch.no_grad(), _CountingBytes() as counter:
        module(inputs)
    return counter.total
