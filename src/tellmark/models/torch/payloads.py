"""The tables of an exported program's archive that say which member holds which tensor.

`torch.export.load` looks at every entry for itself, and opens the member with pickle where the entry says so.
Hence a table is made anew, of the fields known to be plain, and no entry of it says so.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from tellmark.errors import UnsafeFile
from tellmark.types import Json

_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", re.ASCII)
_DEVICE = re.compile(r"cpu|cuda|mps|xpu", re.ASCII)


@dataclass(frozen=True)
class Payloads:
    """Where an archive keeps tensors of one kind.

    Attributes
    ----------
    folder : str
        Of the members.
    table : str
        The member that lists them.
    pattern : re.Pattern
        What the member of a tensor is called; others hold pickled objects.
    """

    folder: str
    table: str
    pattern: re.Pattern[str]


WEIGHTS = Payloads("data/weights/", "data/weights/model_weights_config.json", re.compile(r"weight_[0-9]+", re.ASCII))
CONSTANTS = Payloads(
    "data/constants/", "data/constants/model_constants_config.json", re.compile(r"tensor_[0-9]+", re.ASCII)
)


def plain_table(table: Json, kind: Payloads) -> dict[str, Any]:
    """The same table, of raw tensors only.

    Several entries may name one member, as tied weights do; they must then agree on what it holds.

    Raises
    ------
    UnsafeFile
        If an entry is a pickle, names something else than a tensor, or contradicts another.
    KeyError, TypeError, ValueError, AttributeError
        If it is no such table.
    """
    config: dict[str, Any] = {}
    held: dict[str, tuple[Any, ...]] = {}
    for name, entry in table["config"].items():
        plain = _plain_entry(entry, kind)
        if not _NAME.fullmatch(name):
            _refuse(f"the tensor name {name[:80]!r} is none that a plain exported program has")
        member, meta = plain["path_name"], plain["tensor_meta"]
        content = (meta["dtype"], meta["device"]["type"], meta["device"]["index"])
        if held.setdefault(member, content) != content:
            _refuse(f"the entries for the member {kind.folder}{member} contradict each other")
        config[name] = plain
    return {"config": config}


def member_names(table: dict[str, Any]) -> list[str]:
    """The members that a plain table refers to, each once, in order."""
    return list(dict.fromkeys(entry["path_name"] for entry in table["config"].values()))


def elements_in(table: dict[str, Any]) -> int:
    """How many numbers the tensors of a plain table have; strides of 0 let them outnumber what is stored."""
    return sum(
        math.prod(size["as_int"] for size in entry["tensor_meta"]["sizes"]) for entry in table["config"].values()
    )


def _plain_entry(entry: Json, kind: Payloads) -> dict[str, Any]:
    member = entry["path_name"]
    if not isinstance(member, str) or not kind.pattern.fullmatch(member):
        _refuse(f"the member {kind.folder}{str(member)[:80]} is no tensor but an object, which only pickle can open")
    if entry["use_pickle"] is not False:
        _refuse(f"the member {kind.folder}{member} is a pickle, which could run code when opened")
    meta = entry["tensor_meta"]
    return {
        "path_name": member,
        "is_param": _flag(entry["is_param"]),
        "use_pickle": False,
        "tensor_meta": {
            "dtype": _whole(meta["dtype"]),
            "sizes": [_size(size) for size in meta["sizes"]],
            "requires_grad": _flag(meta["requires_grad"]),
            "device": _device(meta["device"]),
            "strides": [_size(stride) for stride in meta["strides"]],
            "storage_offset": _size(meta["storage_offset"]),
            "layout": _whole(meta["layout"]),
        },
    }


def _device(device: Json) -> dict[str, Any]:
    if not isinstance(device["type"], str) or not _DEVICE.fullmatch(device["type"]):
        raise ValueError("a tensor lies on a device that holds no numbers")
    index = device.get("index")
    return {"type": device["type"], "index": None if index is None else _whole(index)}


def _size(value: Json) -> dict[str, int]:
    return {"as_int": _whole(value["as_int"])}


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 62:
        raise ValueError("the table of tensors holds something else than a whole number")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("the table of tensors holds something else than true or false")
    return value


def _refuse(reason: str) -> NoReturn:
    raise UnsafeFile(reason)
