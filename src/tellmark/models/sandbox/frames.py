"""Frames over a pipe: a JSON header and raw bytes, both of a length that is told first and limited by the reader.

Nothing that is read decides on more than its own content: no pickle, no memory beyond the reader's limit, no waiting
beyond the reader's deadline.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tellmark.types import Json

MOST_HEADER = 1 << 24
"""Bytes of a header: a million class names of ordinary length."""

_LENGTHS = struct.Struct("<IQ")
_PIECE = 1 << 20


class PipeError(Exception):
    """The other end does not speak as it should; the message says what it did instead."""


class PipeClosed(PipeError):
    """The other end is gone."""


class PipeLate(PipeError):
    """The other end did not take or give a frame in time."""


@dataclass(frozen=True)
class Frame:
    """One message.

    Attributes
    ----------
    header : dict
    body : bytes
    """

    header: dict[str, Json]
    body: bytes = b""


class Pipe:
    """Two file descriptors, one to read frames from and one to write them to.

    Parameters
    ----------
    reading, writing : int
        Descriptors of pipes; they stay the caller's.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing

    def send(self, header: dict[str, Json], body: Sequence[Any] = (), *, deadline: float | None = None) -> None:
        """Write one frame.

        Parameters
        ----------
        header : dict
        body : sequence of bytes-like
            Joined.
        deadline : float or None
            By `time.monotonic`; None waits.

        Raises
        ------
        PipeClosed, PipeLate
        """
        encoded = json.dumps(header).encode()
        views = [memoryview(part).cast("B") for part in body if len(part)]
        for part in (memoryview(_LENGTHS.pack(len(encoded), sum(map(len, views))) + encoded), *views):
            self._write(part, deadline)

    def receive(self, *, most: int, deadline: float | None = None) -> Frame:
        """Read one frame whose body has at most `most` bytes.

        Raises
        ------
        PipeClosed, PipeLate
        PipeError
            If the frame is larger, or its header no JSON object.
        """
        header_length, body_length = _LENGTHS.unpack(self._read(_LENGTHS.size, deadline))
        if header_length > MOST_HEADER or body_length > most:
            raise PipeError(f"it announced {header_length + body_length:,} bytes, more than any answer takes")
        header = _object(self._read(header_length, deadline))
        return Frame(header, self._read(body_length, deadline))

    def _write(self, left: memoryview, deadline: float | None) -> None:
        while left:
            _wait(self._writing, select.POLLOUT, deadline)
            try:
                left = left[os.write(self._writing, left[:_PIECE]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise PipeClosed("it closed its end") from None

    def _read(self, count: int, deadline: float | None) -> bytes:
        """Exactly so many bytes; memory is taken as they arrive, not as they are announced."""
        found = bytearray()
        while len(found) < count:
            _wait(self._reading, select.POLLIN, deadline)
            try:
                piece = os.read(self._reading, min(_PIECE, count - len(found)))
            except BlockingIOError:
                continue
            if not piece:
                raise PipeClosed("it closed its end")
            found += piece
        return bytes(found)


def _wait(descriptor: int, event: int, deadline: float | None) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    if not poll.poll(None if left is None else left * 1000):
        raise PipeLate("it was silent for too long")


def _object(encoded: bytes) -> dict[str, Json]:
    try:
        header = json.loads(encoded)
    except (ValueError, RecursionError):
        raise PipeError("it wrote no JSON") from None
    if not isinstance(header, dict):
        raise PipeError("it wrote no JSON object")
    return header
