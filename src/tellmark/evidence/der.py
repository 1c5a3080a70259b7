"""Just enough of DER to take a structure apart and to put one together.

References
----------
ITU-T X.690. ASN.1 encoding rules: Distinguished Encoding Rules. 2021.
"""

from __future__ import annotations

from typing import NamedTuple

from tellmark.errors import EvidenceError

INTEGER, OCTETS, NULL, OID, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31


class Element(NamedTuple):
    """An element: its tag, of one byte, and its content."""

    tag: int
    content: bytes

    @property
    def inner(self) -> list[Element]:
        """The elements that the content consists of; raises `EvidenceError` if it does not."""
        return elements(self.content)

    @property
    def encoded(self) -> bytes:
        """The element as bytes."""
        size = len(self.content)
        if size < 0x80:
            return bytes([self.tag, size]) + self.content
        length = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes([self.tag, 0x80 | len(length)]) + length + self.content


def elements(data: bytes) -> list[Element]:
    r"""The elements that stand one after the other in `data`.

    Raises
    ------
    EvidenceError
        If it is cut short.

    Examples
    --------
    >>> elements(bytes.fromhex("0201070500"))
    [Element(tag=2, content=b'\x07'), Element(tag=5, content=b'')]
    """
    found, at = [], 0
    while at < len(data):
        start, size = _extent(data, at)
        if start + size > len(data):
            raise EvidenceError("a DER structure is cut short")
        found.append(Element(data[at], data[start : start + size]))
        at = start + size
    return found


def joined(tag: int, *parts: Element) -> Element:
    """An element that consists of others."""
    return Element(tag, b"".join(part.encoded for part in parts))


def oid(*numbers: int) -> Element:
    """An object identifier.

    Examples
    --------
    >>> oid(1, 2, 840, 113549).encoded.hex()
    '06062a864886f70d'
    """
    first, second, *rest = numbers
    return Element(OID, b"".join(_base_128(number) for number in (40 * first + second, *rest)))


def integer(number: int) -> Element:
    """A whole number that is not negative."""
    return Element(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins, and how long it is; the end is not looked at."""
    if at + 2 > len(data):
        raise EvidenceError("a DER structure is cut short")
    first = data[at + 1]
    if first < 0x80:
        return at + 2, first
    more = first & 0x7F
    return at + 2 + more, int.from_bytes(data[at + 2 : at + 2 + more], "big")


def _base_128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))
