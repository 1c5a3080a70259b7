"""What a batch is, and the numbers that a model takes for it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import ModelError
from tellmark.models.preprocessing import Preprocessing
from tellmark.types import Batch


def is_image(batch: Batch) -> bool:
    """Whether the batch holds ``uint8`` images ``(n, height, width, channels)``."""
    return batch.dtype == np.uint8 and batch.ndim == 4


def is_text(batch: Batch) -> bool:
    """Whether the batch holds strings ``(n,)``."""
    return batch.dtype == np.object_ and batch.ndim == 1


def as_numbers(batch: Batch, preprocessing: Preprocessing) -> NDArray[np.float32] | NDArray[np.float64]:
    """Images as `preprocessing` makes them, ``float32``; table rows ``float64``, unchanged.

    Raises
    ------
    ModelError
        If the batch holds neither.
    """
    if is_image(batch):
        return preprocessing.apply(batch)
    if batch.dtype == np.float64 and batch.ndim == 2:
        return batch
    raise ModelError(f"this model takes images or rows of numbers, not {describe(batch)}")


def as_rows(batch: Batch, preprocessing: Preprocessing) -> NDArray[np.float32] | NDArray[np.float64]:
    """Like `as_numbers`, with each image laid out as one row."""
    numbers = as_numbers(batch, preprocessing)
    return numbers.reshape(len(numbers), -1)


def describe(batch: NDArray[Any]) -> str:
    """Kind and shape of a batch, without its content."""
    if is_text(batch):
        return f"{len(batch)} texts"
    return f"{batch.dtype} of shape {batch.shape}"
