"""Take batch normalisations out of a network that only answers, by scaling the convolutions before them.

In evaluation mode a batch normalisation is a scale and a shift for each channel, which the convolution before it
can do as well: a small residual net answers a fifth faster. The network computes the same function, up to
rounding.

References
----------
B. Jacob et al. Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference.
CVPR 2018, section 3.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, fx, nn

_PAIRS = ((nn.Conv1d, nn.BatchNorm1d), (nn.Conv2d, nn.BatchNorm2d), (nn.Conv3d, nn.BatchNorm3d))

_ROUNDING = 1e-3
"""Largest difference between two ways to calculate the same scores, as a share of the scores' spread."""


@dataclass(frozen=True)
class Fold:
    """A convolution and the batch normalisation that alone takes what it puts out.

    Attributes
    ----------
    convolution : nn.Module
    weight, shift : Tensor
        Of the convolution; ``(channels, …)`` and ``(channels,)``.
    shifted : bool
        Whether the network itself has the shift; else it is there for the fold only.
    name : str
        Where the normalisation was.
    normalisation : nn.Module
        No longer part of the network; its parameters still take part in `apply`.
    """

    convolution: nn.Conv1d | nn.Conv2d | nn.Conv3d
    weight: Tensor
    shift: Tensor
    shifted: bool
    name: str
    normalisation: nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d

    @torch.no_grad()
    def apply(self) -> None:
        """Scale and shift as the normalisation would. Once each time the weights have been set."""
        norm = self.normalisation
        mean, variance = norm.running_mean, norm.running_var
        if mean is None or variance is None:
            return  # `foldable` lets no such normalisation pass
        scale = torch.rsqrt(variance + norm.eps) * (1 if norm.weight is None else norm.weight)
        self.weight.mul_(scale.view(-1, *[1] * (self.weight.ndim - 1)))
        if not self.shifted:
            self.shift.zero_()
        self.shift.sub_(mean).mul_(scale).add_(0 if norm.bias is None else norm.bias)


def foldable(module: nn.Module) -> tuple[tuple[str, str], ...]:
    """Names of (convolution, batch normalisation) that can be folded; none where the module cannot be traced.

    Each of the two is used once in a forward pass, and nowhere else; nothing but the normalisation takes what
    the convolution puts out.
    """
    try:
        graph = fx.symbolic_trace(module).graph
    except Exception:  # noqa: BLE001 - a forward that cannot be traced is an ordinary one
        return ()
    parts = dict(module.named_modules())
    calls = Counter(parts[str(node.target)] for node in graph.nodes if node.op == "call_module")
    owners = Counter(id(tensor) for _, tensor in module.named_parameters(remove_duplicate=False))
    reached = [str(node.target) for node in graph.nodes if node.op == "get_attr"]
    found: list[tuple[str, str]] = []
    for node in graph.nodes:
        before = node.args[0] if node.args else None
        if node.op != "call_module" or not isinstance(before, fx.Node) or before.op != "call_module":
            continue
        names = (str(before.target), str(node.target))
        pair = [parts[name] for name in names]
        alone = len(before.users) == 1 and all(calls[part] == 1 for part in pair)
        alone = alone and all(owners[id(tensor)] == 1 for part in pair for tensor in part.parameters())
        alone = alone and not any(name.startswith(f"{part}.") for name in reached for part in names)
        if alone and _match(*pair):
            found.append(names)
    return tuple(found)


def _match(convolution: nn.Module, norm: nn.Module) -> bool:
    if not any(type(convolution) is first and type(norm) is second for first, second in _PAIRS):
        return False
    if norm.training or getattr(norm, "running_var", None) is None:
        return False
    if any(part._forward_hooks or part._forward_pre_hooks for part in (convolution, norm)):  # noqa: SLF001
        return False
    return all(tensor.dtype == torch.float32 for part in (convolution, norm) for tensor in part.parameters())


def take_out(network: nn.Module, names: tuple[tuple[str, str], ...]) -> tuple[Fold, ...]:
    """Replace the normalisations of `network` by nothing, and let their convolutions take them up.

    The network computes what it did after `Fold.apply`, which is called each time its weights have been set.
    """
    folds = []
    for convolution_name, norm_name in names:
        convolution = cast("nn.Conv2d", network.get_submodule(convolution_name))
        norm = cast("nn.BatchNorm2d", network.get_submodule(norm_name))
        shifted = convolution.bias is not None
        if convolution.bias is None:
            zeros = torch.zeros(len(convolution.weight), device=convolution.weight.device)
            convolution.bias = nn.Parameter(zeros, requires_grad=False)
        network.set_submodule(norm_name, nn.Identity())
        folds.append(Fold(convolution, convolution.weight, convolution.bias, shifted, norm_name, norm))
    return tuple(folds)


def put_back(network: nn.Module, folds: Iterable[Fold]) -> None:
    """Undo `take_out`, for weights that are set anew afterwards."""
    for fold in folds:
        network.set_submodule(fold.name, fold.normalisation)
        if not fold.shifted:
            fold.convolution.bias = None


def computes_the_same(network: nn.Module, original: nn.Module, inputs: Tensor | list[str]) -> bool:
    """Whether the scores for `inputs` differ by no more than rounding.

    What `foldable` has traced may be another branch of ``forward`` than the one that inputs take.
    """
    try:
        with torch.inference_mode():
            actual, expected = network(inputs), original(inputs)
    except Exception:  # noqa: BLE001 - whatever is wrong will show when it is asked in earnest
        return False
    if not (isinstance(expected, Tensor) and isinstance(actual, Tensor) and actual.shape == expected.shape):
        return False
    if expected.numel() == 0 or not torch.isfinite(expected).all():
        return False
    return bool((actual - expected).abs().max() <= _ROUNDING * (expected.max() - expected.min()))
