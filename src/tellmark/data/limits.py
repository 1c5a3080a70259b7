"""How much a data file may ask of this machine before it is refused."""

from __future__ import annotations

MAX_PIXELS = 1 << 26
"""Pixels of one image: 8192 × 8192."""

MAX_FILE_BYTES = 1 << 28
"""Bytes of one encoded image, as stored or as unpacked from an archive: 256 MiB."""

MAX_ARRAY_BYTES = 1 << 34
"""Bytes of all inputs together, decoded: 16 GiB."""
