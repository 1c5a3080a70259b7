"""What a client can really send: the space in which hold-out data, candidates and triggers live."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tellmark.errors import Mismatch
from tellmark.types import Batch


class _Space(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageSpace(_Space):
    """Images of one size: ``uint8``, ``(n, height, width, channels)``."""

    kind: Literal["image"] = "image"
    height: int = Field(ge=1)
    width: int = Field(ge=1)
    channels: int = Field(ge=1)

    def check(self, batch: Batch) -> None:
        """Raise `Mismatch` unless `batch` lies in this space."""
        expected = (self.height, self.width, self.channels)
        if batch.dtype != np.uint8 or batch.shape[1:] != expected:
            raise Mismatch(f"expected uint8 images of shape {expected}, got {batch.dtype} of shape {batch.shape[1:]}")

    def __str__(self) -> str:
        return f"images {self.height}×{self.width}×{self.channels}, uint8"


class Column(_Space):
    """One numeric column and the precision in which its values are written.

    `decimals` is the number of digits behind the point that every value of the hold-out data can be
    written with; None means the full precision of a double.
    """

    name: str
    decimals: int | None = Field(default=None, ge=0)


class TableSpace(_Space):
    """Rows of numbers: ``float64``, ``(n, columns)``."""

    kind: Literal["table"] = "table"
    columns: tuple[Column, ...] = Field(min_length=1)

    def check(self, batch: Batch) -> None:
        """Raise `Mismatch` unless `batch` lies in this space."""
        if batch.dtype != np.float64 or batch.shape[1:] != (len(self.columns),):
            raise Mismatch(
                f"expected float64 rows of {len(self.columns)} columns, got {batch.dtype} of shape {batch.shape[1:]}"
            )

    def __str__(self) -> str:
        return f"rows of {len(self.columns)} numbers"


class TextSpace(_Space):
    """Strings: ``object``, ``(n,)``."""

    kind: Literal["text"] = "text"

    def check(self, batch: Batch) -> None:
        """Raise `Mismatch` unless `batch` lies in this space."""
        if batch.ndim != 1 or not all(isinstance(text, str) for text in batch):
            raise Mismatch(f"expected a one-dimensional array of strings, got {batch.dtype} of shape {batch.shape}")

    def __str__(self) -> str:
        return "texts"


InputSpace = Annotated[ImageSpace | TableSpace | TextSpace, Field(discriminator="kind")]
