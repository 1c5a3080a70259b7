"""Unpacks a response's body, never beyond a limit: a suspect may send a few bytes that stand for billions."""

from __future__ import annotations

import zlib

from tellmark.errors import BadAnswer

_GZIP, _ZLIB, _BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
"""Forms of the same compression: with the head of gzip, with that of zlib, and with none."""


def unpacked(data: bytes, coding: str, *, most: int) -> bytes:
    """The body that was sent as `data`, at most `most` bytes long.

    Requests ask for a body that is not compressed. One that is compressed once all the same is read; one that is
    compressed several times, or in an uncommon way, is not: each layer can multiply a body's length a thousandfold.

    Parameters
    ----------
    data : bytes
    coding : str
        The header ``Content-Encoding``; empty where there is none.
    most : int
        Bytes, at least 1.

    Raises
    ------
    BadAnswer
        If the body is longer, compressed in another way, or does not hold what its compression says.

    References
    ----------
    R. Fielding, M. Nottingham, J. Reschke. HTTP Semantics. RFC 9110, section 8.4, 2022.

    Examples
    --------
    >>> unpacked(zlib.compress(b"[1]"), "deflate", most=10)
    b'[1]'
    """
    layers = [name for name in (part.strip().lower() for part in coding.split(",")) if name not in ("", "identity")]
    if not layers or not data:
        return data
    if len(layers) > 1:
        raise BadAnswer(f"the suspect answered with a body that is compressed {len(layers)} times over")
    if layers[0] in ("gzip", "x-gzip"):
        return _inflated(data, _GZIP, most)
    if layers[0] == "deflate":
        has_head = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
        return _inflated(data, _ZLIB if has_head else _BARE, most)
    raise BadAnswer("the suspect answered with a body compressed in a way that it was not asked for")


def too_long(most: int) -> BadAnswer:
    """The error for a body of more than `most` bytes."""
    return BadAnswer(f"the suspect answered with more than {most:,} bytes; max_body_bytes allows more")


def _inflated(data: bytes, form: int, most: int) -> bytes:
    inflating = zlib.decompressobj(form)
    try:
        body = inflating.decompress(data, most + 1)
    except zlib.error:
        raise BadAnswer("the suspect answered with a body that is compressed wrongly") from None
    if len(body) > most:
        raise too_long(most)
    if not inflating.eof or inflating.unused_data:
        raise BadAnswer("the suspect answered with a body that is compressed wrongly")
    return body
