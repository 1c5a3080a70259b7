"""SHA-256 digests of files, arrays, inputs and JSON documents, in one notation."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import rfc8785

from tellmark.types import Batch, Digest, Json


def digest_bytes(data: bytes) -> Digest:
    """Digest of a byte string."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def digest_file(path: Path) -> Digest:
    """Digest of a file's content, read in pieces."""
    with path.open("rb") as file:
        return Digest("sha256:" + hashlib.file_digest(file, "sha256").hexdigest())


def canonical_json(document: Json) -> bytes:
    """The one byte string that stands for a JSON document (RFC 8785)."""
    return rfc8785.dumps(document)


def digest_json(document: Json) -> Digest:
    """Digest of a JSON document's canonical form."""
    return digest_bytes(canonical_json(document))


def input_bytes(one: object) -> bytes:
    """Canonical bytes of one input: raw pixels after their shape, little-endian doubles, or UTF-8 text.

    `one` is an element of a `tellmark.types.Batch`: a ``uint8`` array ``(height, width, channels)``, a
    ``float64`` array ``(columns,)``, or a ``str``.
    """
    if isinstance(one, str):
        return b"text\0" + one.encode("utf-8", "surrogatepass")
    array = np.asarray(one)
    if array.dtype == np.uint8:
        return f"image\0{'x'.join(map(str, array.shape))}\0".encode() + array.tobytes()
    return b"row\0" + (array.astype("<f8") + 0.0).tobytes()  # + 0.0: minus zero is zero


def digest_input(one: object) -> Digest:
    """Digest of one input; the name under which recorded answers are filed."""
    return digest_bytes(input_bytes(one))


def short_name(one: object) -> int:
    """The first 8 bytes of an input's digest as a number: tells inputs apart among any number one can ask."""
    return int.from_bytes(hashlib.sha256(input_bytes(one)).digest()[:8], "big")


def digest_inputs(batch: Batch) -> Digest:
    """Digest of a whole batch, in order."""
    total = hashlib.sha256()
    for one in batch:
        total.update(hashlib.sha256(input_bytes(one)).digest())
    return Digest("sha256:" + total.hexdigest())
