"""Text that a terminal shows as it is."""

from __future__ import annotations

import unicodedata

_NOT_SHOWN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""Categories of Unicode that move the cursor, break the line, turn the writing round or have no sign."""


def printable(text: str) -> str:
    r"""The text with everything that is no sign replaced by its number: a name must not steer the terminal.

    Examples
    --------
    >>> printable("größe\n\x1b[2J")
    'größe\\n\\x1b[2J'
    """
    return "".join(repr(sign)[1:-1] if unicodedata.category(sign) in _NOT_SHOWN else sign for sign in text)


def plural(count: int, noun: str) -> str:
    """The count and the noun, in the plural where it belongs."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
