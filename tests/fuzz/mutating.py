"""From valid files to nearly valid ones, by seed and number; and bytes of no grammar at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

TOKENS = (
    *(
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\n",
        b"\r\n",
        b"\r",
        b'"',
        b"'",
        b",",
        b";",
        b"\t",
        b"\\",
        b"#",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"=",
        b"%",
        b"%00",
        b"%ff",
        b"&",
        b"?",
        b"$",
        b"*",
        b"..",
        b"/",
        b"\\u0000",
        b"\\ud800",
    ),
    *(
        b"null",
        b"true",
        b"nan",
        b"inf",
        b"-inf",
        b"1e999",
        b"-0",
        b"-1",
        b"1e-400",
        b"0x10",
        b"1_0",
        b"9" * 30,
        b"1" * 5000,
    ),
    *(
        b"[" * 2000,
        b"{" * 50,
        b'{"a":' * 1500,
        b"a." * 500,
        b"[[a]]\n",
        b"\xf0\x9f\xa6\x8e",
        "ß\u202e".encode(),
        b"__class__",
    ),
    *((1 << bits).to_bytes(8, "little") for bits in (31, 32, 62, 63)),
    *(b"\x7f" * 8, b"\x80", b"\x00" * 16, b"PK\x03\x04", b"\x93NUMPY", b"2020-01-01", b"'''", b'"""'),
)

ODD = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**400, 0.5, -0.0, 1e308, 5e-324),
    *(
        "",
        " ",
        "\0",
        "x" * 3000,
        "../../x",
        "/etc/passwd",
        "\ud800",
        "sha256:" + "0" * 64,
        "NaN",
        "1e999",
        "é\u202e",
        [],
        {},
    ),
    *(
        [[]],
        [None],
        {"": None},
        [0] * 300,
        {"kind": "image"},
        {"a": {"a": {"a": {}}}},
        [1, "a"],
        float("nan"),
        float("inf"),
    ),
)


def numbered(seed: int, number: int) -> random.Random:
    """The chance of one input."""
    return random.Random(f"{seed}/{number}")


def bytes_from(chance: random.Random, valid: Sequence[bytes]) -> bytes:
    """Mostly one of the valid files with a few changes; every eighth time bytes that follow no grammar."""
    if chance.random() < 1 / 8:
        return _grammarless(chance)
    content = bytearray(chance.choice(valid))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        content = chance.choice(_CHANGES)(chance, content, valid)
    return bytes(content)


def document_from(chance: random.Random, document: Any) -> Any:
    """The JSON document with a value or two that do not belong there, left out, doubled or moved."""
    copy = deepcopy(document)
    for _ in range(chance.choice((1, 1, 2, 3))):
        places = list(_places(copy))
        if not places:
            break
        owner, key = chance.choice(places)
        what = chance.random()
        if what < 0.6:
            owner[key] = deepcopy(chance.choice(ODD))
        elif what < 0.75:
            del owner[key]
        elif what < 0.9:
            other, place = chance.choice(places)
            owner[key] = deepcopy(other[place]) if place in _keys(other) else None
        elif isinstance(owner, list):
            owner.insert(key, owner[key])
        else:
            owner[chance.choice(("kind", "a", "", "format"))] = owner[key]
    return copy


def _grammarless(chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return chance.randbytes(chance.choice((0, 1, 2, 7, 30, 200, 2000)))
    return b"".join(chance.choice(TOKENS) for _ in range(chance.randrange(1, 30)))


def _flipped(chance: random.Random, content: bytearray, _: Sequence[bytes]) -> bytearray:
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return content


def _replaced(chance: random.Random, content: bytearray, _: Sequence[bytes]) -> bytearray:
    start = chance.randrange(len(content) + 1)
    content[start : start + chance.choice((0, 0, 1, 4, 8, 30))] = chance.choice(TOKENS)
    return content


def _cut(chance: random.Random, content: bytearray, _: Sequence[bytes]) -> bytearray:
    start = chance.randrange(len(content) + 1)
    del content[start : start + chance.choice((1, 2, 8, 100, len(content)))]
    return content


def _doubled(chance: random.Random, content: bytearray, _: Sequence[bytes]) -> bytearray:
    start = chance.randrange(len(content) + 1)
    piece = content[start : start + chance.choice((1, 4, 40, 400))]
    at = chance.randrange(len(content) + 1)
    content[at:at] = piece * chance.choice((1, 1, 2, 30))
    return content


def _spliced(chance: random.Random, content: bytearray, valid: Sequence[bytes]) -> bytearray:
    other = chance.choice(valid)
    start, end = chance.randrange(len(content) + 1), chance.randrange(len(other) + 1)
    return content[:start] + other[end:]


def _lines_moved(chance: random.Random, content: bytearray, _: Sequence[bytes]) -> bytearray:
    lines = content.splitlines(keepends=True)
    if lines:
        line = lines.pop(chance.randrange(len(lines)))
        lines.insert(chance.randrange(len(lines) + 1), line)
    return bytearray(b"".join(lines))


_CHANGES: tuple[Callable[[random.Random, bytearray, Sequence[bytes]], bytearray], ...] = (
    *(_flipped, _flipped, _replaced, _replaced, _replaced),
    *(_cut, _doubled, _spliced, _lines_moved),
)


def _places(value: Any) -> Any:
    """Every list or object below, with each of its keys."""
    for key in _keys(value):
        yield value, key
        yield from _places(value[key])


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
