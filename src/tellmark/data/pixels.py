"""Arrays of images, brought to bytes and to channels last where that is certain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tellmark.data.origin import Origin
from tellmark.errors import DataError

_CHANNELS = (1, 3)
_ROUNDING = 1e-4
"""Of a pixel in steps of 1/255: eight times the rounding of float32, far below half a step."""


def as_images(array: NDArray[Any], origin: Origin) -> NDArray[np.uint8]:
    """Images as a client can send them: ``uint8``, ``(n, height, width, channels)``, 1 or 3 channels.

    Parameters
    ----------
    array : ndarray, shape (n, height, width), (n, height, width, channels) or (n, channels, height, width)
        Integers from 0 to 255, or floats that are whole multiples of 1/255 from 0 to 1. Channels lie first
        or last, whichever of the two lengths is 1 or 3; where both or neither is, the array is refused.

    Raises
    ------
    DataError
        If the layout is not certain, or a pixel is not a byte.
    """
    return as_bytes(channels_last(array, origin), origin)


def channels_last(array: NDArray[Any], origin: Origin) -> NDArray[Any]:
    """The same pixels, viewed as ``(n, height, width, channels)``."""
    if array.ndim == 3:
        return array[..., None]
    first, last = array.shape[1] in _CHANNELS, array.shape[3] in _CHANNELS
    if first == last:
        why = "could lie on the second axis or on the last" if first else "are neither 1 nor 3"
        raise DataError(
            f"{origin.file} has images of shape {array.shape[1:]}, whose channels {why}; "
            "give grey or RGB images as (n, height, width, channels)"
        )
    return array.transpose(0, 2, 3, 1) if first else array


def as_bytes(images: NDArray[Any], origin: Origin) -> NDArray[np.uint8]:
    """The same pixels as bytes, without loss."""
    if images.dtype == np.uint8:
        return np.ascontiguousarray(images)
    if images.dtype.kind not in "iuf":
        raise DataError(f"{origin.file} has images of type {images.dtype}; give uint8")
    converted = np.empty(images.shape, dtype=np.uint8)
    for position, image in enumerate(images):  # one at a time: no second copy of all in floats
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is refused just below
            scaled = image.astype(np.float64) * (255.0 if image.dtype.kind == "f" else 1.0)
            whole = np.rint(scaled)
            sendable = (np.abs(scaled - whole) <= _ROUNDING) & (whole >= 0) & (whole <= 255)
        if not sendable.all():
            raise DataError(
                f"{origin.at(position)}: a pixel of {image[~sendable][0]}, which is no byte. Triggers must be "
                "sendable: give uint8 images, before any normalisation (floats only as k/255, k = 0 to 255)"
            )
        converted[position] = whole
    return converted
