"""The paper's procedure written plainly, as the yardstick of the speed benchmark.

References
----------
M. Pautov, N. Bogdanov, S. Pyatkin, O. Rogov, I. Oseledets. Probabilistically Robust Watermarking of Neural
Networks. IJCAI 2024, Algorithm 1 and the code released with it. doi 10.24963/ijcai.2024/528
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

SHARES_PER_PAIR = 64
PAIRS_PER_ROUND = 128


@dataclass(frozen=True)
class Survivors:
    """Blends of one pair that all models so far answered alike.

    Attributes
    ----------
    images : Tensor of float32, shape (count, channels, height, width)
    labels : Tensor of int64, shape (count,)
    """

    images: Tensor
    labels: Tensor


@dataclass
class Work:
    """What the procedure did: forward passes by number of inputs, and rounds."""

    source_inputs: int = 0
    proxy_inputs: int = 0
    pairs: int = 0
    rounds: int = 0


@torch.no_grad()
def plain_triggers(
    source: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    triggers: int,
    proxies: int,
    sigma: float,
    seed: int,
) -> tuple[Survivors, Work]:
    """Find triggers pair after pair, as the released code does.

    In rounds: pairs of two classes are drawn, and 64 blends of each are asked of the source, until 128 pairs
    have a blend that is answered as neither class. Then each proxy is asked about each pair's surviving blends,
    pair after pair. The first blend that survives of each pair becomes a trigger.

    Parameters
    ----------
    images : Tensor of float32, shape (items, channels, height, width)
        The hold-out data as `source` takes it.
    labels : Tensor of int64, shape (items,)

    Returns
    -------
    Survivors
        `triggers` of them.
    Work
    """
    random = torch.Generator().manual_seed(seed)
    copies = noisy_copies(source, proxies, sigma=sigma, random=random)
    found: list[Survivors] = []
    work, used = Work(), set[int]()
    while len(found) < triggers:
        pairs = _accepted_pairs(source, images, labels, used, random, work)
        for proxy in copies:
            pairs = _surviving(proxy, pairs, work)
        found += [Survivors(pair.images[:1], pair.labels[:1]) for pair in pairs]
        work.rounds += 1
    kept = found[:triggers]
    return Survivors(torch.cat([one.images for one in kept]), torch.cat([one.labels for one in kept])), work


def noisy_copies(source: nn.Module, count: int, *, sigma: float, random: torch.Generator) -> list[nn.Module]:
    """Copies of `source` with N(0, σ²) added to every parameter."""
    copies = [copy.deepcopy(source) for _ in range(count)]
    for proxy in copies:
        for parameter in proxy.parameters():
            parameter.data.add_(torch.randn(parameter.shape, generator=random), alpha=sigma)
    return copies


def _accepted_pairs(
    source: nn.Module, images: Tensor, labels: Tensor, used: set[int], random: torch.Generator, work: Work
) -> list[Survivors]:
    """128 pairs, each with those of its 64 blends that the source answers as neither class."""
    accepted: list[Survivors] = []
    while len(accepted) < PAIRS_PER_ROUND:
        first, second = torch.randint(len(images), (2,), generator=random).tolist()
        if labels[first] == labels[second] or {first, second} <= used:
            continue
        share = torch.rand(SHARES_PER_PAIR, 1, 1, 1, generator=random)
        blends = (1 - share) * images[first] + share * images[second]
        answers = source(blends).argmax(dim=1)
        work.source_inputs += len(blends)
        work.pairs += 1
        good = (answers != labels[first]) & (answers != labels[second])
        if good.any():
            accepted.append(Survivors(blends[good], answers[good]))
            used |= {first, second}
    return accepted


def _surviving(proxy: nn.Module, pairs: list[Survivors], work: Work) -> list[Survivors]:
    """What of each pair `proxy` answers as the source did; pairs of which nothing is left are dropped."""
    left: list[Survivors] = []
    for pair in pairs:
        agree = proxy(pair.images).argmax(dim=1) == pair.labels
        work.proxy_inputs += len(pair.images)
        if agree.any():
            left.append(Survivors(pair.images[agree], pair.labels[agree]))
    return left
