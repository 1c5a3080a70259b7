"""Bytes as JSON holds them: base64 in the standard alphabet, in the one spelling that encoding gives."""

from __future__ import annotations

import base64
import binascii

from tellmark.errors import EvidenceError


def text_of(data: bytes) -> str:
    """Bytes in base64, with padding.

    Examples
    --------
    >>> text_of(b"mark")
    'bWFyaw=='
    """
    return base64.b64encode(data).decode("ascii")


def bytes_of(text: str, *, where: str) -> bytes:
    """The bytes whose `text_of` this is.

    Parameters
    ----------
    where : str
        For messages: what the text stands for.

    Raises
    ------
    EvidenceError
        If there are none. Another spelling of some bytes is refused too: the last character before the padding may
        carry bits that no byte has.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EvidenceError(f"{where} is not in base64") from None
    if text_of(data) != text:
        raise EvidenceError(f"{where} is in base64 as nothing is encoded: it was changed after it was made")
    return data
