"""A suspect's description, as a TOML file or as the keys of a model's name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from tellmark.errors import InvalidInput
from tellmark.files import open_to_read
from tellmark.models.http.description import SuspectDescription
from tellmark.models.http.secrets import PLACEHOLDER
from tellmark.models.spec import ModelSpec, unknown_name
from tellmark.types import Json

_MOST_BYTES = 1 << 20

MANNERS_KEYS = ("rate", "concurrency", "timeout", "retries", "longest_wait")
INPUT_KEYS = ("encoding", "quality")
COMMON_KEYS = ("token", *MANNERS_KEYS, *INPUT_KEYS)
"""What the name of any suspect behind a network can say; further keys are options of its protocol."""


def read_description(path: str | Path) -> SuspectDescription:
    """Read a suspect's description from a TOML file.

    Raises
    ------
    FileError
        If there is no such file.
    InvalidInput
        If it is no TOML, or says something that cannot be; one sentence names the key.
    """
    with open_to_read(path) as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise InvalidInput(f"{path} is too long for a suspect's description")
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond the parser's limits as well
        raise InvalidInput(f"{path} is no TOML file: {error}") from error
    try:
        return _validated(document, str(path))
    except RecursionError:  # dotted keys nest tables deeper than the parser itself goes
        raise InvalidInput(f"{path} nests tables too deeply for a suspect's description") from None


def description_of(spec: ModelSpec) -> SuspectDescription:
    """The description of the suspect that a model's name names.

    ``rest:`` reads the file; the other kinds take the URL and the keys behind it. What every model's name can say
    (classes, batch size, preprocessing) takes the place of what the file says.

    Raises
    ------
    FileError
        If the file is missing.
    InvalidInput
        If something that is said cannot be.
    """
    if spec.kind == "rest":
        spec.allow()
        description = read_description(spec.target)
    else:
        description = _validated(_document(spec), spec.kind)
    document = description.model_dump()
    if spec.classes is not None:
        document["classes"] = spec.classes
    if spec.batch_size is not None and _has_batches(description):
        document["batch"] = spec.batch_size
    if spec.preprocessing is not None:
        document["input"]["preprocessing"] = spec.preprocessing.model_dump()
    return _validated(document, spec.target)


def _document(spec: ModelSpec) -> dict[str, Json]:
    given = dict(spec.options)
    document: dict[str, Json] = {"protocol": spec.kind, "url": spec.target}
    document["manners"] = {key: given.pop(key) for key in MANNERS_KEYS if key in given}
    document["input"] = {key: given.pop(key) for key in INPUT_KEYS if key in given}
    if (token := given.pop("token", None)) is not None:
        placeholder = f"${{{token}}}"
        if PLACEHOLDER.fullmatch(placeholder) is None:
            raise InvalidInput("token names where the token lies, as in token=env:NAME or token=keyring:SERVICE/USER")
        document["headers"] = {"Authorization": f"Bearer {placeholder}"}
    document["options"] = given
    return document


def _has_batches(description: SuspectDescription) -> bool:
    """Whether a batch size says anything: for a protocol of single inputs any size comes down to one."""
    if description.protocol in ("hf", "torchserve"):
        return False
    return description.protocol != "rest" or description.answer.each is not None


def _validated(document: Mapping[str, Any], name: str) -> SuspectDescription:
    try:
        return SuspectDescription.model_validate(document)
    except ValidationError as error:
        # The chain would show what was given, which may hold a secret that stands where it should not.
        raise InvalidInput(f"{name}: {_in_a_sentence(error)}") from None


def _in_a_sentence(error: ValidationError) -> str:
    """The first thing that is wrong."""
    first = error.errors(include_input=False)[0]
    where, kind = first["loc"], first["type"]
    key = ".".join(str(part) for part in where)
    if kind == "extra_forbidden":
        table = f" in [{'.'.join(map(str, where[:-1]))}]" if where[:-1] else ""
        return str(unknown_name(f"key{table}", str(where[-1]), _keys_at(where[:-1])))
    if kind == "missing":
        return f"{key} is missing"
    cause = first.get("ctx", {}).get("error")
    message = str(cause) if cause is not None else first["msg"]
    return f"{key}: {message}" if key else message


def _keys_at(where: tuple[str | int, ...]) -> list[str]:
    table: type[BaseModel] = SuspectDescription
    for part in where:
        table = _table_in(table.model_fields[str(part)].annotation)
    return list(table.model_fields)


def _table_in(annotation: Any) -> type[BaseModel]:
    """The table that a field holds, or may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(_table_in(each) for each in get_args(annotation))
