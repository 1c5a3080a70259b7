"""Read what a lab runs from a TOML file or a preset."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from tellmark.errors import FileError, InvalidInput
from tellmark.models.spec import unknown_name
from tellmark.theft.lab.configuration import Configuration


def presets() -> tuple[str, ...]:
    """The names of the labs that come with the package."""
    return tuple(sorted(path.name.removesuffix(".toml") for path in _presets().iterdir() if ".toml" in path.name))


def read_configuration(file_or_preset: str | Path) -> Configuration:
    """Read a lab from a TOML file, or one that comes with the package.

    A file may name another one, or a preset, under ``extends``: what it does not say itself comes from there.

    Raises
    ------
    FileError
        If there is no such file, and no preset of that name.
    InvalidInput
        If it is no TOML, or says something that cannot be; one sentence names the key.
    """
    document = _read(str(file_or_preset))
    try:
        return Configuration.model_validate(document)
    except ValidationError as error:
        raise InvalidInput(f"{file_or_preset}: {_in_a_sentence(error)}") from error
    except RecursionError:  # dotted keys nest tables deeper than the parser itself goes
        raise InvalidInput(f"{file_or_preset} nests tables too deeply for a lab") from None
    except InvalidInput as error:
        raise InvalidInput(f"{file_or_preset}: {error}") from error


def _read(name: str, *, depth: int = 0) -> dict[str, Any]:
    if depth > 10:
        raise InvalidInput(f"{name} extends a file that extends it in turn")
    try:
        document = tomllib.loads(_text(name))
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond the parser's limits as well
        raise InvalidInput(f"{name} is no TOML file: {error}") from error
    base = document.pop("extends", None)
    if base is None:
        return document
    if not isinstance(base, str):
        raise InvalidInput(f"{name}: extends names a file or a preset, such as 'small'")
    beside = Path(name).parent / base
    return _merged(_read(str(beside) if beside.is_file() else base, depth=depth + 1), document)


def _text(name: str) -> str:
    path = Path(name)
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"cannot read {path}: {(error.strerror or 'failed').lower()}") from error
    preset = _presets() / f"{name}.toml"
    if "/" not in name and preset.is_file():
        return preset.read_text(encoding="utf-8")
    if path.suffix == ".toml" or "/" in name:
        raise FileError(f"there is no file {name}: give a TOML file, or one of the presets {', '.join(presets())}")
    raise unknown_name("lab", name, presets())


def _presets() -> Any:
    return files("tellmark.theft.lab") / "presets"


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Tables within tables; anything else replaces what was there."""
    merged = dict(base)
    for key, value in changes.items():
        before = merged.get(key)
        merged[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _in_a_sentence(error: ValidationError) -> str:
    """The first thing that is wrong."""
    first = error.errors()[0]
    where, kind = first["loc"], first["type"]
    key = ".".join(str(part) for part in where)
    if kind == "extra_forbidden":
        return str(unknown_name(f"key in {_place(where[:-1])}", str(where[-1]), _keys_at(where[:-1])))
    if kind == "missing":
        return f"{key} is missing"
    cause = first.get("ctx", {}).get("error")
    message = str(cause) if cause is not None else first["msg"]
    return f"{key}: {message}" if key else message


def _place(where: Sequence[str | int]) -> str:
    names = [str(part) for part in where if not isinstance(part, int)]
    return f"[{'.'.join(names)}]" if names else "the file"


def _keys_at(where: Sequence[str | int]) -> list[str]:
    """The keys of the table at this place."""
    table: Any = Configuration
    for part in where:
        annotation = table.model_fields[part].annotation if isinstance(part, str) else table
        table = _table_in(annotation)
    return list(table.model_fields)


def _table_in(annotation: Any) -> Any:
    """The table that a field holds, bare or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return _table_in(get_args(annotation)[0])
