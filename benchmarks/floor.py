"""The least time that so many answers can take: bare forward passes in batches of the fastest size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

BATCH_SIZES = (16, 24, 32, 48, 64, 96, 128, 256)

T = TypeVar("T")


def timed(run: Callable[[], T]) -> tuple[T, float]:
    """What `run` returns, and the seconds of processor time it took.

    Processor time, because other work may share the machine; with one thread it is what a clock would show on
    an idle one.
    """
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


@torch.inference_mode()
def bare_forwards(network: nn.Module, images: Tensor, count: int, *, batch: int) -> None:
    """Ask `network` about `count` images, taken from `images` over and over, `batch` at a time."""
    done = 0
    while done < count:
        size = min(batch, count - done)
        start = done % max(1, len(images) - batch)
        network(images[start : start + size])
        done += size


def fastest_batch(network: nn.Module, images: Tensor, *, count: int = 1024, repetitions: int = 3) -> int:
    """The batch size at which `count` images take the least time; the best of some repetitions decides."""

    def seconds(batch: int) -> float:
        bare_forwards(network, images, batch, batch=batch)
        return min(timed(lambda: bare_forwards(network, images, count, batch=batch))[1] for _ in range(repetitions))

    return min(BATCH_SIZES, key=seconds)
