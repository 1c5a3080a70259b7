"""Arithmetic in bfloat16, for labels that are clear of a tie by far more than its rounding.

Processors with instructions for bfloat16 answer nearly twice as fast in it. Its scores are off by a hundredth of
their spread at most times, so a label is taken from them only where the best score is `DOUBT` of the spread ahead
of the next; all other inputs are asked again in the network's own precision. So labels are those of the network,
on processors with and without these instructions.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import nn

from tellmark.types import Indices, Scores

DOUBT = 0.05
"""Share of the mean spread between an input's best and worst score. The speed benchmark
(``docs/benchmarks/speed.md``) says how far off rough scores are, and how many labels they would turn by themselves."""

TOLERATED = DOUBT / 2
"""A network whose rough scores are off by more than this share on the inputs that try it is not asked roughly."""

_LARGEST = 16 << 20
"""Bytes of weights. They are rounded anew for every piece of a batch, and lie in memory once more meanwhile: both
must not matter beside the activations."""

_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def can_be_rough(module: nn.Module, device: torch.device) -> bool:
    """Whether bfloat16 is worth trying: a small network in single precision, on a processor that has it."""
    if device.type != "cpu" or not _processor_has_it():
        return False
    tensors = [*module.parameters(), *module.buffers()]
    numbers = [one for one in tensors if one.is_floating_point()]
    small = sum(one.nbytes for one in tensors) <= _LARGEST
    return small and bool(numbers) and all(one.dtype == torch.float32 for one in numbers)


def _processor_has_it() -> bool:
    told = getattr(torch.cpu, "get_capabilities", None)  # since PyTorch 2.10
    return told is not None and any(told().get(name) for name in _INSTRUCTIONS)


def roughly() -> AbstractContextManager[object]:
    """Within the ``with`` block convolutions and products of matrices are computed in bfloat16."""
    return torch.autocast("cpu", torch.bfloat16)


def doubt_of(rough: Scores, exact: Scores) -> float | None:
    """How far ahead of the next, in the unit of the scores, the best rough score must be for its label to count.

    Parameters
    ----------
    rough, exact : ndarray of float32, shape (n, n_classes)
        Scores of the same inputs in either arithmetic.

    Returns
    -------
    float or None
        None where the rough scores are off by too much, or all scores are the same.
    """
    spread = float((exact.max(axis=1) - exact.min(axis=1)).mean())
    if rough.shape != exact.shape or spread == 0:
        return None
    return DOUBT * spread if float(np.abs(rough - exact).max()) <= TOLERATED * spread else None


def in_doubt(scores: Scores, doubt: float) -> Indices:
    """Positions of the inputs whose labels their rough scores do not settle."""
    top = np.partition(scores, scores.shape[1] - 2, axis=1)[:, -2:]
    return np.flatnonzero(top[:, 1] - top[:, 0] <= doubt)
