"""Broken and hostile files, reported as what they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from tellmark.errors import DataError, TellmarkError


@contextmanager
def damage_reported(place: str, kind: str) -> Iterator[None]:
    """Within the block, whatever a decoder makes of bad bytes becomes a `DataError` that names the place.

    For calls into decoders alone: zip, zlib, NumPy's array format, Pillow and Arrow raise two dozen types of
    errors on bytes that they cannot read, few of them documented. Their warnings are silenced: they tell of
    size, which is limited elsewhere, or of metadata, which is not used.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except TellmarkError:
        raise
    except MemoryError as error:
        raise DataError(f"{place} does not fit into memory; give fewer or smaller items") from error
    except Exception as error:
        reason = f": {error}" if str(error) else ""
        raise DataError(f"{place} is no {kind} that can be read, or is damaged{reason}") from error
