"""From encoded image files to one array of bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from tellmark.data.damage import damage_reported
from tellmark.data.limits import MAX_PIXELS, check_room
from tellmark.errors import DataError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
_GREY = ("1", "L", "LA")
_COLOUR = ("P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")


@dataclass(frozen=True)
class ImageFile:
    """An encoded image in a folder or an archive.

    Attributes
    ----------
    parts : tuple of str
        Folders and file name, below the folder or in the archive that is read.
    place : str
        The same with the name of that folder or archive, for messages.
    read : callable
        Hands out the encoded bytes.
    """

    parts: tuple[str, ...]
    place: str
    read: Callable[[], bytes] = field(repr=False, compare=False)


def decode_images(files: Sequence[ImageFile]) -> NDArray[np.uint8]:
    """Decode images of one size: ``uint8``, ``(n, height, width, channels)``.

    All grey images make one channel; otherwise all become RGB. As `torchvision.datasets.ImageFolder` does,
    an alpha channel is dropped without blending, the first frame of an animation is taken, and an
    orientation noted in the metadata is not applied.

    Raises
    ------
    DataError
        If an image cannot be read, has more than 8 bits a channel or too many pixels, or sizes differ.
    """
    first = _decode(files[0])
    images = _room_for(len(files), first)
    for position, file in enumerate(files):
        image = first if position == 0 else _decode(file)
        if image.size != first.size:
            raise DataError(
                f"images differ in size: {files[0].place} is {_size(first)} (width×height), {file.place} is "
                f"{_size(image)}; bring them to one size first, the one that is sent to the model"
            )
        if image.mode == "RGB" and images.shape[-1] == 1:  # the first colour image after grey ones
            grey, images = images, _room_for(len(files), image)
            images[:position] = grey[:position]
        images[position] = np.asarray(image).reshape((*images.shape[1:3], -1))
    return images


def _room_for(count: int, image: Image.Image) -> NDArray[np.uint8]:
    """An array for as many images like this one."""
    shape = (count, image.height, image.width, len(image.getbands()))
    what = f"an array of {count} images of {_size(image)} pixels"
    check_room(math.prod(shape), what=what)
    with damage_reported(what, "array"):
        return np.empty(shape, dtype=np.uint8)


def _decode(file: ImageFile) -> Image.Image:
    """The image in mode L or RGB."""
    encoded = file.read()
    with damage_reported(file.place, "image"):
        image = _opened(encoded, file.place)
        if not 0 < image.width * image.height <= MAX_PIXELS:
            raise DataError(f"{file.place} is {_size(image)} pixels; images of 1 to {MAX_PIXELS:,} pixels are read")
        if image.mode not in _GREY + _COLOUR or _is_deep(image):
            raise DataError(f"{file.place} has more than 8 bits a channel; store it with 8, as a client would send it")
        return image.convert("L" if image.mode in _GREY else "RGB")


def _opened(encoded: bytes, place: str) -> Image.Image:
    try:
        return Image.open(BytesIO(encoded), formats=_FORMATS)
    except UnidentifiedImageError:
        raise DataError(f"{place} is no image that can be read, or is damaged") from None


def _is_deep(image: Image.Image) -> bool:
    """Whether 16 bits a channel are cut to 8 on reading: the decoder's arguments then name them."""
    return any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))


def _size(image: Image.Image) -> str:
    return f"{image.width}×{image.height}"
