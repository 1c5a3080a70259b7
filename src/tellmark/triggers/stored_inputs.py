"""Trigger inputs that stay in the file until they are asked for."""

from __future__ import annotations

import io
import os
import threading
import weakref
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import MarkError
from tellmark.triggers.shards import ShardCodec
from tellmark.types import Batch, Indices


class StoredInputs:
    """Hands out the inputs at given positions of a trigger set; the `inputs` of a `TriggerSet`.

    Reads single inputs and not shards: a verification asks in shuffled order, and each of its batches would
    read most shards. May be called from several threads. The file is closed when the object is collected.

    Parameters
    ----------
    file : file object
        Binary, for reading and seeking; taken over.
    spans : ndarray of int64, shape (n, 2)
        Where in the file each input lies: first byte, and the one behind its last.
    codec : ShardCodec
    name : str
        For messages.
    """

    def __init__(self, file: BinaryIO, spans: NDArray[np.int64], codec: ShardCodec, *, name: str) -> None:
        self._file = file
        self._spans = spans
        self._codec = codec
        self._name = name
        self._lock = threading.Lock()
        self._state = _state(file)
        weakref.finalize(self, file.close)

    def __call__(self, positions: Indices) -> Batch:
        """The inputs at `positions`, in that order.

        Raises
        ------
        MarkError
            If somebody has written to the file since it was loaded and checked.
        """
        with self._lock:
            if _state(self._file) != self._state:
                raise MarkError(f"{self._name} was changed while it was in use: load it again")
            pieces = [self._read(start, stop) for start, stop in self._spans[positions].tolist()]
        return self._codec.batch(pieces)

    def _read(self, start: int, stop: int) -> bytes:
        self._file.seek(start)
        return self._file.read(stop - start)


def _state(file: BinaryIO) -> tuple[int, int] | None:
    """Size and time of the last change of a file on disk; None for one that nobody else can reach."""
    if not isinstance(file, io.BufferedReader):
        return None
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns
