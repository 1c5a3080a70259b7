"""Lines of JSON in a chain: each names the one before it by its digest, and ends in a digest of its own.

A file that only ever grew by whole lines can have one fault: its last line was cut off when the program was killed.
Any other change is found, unless every later line was written anew; against that helps the digest of the last line,
kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tellmark.digests import canonical_json, digest_bytes
from tellmark.types import Digest, Json


class BrokenChain(ValueError):
    """A line is not as it was written; the message says which, and why."""


class TornLine(ValueError):
    """The last line is the beginning of one, without its end."""


@dataclass(frozen=True)
class Place:
    """Where the next line goes.

    Attributes
    ----------
    number : int
        Lines before it.
    digest : Digest or None
        Of the line before it.
    """

    number: int = 0
    digest: Digest | None = None


def chained(content: Json, place: Place) -> tuple[bytes, Place]:
    """The line that says `content` at this place, without its line feed, and the place after it."""
    line = {**content, "number": place.number, "previous": place.digest}
    front = canonical_json({key: value for key, value in line.items() if key < "digest"})[:-1]
    if len(front) > 1:
        front += b","
    rear = canonical_json({key: value for key, value in line.items() if key > "digest"})[1:]  # never empty: "number"
    digest = digest_bytes(front + rear)
    return front + b'"digest":' + canonical_json(digest) + b"," + rear, Place(place.number + 1, digest)


def read_chained(line: bytes, place: Place) -> tuple[dict[str, Json], Place]:
    """What a line says, and the place after it.

    Raises
    ------
    BrokenChain
        If it is no such line, was changed, or does not belong at this place.
    """
    name = f"line {place.number + 1}"
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise BrokenChain(f"{name} is no JSON") from None
    if not isinstance(said, dict) or "digest" not in said:
        raise BrokenChain(f"{name} has no digest")
    digest = said.pop("digest")
    if said.get("number") != place.number or said.get("previous") != place.digest:
        raise BrokenChain(f"{name} does not follow the line before it: lines were removed, added or moved")
    content = {key: value for key, value in said.items() if key not in ("number", "previous")}
    written, after = _rewritten(content, place, name)
    if after.digest != digest or written != line:
        raise BrokenChain(f"{name} was changed after it was written")
    return content, after


def _rewritten(content: Json, place: Place, name: str) -> tuple[bytes, Place]:
    try:
        return chained(content, place)
    except (ValueError, TypeError, RecursionError):  # numbers or texts that have no canonical form
        raise BrokenChain(f"{name} was changed after it was written") from None


def read_chain(lines: Iterable[bytes]) -> Iterator[tuple[dict[str, Json], Place, int]]:
    """What each line says, the place after it, and how many bytes it takes with its line feed.

    `lines` are those of a file, each with its line feed. The last one may lack it alone.

    Raises
    ------
    TornLine
        If the last line breaks off.
    BrokenChain
        If any other is faulty.
    """
    place = Place()
    for line in lines:
        if not line.endswith(b"\n") and _breaks_off(line):
            raise TornLine(f"line {place.number + 1} breaks off")
        content, place = read_chained(line.removesuffix(b"\n"), place)
        yield content, place, len(line)


def _breaks_off(line: bytes) -> bool:
    """Whether no whole JSON value stands at its beginning; behind a whole one there must be nothing but a line feed."""
    try:
        json.JSONDecoder().raw_decode(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return True
    return False
