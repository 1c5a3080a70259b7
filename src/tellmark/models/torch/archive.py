"""An exported program's archive, copied without anything that could run code when it is loaded.

`torch.export.load` opens some members with pickle, turns others into Python, and loads compiled libraries. What
it gets to see here is a copy in memory, made of checked members only, and never a pickle.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import cast

from torch.export.pt2_archive import PT2ArchiveReader, PT2ArchiveWriter

from tellmark.errors import ModelError, UnsafeFile
from tellmark.models.answers import first_line
from tellmark.models.memory import available_memory
from tellmark.models.torch.graph import plain_program
from tellmark.models.torch.payloads import CONSTANTS, WEIGHTS, elements_in, member_names, plain_table

_PROGRAM = "models/model.json"
_SAMPLE = "data/sample_inputs/model.pt"
_ELEMENT = 4
"""Bytes of an element, for an estimate: weights are float32 as a rule."""

_DAMAGE = (
    *(zipfile.BadZipFile, OSError, RuntimeError, AssertionError),
    *(ValueError, LookupError, TypeError, AttributeError),
)
"""What comes of a file that is cut short, or of JSON that is not what it should be."""


def plain_copy(path: Path) -> io.BytesIO:
    """A copy of the archive at `path`, fit for `torch.export.load`.

    The example inputs are left out, and so are notes on the source code.

    Raises
    ------
    UnsafeFile
        If the program cannot be loaded without running code that the file brings along.
    ModelError
        If the file is no archive of `torch.export.save`, damaged, or larger than memory allows.
    """
    copy = io.BytesIO()
    try:
        _check_sizes(path)
        reader = PT2ArchiveReader(str(path))
        if _PROGRAM not in reader.get_file_names():
            raise ModelError(f"{path} holds no exported program; write one with torch.export.save(program, path)")
        with PT2ArchiveWriter(cast("io.IOBase", copy)) as writer:  # pyright: ignore[reportArgumentType]
            writer.write_bytes(_PROGRAM, json.dumps(plain_program(json.loads(reader.read_bytes(_PROGRAM)))).encode())
            writer.write_bytes(_SAMPLE, b"")
            for kind in (WEIGHTS, CONSTANTS):
                table = plain_table(json.loads(reader.read_bytes(kind.table)), kind)
                _check_room(elements_in(table) * _ELEMENT, path)
                writer.write_bytes(kind.table, json.dumps(table).encode())
                for name in member_names(table):
                    writer.write_bytes(kind.folder + name, reader.read_bytes(kind.folder + name))
    except _DAMAGE as error:
        raise ModelError(f"{path} is no complete file of torch.export.save: {first_line(error)}") from error
    except UnsafeFile as error:
        raise UnsafeFile(f"{path}: {error}. If you trust whoever wrote it, give --trust") from error
    copy.seek(0)
    return copy


def _check_sizes(path: Path) -> None:
    """Before anything is read: members are stored as they are, so together they are no larger than the file."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > path.stat().st_size or any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ModelError(f"{path} is compressed, which torch.export.save never does: export the program again")
    _check_room(total, path)


def _check_room(size: int, path: Path) -> None:
    """The copy and the tensors made from it are in memory at once."""
    if size > available_memory() // 2:
        raise ModelError(f"{path} takes {size / 1e9:.1f} GB twice while it is loaded, more than there is memory for")
