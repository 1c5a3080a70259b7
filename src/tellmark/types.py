"""Names for the arrays and values that several packages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NewType, Protocol

import numpy as np
from numpy.typing import NDArray

Batch = NDArray[Any]
"""Inputs as a client can send them, first axis = inputs.

- images: ``uint8``, shape ``(n, height, width, channels)``, channels in RGB order (or grey, 1);
- table rows: ``float64``, shape ``(n, columns)``;
- texts: ``object`` (each a ``str``), shape ``(n,)``.
"""

Labels = NDArray[np.int64]
"""Class indices, shape ``(n,)``, each in ``[0, n_classes)``."""

Scores = NDArray[np.float32]
"""One score per class, shape ``(n, n_classes)``; larger is likelier; logits or probabilities."""

Indices = NDArray[np.int64]
"""Positions in a sequence, shape ``(n,)``."""

Digest = NewType("Digest", str)
"""``sha256:`` followed by 64 lower-case hexadecimal digits."""

Seed = NewType("Seed", bytes)
"""The secret from which every random choice of a mark derives. 32 bytes."""

Json = Any
"""What JSON can hold: dict with string keys, list, str, int, float, bool, None."""


class Progress(Protocol):
    """Told how far a long job has come. It must return quickly and must not raise."""

    def __call__(self, stage: str, done: int, total: int | None, /) -> None:
        """Take note that `done` of `total` steps of the stage are behind; `total` is None while unknown."""
        ...


def silent(stage: str, done: int, total: int | None, /) -> None:
    """Tell nobody: the default `Progress`."""


Inputs = Callable[[Indices], Batch]
"""Hands out the inputs at the given positions; lets a trigger set live on disk or be regenerated."""
