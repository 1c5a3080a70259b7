"""A hash tree over digests: one root commits to a list, and a short path shows what stands at one place of it.

The tree is that of Certificate Transparency: a leaf d hashes to ``SHA-256(0x00 ‖ d)`` and a node to
``SHA-256(0x01 ‖ left ‖ right)``, where the left part of n leaves is the largest power of two below n. The root is
``SHA-256(0x02 ‖ n ‖ top)`` with n in 8 bytes, big-endian. Without n the top alone would let a leaf of a list of
three pass for one of a list of four: the path to it has the same shape in both.

Whoever can make no two messages with one SHA-256 shows, for one root, one leaf at each index alone, as long as the
leaves are distinct: two equal subtrees could change places unseen.

References
----------
B. Laurie, A. Langley, E. Kasper. Certificate Transparency. RFC 6962, section 2.1, 2013.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tellmark.errors import EvidenceError, InvalidInput
from tellmark.types import Digest

_LEAF, _NODE, _ROOT = b"\x00", b"\x01", b"\x02"
_PREFIX = "sha256:"


def root(leaves: Sequence[str]) -> Digest:
    """The root of the tree over `leaves`, in their order.

    Raises
    ------
    InvalidInput
        If there is no leaf.
    """
    return _sealed(_levels(leaves)[-1][0], size=len(leaves))


def path(leaves: Sequence[str], index: int) -> tuple[Digest, ...]:
    """What `verify_path` needs to know of the other leaves: the siblings on the way from leaf to root.

    Raises
    ------
    InvalidInput
        If no leaf has this index.
    """
    return paths(leaves, [index])[0]


def paths(leaves: Sequence[str], indices: Sequence[int]) -> list[tuple[Digest, ...]]:
    """The `path` to each of these leaves; the tree is hashed once.

    Raises
    ------
    InvalidInput
        If no leaf has one of the indices.
    """
    levels = _levels(leaves)
    if not all(0 <= index < len(leaves) for index in indices):
        raise InvalidInput(f"a leaf of this tree has an index from 0 to {len(leaves) - 1}")
    return [_siblings(levels, index) for index in indices]


def verify_path(leaf: str, path: Sequence[str], *, index: int, size: int, root: str) -> None:
    """Check that `leaf` stands at `index` of the list of `size` leaves that `root` commits to.

    Raises
    ------
    EvidenceError
        If it does not: another leaf, another index, another size, another path, even a longer one.
    """
    if not 0 <= index < size:
        raise EvidenceError(f"a list of {size} items has no item {index}")
    node, place, width, ahead = _leaf_hash(leaf), index, size, iter(path)
    while width > 1:
        if place ^ 1 < width:
            sibling = next(ahead, None)
            if sibling is None:
                raise EvidenceError(f"the path to item {index} of {size} is too short")
            node = _joined(_raw(sibling), node) if place & 1 else _joined(node, _raw(sibling))
        place, width = place // 2, (width + 1) // 2
    if next(ahead, None) is not None:
        raise EvidenceError(f"the path to item {index} of {size} is too long")
    if _sealed(node, size=size) != root:
        raise EvidenceError(f"item {index} of {size} is not the one that was committed to")


def _levels(leaves: Sequence[str]) -> list[list[bytes]]:
    """From the hashed leaves up to the one node at the top; a node without a sibling rises as it is.

    That is the tree of the recursive definition: every node but the last of a level covers a full power of two.
    """
    if not leaves:
        raise InvalidInput("a tree has at least one leaf")
    levels = [[_leaf_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_joined(left, right) for left, right in zip(below[::2], below[1::2], strict=False)]
        levels.append(above + below[2 * len(above) :])
    return levels


def _siblings(levels: Sequence[Sequence[bytes]], index: int) -> tuple[Digest, ...]:
    places = [(level, (index >> height) ^ 1) for height, level in enumerate(levels)]
    return tuple(_written(level[place]) for level, place in places if place < len(level))


def _leaf_hash(leaf: str) -> bytes:
    return hashlib.sha256(_LEAF + _raw(leaf)).digest()


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _sealed(top: bytes, *, size: int) -> Digest:
    return _written(hashlib.sha256(_ROOT + size.to_bytes(8, "big") + top).digest())


def _raw(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix(_PREFIX))


def _written(raw: bytes) -> Digest:
    return Digest(_PREFIX + raw.hex())
