"""Encrypting the secrets of a mark with age, as a stream.

With recipients, the secrets are encrypted to them. With a passphrase, they are encrypted to a key made for
this one file, and that key is locked under the passphrase: the long part can then be streamed too. The
``age`` program opens both.

References
----------
F. Valsorda, B. Cartwright-Cox. The age file encryption format, version 1. https://age-encryption.org/v1
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Protocol, cast

from tellmark.errors import FileError, MarkError, WrongKey
from tellmark.triggers.age_keys import Identity, Recipient, age

MEMORY_LIMIT = 1 << 26
"""Decrypted secrets up to this size, in bytes, stay in memory."""


class Sink(Protocol):
    """Takes bytes, piece by piece."""

    def write(self, data: bytes, /) -> int:
        """Take the next piece."""
        ...


def encrypt(chunks: Iterable[bytes], sink: Sink, recipients: Sequence[Recipient]) -> None:
    """Encrypt a stream to all `recipients`, within constant memory.

    An exception that `chunks` or `sink` raises comes out unchanged.
    """
    reader, writer = _Reader(chunks), _Writer(sink)
    with _failures_of(reader, writer):
        age().encrypt_io(reader, writer, recipients)


def decrypt(chunks: Iterable[bytes], identities: Sequence[Identity], *, name: str) -> BinaryIO:
    """Decrypt a stream with whichever of `identities` opens it.

    Parameters
    ----------
    name : str
        Of the mark, for messages.

    Returns
    -------
    file object
        In memory up to `MEMORY_LIMIT` bytes. Beyond that, an unnamed file that only this process can open,
        in the system's folder for temporary files (``TMPDIR`` chooses another), gone when closed.

    Raises
    ------
    WrongKey
        If none of them opens it.
    MarkError
        If one does, and what follows is damaged.
    FileError
        If there is no room for the temporary file.
    """
    plain = tempfile.SpooledTemporaryFile(MEMORY_LIMIT)  # noqa: SIM115
    reader, writer = _Reader(chunks), _Writer(plain)
    try:
        with _failures_of(reader, writer):
            age().decrypt_io(reader, writer, identities)
    except BaseException as error:
        plain.close()
        if isinstance(error, age().DecryptError):
            raise WrongKey(f"the secrets of {name} are encrypted to another key than those given") from None
        if isinstance(error, OSError) and error is writer.failure:
            raise FileError(
                f"no room for the decrypted secrets of {name} in {tempfile.gettempdir()}: {error.strerror}; "
                "name another folder in TMPDIR"
            ) from error
        if isinstance(error, OSError) and error is not reader.failure:
            raise MarkError(f"the secrets of {name} are damaged: they do not decrypt") from None
        raise
    return cast("BinaryIO", plain)


class _Reader(io.RawIOBase):
    """A readable file over chunks of bytes. Keeps the exception that pyrage would turn into a string."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = memoryview(b"")
        self.failure: BaseException | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        try:
            while not self._left:
                self._left = memoryview(next(self._chunks))
        except StopIteration:
            return b""
        except BaseException as error:
            self.failure = error
            raise
        piece = self._left[: size if size >= 0 else None]
        self._left = self._left[len(piece) :]
        return bytes(piece)


class _Writer:
    """A writable file over a sink. Keeps the exception that pyrage would turn into a string."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.failure: BaseException | None = None

    def write(self, data: bytes, /) -> int:
        try:
            return self._sink.write(data)
        except BaseException as error:
            self.failure = error
            raise

    def flush(self) -> None:
        """Nothing is held back."""


@contextmanager
def _failures_of(*ends: _Reader | _Writer) -> Iterator[None]:
    """Let an exception of one of the ends out as it was raised."""
    try:
        yield
    except Exception:
        for end in ends:
            if end.failure is not None:
                raise end.failure from None
        raise
