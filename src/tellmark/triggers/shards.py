"""A shard: a stretch of triggers as the bytes of one member, safetensors for numbers and JSON lines for text."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from rfc8785 import CanonicalizationError
from safetensors import SafetensorError, deserialize

from tellmark.digests import canonical_json
from tellmark.documents import Document
from tellmark.errors import InvalidInput, MarkError
from tellmark.spaces import ImageSpace, InputSpace, TableSpace
from tellmark.triggers.document import Count
from tellmark.types import Batch, Indices, Labels

TENSORS = ("indices", "items", "labels", "inputs")
_DTYPES = {"I64": np.dtype("<i8"), "U8": np.dtype("u1"), "F64": np.dtype("<f8")}


@dataclass(frozen=True, repr=False)
class Shard:
    """Consecutive triggers: the arrays of `tellmark.triggers.trigger_set.TriggerSet`, and their inputs."""

    indices: Indices
    items: NDArray[np.int64]
    labels: Labels
    inputs: Batch

    def __len__(self) -> int:
        return len(self.indices)


class ShardCodec(Protocol):
    """Turns shards into bytes and back, for one input space."""

    @property
    def suffix(self) -> str:
        """How the names of members end."""
        ...

    def encode(self, shard: Shard) -> bytes:
        """Write a shard; raises `InvalidInput` where an input cannot be written."""
        ...

    def decode(self, raw: bytes, *, where: str) -> Shard:
        """Read a shard; raises `MarkError`, which names `where`, unless `raw` is what `encode` writes for it."""
        ...

    def spans(self, raw: bytes) -> NDArray[np.int64]:
        """Where in `raw`, which `decode` accepts, each input lies: first byte and the one behind its last.

        Returns
        -------
        ndarray of int64, shape (n, 2)
        """
        ...

    def batch(self, pieces: Sequence[bytes]) -> Batch:
        """The inputs that lie at the spans with these bytes."""
        ...


def shard_codec(space: InputSpace) -> ShardCodec:
    """The codec of an input space."""
    match space:
        case ImageSpace():
            return TensorShards("U8", (space.height, space.width, space.channels))
        case TableSpace():
            return TensorShards("F64", (len(space.columns),))
        case _:
            return TextShards()


@dataclass(frozen=True)
class TensorShards:
    """Each shard one safetensors file with the tensors ``indices``, ``items``, ``labels`` and ``inputs``.

    Parameters
    ----------
    inputs_type : str
        Their dtype, as safetensors names it.
    shape : tuple of int
        Of one input.
    """

    inputs_type: str
    shape: tuple[int, ...]
    suffix: str = ".safetensors"

    def encode(self, shard: Shard) -> bytes:
        """Write the four tensors, in this order, under the header that follows from their number."""
        codes = dict.fromkeys(TENSORS, "I64") | {"inputs": self.inputs_type}
        header, contents, offset = {}, [], 0
        for name, code in codes.items():
            array = np.ascontiguousarray(getattr(shard, name), _DTYPES[code])
            contents.append(array.tobytes())
            stop = offset + array.nbytes
            header[name] = {"dtype": code, "shape": array.shape, "data_offsets": [offset, stop]}
            offset = stop
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        return b"".join([struct.pack("<Q", len(text)), text, *contents])

    def decode(self, raw: bytes, *, where: str) -> Shard:
        """Read the four tensors; their dtypes and shapes must be those of the space."""
        try:
            tensors = dict(deserialize(raw))
        except SafetensorError as error:
            raise MarkError(f"{where} is not a safetensors file ({error})") from None
        if set(tensors) != set(TENSORS):
            raise MarkError(f"{where} does not hold the tensors {', '.join(TENSORS)}, and these only")
        count = max(tensors["indices"]["shape"], default=0)
        shapes = {"indices": (count,), "items": (count, 2), "labels": (count,), "inputs": (count, *self.shape)}
        shard = Shard(**{name: self._array(name, tensors[name], shapes[name], where) for name in TENSORS})
        _require_same(self.encode(shard), raw, where)
        return shard

    def _array(self, name: str, tensor: Mapping[str, Any], shape: tuple[int, ...], where: str) -> NDArray[Any]:
        expected = (self.inputs_type if name == "inputs" else "I64", shape)
        found = (tensor["dtype"], tuple(tensor["shape"]))
        if found != expected:
            raise MarkError(f"{name} in {where} is {found[0]} of shape {found[1]}, not {expected[0]} of {expected[1]}")
        return np.frombuffer(tensor["data"], dtype=_DTYPES[found[0]]).reshape(shape)

    def spans(self, raw: bytes) -> NDArray[np.int64]:
        """Rows of the tensor ``inputs``, which its header locates."""
        (header_size,) = struct.unpack_from("<Q", raw)
        inputs = json.loads(raw[8 : 8 + header_size])["inputs"]
        row = _DTYPES[self.inputs_type].itemsize * math.prod(self.shape)
        edges = 8 + header_size + inputs["data_offsets"][0] + row * np.arange(inputs["shape"][0] + 1)
        return np.stack([edges[:-1], edges[1:]], axis=1)

    def batch(self, pieces: Sequence[bytes]) -> Batch:
        """Arrays of `shape`."""
        return np.frombuffer(bytearray().join(pieces), dtype=_DTYPES[self.inputs_type]).reshape(-1, *self.shape)


class TextTrigger(Document):
    """A line of a shard of texts."""

    index: Count
    items: tuple[Count, Count]
    label: Count
    text: str


@dataclass(frozen=True)
class TextShards:
    """Each shard a file of JSON lines, one `TextTrigger` each, in canonical form."""

    suffix: str = ".jsonl"

    def encode(self, shard: Shard) -> bytes:
        """Write the lines."""
        columns = (shard.indices.tolist(), shard.items.tolist(), shard.labels.tolist(), shard.inputs)
        lines = (
            {"index": index, "items": items, "label": label, "text": str(text)}
            for index, items, label, text in zip(*columns, strict=True)
        )
        try:
            return b"".join(canonical_json(line) + b"\n" for line in lines)
        except CanonicalizationError:
            raise InvalidInput("a trigger text holds half a surrogate pair, which UTF-8 cannot carry") from None

    def decode(self, raw: bytes, *, where: str) -> Shard:
        """Read the lines."""
        *lines, rest = raw.split(b"\n")
        if rest:
            raise MarkError(f"the last line of {where} has no end")
        try:
            triggers = [TextTrigger.model_validate_json(line) for line in lines]
        except ValidationError:
            raise MarkError(f"{where} has a line that is no trigger: index, items, label and text") from None
        shard = Shard(
            indices=np.array([trigger.index for trigger in triggers], dtype=np.int64),
            items=np.array([trigger.items for trigger in triggers], dtype=np.int64).reshape(-1, 2),
            labels=np.array([trigger.label for trigger in triggers], dtype=np.int64),
            inputs=_objects([trigger.text for trigger in triggers]),
        )
        _require_same(self.encode(shard), raw, where)
        return shard

    def spans(self, raw: bytes) -> NDArray[np.int64]:
        """The lines, without their ends."""
        ends = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("\n"))
        starts = np.concatenate([[0], ends[:-1] + 1])
        return np.stack([starts, ends], axis=1).astype(np.int64)

    def batch(self, pieces: Sequence[bytes]) -> Batch:
        """Strings."""
        return _objects([TextTrigger.model_validate_json(piece).text for piece in pieces])


def _require_same(canonical: bytes, raw: bytes, where: str) -> None:
    """One shard has one byte string: another could say more, or different things to different readers."""
    if canonical != raw:
        raise MarkError(f"{where} is not in the one form that the format allows: it was changed after it was made")


def _objects(texts: list[str]) -> Batch:
    batch = np.empty(len(texts), dtype=object)
    batch[:] = texts
    return batch
