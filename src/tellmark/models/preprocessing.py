"""From uint8 images, as a client sends them, to the numbers a network takes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tellmark.errors import InvalidInput
from tellmark.types import Batch

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Size = Annotated[int, Field(ge=1, le=1 << 16)]


class Preprocessing(BaseModel):
    """Resize, order the channels, divide by `scale`, subtract `mean`, divide by `std`, lay out.

    Attributes
    ----------
    scale : float
        Pixels are divided by it; 255 maps them to [0, 1].
    mean, std : tuple of float
        One per channel or a single one, in the model's channel order, after scaling.
    resize : (height, width) or None
        Bilinear, on the pixels, rounded back to whole levels.
    channels : "rgb" or "bgr"
        Applies to images of three channels.
    layout : "nchw" or "nhwc"
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: float = Field(default=255.0, gt=0, allow_inf_nan=False)
    mean: tuple[_Finite, ...] = Field(default=(0.0,), min_length=1)
    std: tuple[_Finite, ...] = Field(default=(1.0,), min_length=1)
    resize: tuple[_Size, _Size] | None = None
    channels: Literal["rgb", "bgr"] = "rgb"
    layout: Literal["nchw", "nhwc"] = "nchw"

    @field_validator("std")
    @classmethod
    def _positive(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if any(value <= 0 for value in values):
            raise ValueError("every std must be greater than 0")
        return values

    def apply(self, batch: Batch) -> NDArray[np.float32]:
        """Images ``uint8 (n, height, width, channels)`` to ``float32`` in the model's layout.

        Raises
        ------
        InvalidInput
            If the batch holds no such images, or their channels do not fit `mean`, `std` or `channels`.
        """
        self._check(batch)
        images = batch if self.resize is None else _resized(batch, self.resize)
        if self.channels == "bgr":
            images = images[..., ::-1]
        numbers = np.empty((len(images), images.shape[3], *images.shape[1:3]), dtype=np.float32)
        numbers[...] = images.transpose(0, 3, 1, 2)  # channel by channel: long runs of one mean and one std
        numbers /= np.float32(self.scale)
        if any(self.mean):
            numbers -= np.asarray(self.mean, dtype=np.float32)[:, None, None]
        if any(value != 1 for value in self.std):
            numbers /= np.asarray(self.std, dtype=np.float32)[:, None, None]
        return numbers if self.layout == "nchw" else np.ascontiguousarray(numbers.transpose(0, 2, 3, 1))

    def _check(self, batch: Batch) -> None:
        if batch.dtype != np.uint8 or batch.ndim != 4:
            raise InvalidInput(f"images are uint8 (n, height, width, channels), not {batch.dtype} {batch.shape}")
        channels = batch.shape[-1]
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, channels):
                raise InvalidInput(f"{name} has {len(values)} values, the images have {channels} channels")
        if self.channels == "bgr" and channels != 3:
            raise InvalidInput(f"channels=bgr needs images of 3 channels, these have {channels}")


def _resized(batch: Batch, size: tuple[int, int]) -> Batch:
    """Each channel by itself, so that any number of channels will do."""
    height, width = size
    result = np.empty((len(batch), height, width, batch.shape[-1]), dtype=np.uint8)
    for source, target in zip(batch, result, strict=True):
        for channel in range(batch.shape[-1]):
            plane = Image.fromarray(np.ascontiguousarray(source[..., channel]))
            target[..., channel] = np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR))
    return result
