"""An exported program's archive, copied without anything that could run code when it is loaded.

`torch.export.load` opens some members with pickle, turns others into Python, and loads compiled libraries. What
it gets to see here is a copy in memory, made of checked members only.
"""

from __future__ import annotations

import io
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from torch.export.pt2_archive import PT2ArchiveReader, PT2ArchiveWriter

from tellmark.errors import ModelError, UnsafeFile
from tellmark.models.answers import first_line
from tellmark.models.torch.graph import plain_program
from tellmark.types import Json

_PROGRAM = "models/model.json"
_SAMPLE = "data/sample_inputs/model.pt"
_PAYLOADS = (
    ("data/weights/", "model_weights_config.json", re.compile(r"weight_[0-9]+", re.ASCII)),
    ("data/constants/", "model_constants_config.json", re.compile(r"tensor_[0-9]+", re.ASCII)),
)


def plain_copy(path: Path) -> io.BytesIO:
    """A copy of the archive at `path`, fit for `torch.export.load`.

    The example inputs are left out, and so are notes on the source code.

    Raises
    ------
    UnsafeFile
        If the program cannot be loaded without running code that the file brings along.
    ModelError
        If the file is no archive of `torch.export.save`, or damaged.
    """
    copy = io.BytesIO()
    try:
        reader = PT2ArchiveReader(str(path))
        members = set(reader.get_file_names())
        if _PROGRAM not in members:
            raise ModelError(f"{path} holds no exported program; write one with torch.export.save(program, path)")
        with PT2ArchiveWriter(cast("io.IOBase", copy)) as writer:  # pyright: ignore[reportArgumentType]
            writer.write_bytes(_PROGRAM, json.dumps(plain_program(json.loads(reader.read_bytes(_PROGRAM)))).encode())
            writer.write_bytes(_SAMPLE, b"")
            for folder, config, pattern in _PAYLOADS:
                payloads = json.loads(reader.read_bytes(folder + config))
                writer.write_bytes(folder + config, json.dumps(payloads).encode())
                for name in _plain_payloads(payloads, pattern, reader, folder):
                    writer.write_bytes(folder + name, reader.read_bytes(folder + name))
    except (RuntimeError, AssertionError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is no complete file of torch.export.save: {first_line(error)}") from error
    except UnsafeFile as error:
        raise UnsafeFile(f"{path}: {error}. If you trust whoever wrote it, give --trust") from error
    copy.seek(0)
    return copy


def _plain_payloads(payloads: Json, pattern: re.Pattern[str], reader: PT2ArchiveReader, folder: str) -> Iterator[str]:
    """Names of the members that a table of weights or constants refers to, each once, each found to be plain."""
    pickled = {payload["path_name"]: bool(payload["use_pickle"]) for payload in payloads["config"].values()}
    for name, use_pickle in pickled.items():
        if not pattern.fullmatch(name):
            raise UnsafeFile(f"the member {folder}{name} is no tensor but an object, which only pickle can open")
        if use_pickle:
            _check_pickle(reader.read_bytes(folder + name), folder + name)
        yield name


def _check_pickle(content: bytes, name: str) -> None:
    try:
        torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnsafeFile(f"the member {name} is a pickle that holds more than tensors") from error
