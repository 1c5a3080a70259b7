"""An ONNX file, checked before a runtime sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TypeVar

import onnx
from google.protobuf.message import DecodeError, Message
from onnx import ModelProto, NodeProto, TensorProto

from tellmark.digests import digest_file, digest_json
from tellmark.errors import ModelError, UnsafeFile
from tellmark.files import open_to_read
from tellmark.models.answers import first_line
from tellmark.types import Digest, Json

_LONGEST = 200
"""Bytes of the name of a file of weights, the folders below the model's included."""

_Part = TypeVar("_Part", bound=Message)


def read_structure(path: Path) -> ModelProto:
    """The model, without tensors that lie in files beside it.

    Raises
    ------
    FileError
        If there is no such file.
    UnsafeFile
        If it refers to a file that is not in its own directory.
    ModelError
        If it is no ONNX model, damaged, or not valid.
    """
    try:
        with open_to_read(path) as file:
            model = onnx.load_model_from_string(file.read())
    except DecodeError as error:
        raise ModelError(f"{path} is no complete ONNX file") from error
    if not model.graph.node or not model.graph.output:
        raise ModelError(f"{path} is no complete ONNX file: it has no graph")
    for tensor in _parts(model, TensorProto):
        _check_location(tensor, path)
    try:
        onnx.checker.check_model(str(path))
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} is no valid ONNX model: {first_line(error)}") from error
    return model


def read_whole(path: Path) -> ModelProto:
    """The model with all its tensors; `read_structure` must have passed it."""
    return onnx.load_model(str(path))


def digest_model(path: Path, model: ModelProto) -> Digest:
    """Digest of the file, and of the files beside it that hold its tensors; `read_structure` must have passed it."""
    locations = {_locations(tensor)[0] for tensor in _parts(model, TensorProto) if _is_external(tensor)}
    if not locations:
        return digest_file(path)
    beside: dict[str, Json] = {location: digest_file(path.parent / location) for location in locations}
    return digest_json({"model": digest_file(path), "weights": beside})


def all_nodes(model: ModelProto) -> Iterator[NodeProto]:
    """Every node: of the graph, of graphs within nodes, and of functions."""
    return _parts(model, NodeProto)


def _parts(model: ModelProto, kind: type[_Part]) -> Iterator[_Part]:
    """Every message of that kind, wherever in the model it stands, so that no place can be forgotten."""
    ahead: list[Message] = [model]
    while ahead:
        one = ahead.pop()
        if isinstance(one, kind):
            yield one
        for field, value in one.ListFields():
            if field.message_type is not None:
                ahead.extend([value] if isinstance(value, Message) else value)


def _is_external(tensor: TensorProto) -> bool:
    return tensor.data_location == TensorProto.EXTERNAL or len(tensor.external_data) > 0


def _locations(tensor: TensorProto) -> list[str]:
    return [entry.value for entry in tensor.external_data if entry.key == "location"]


def _check_location(tensor: TensorProto, path: Path) -> None:
    """Whether the tensor lies in the model's file, or in a regular file in the same directory or below."""
    if not _is_external(tensor):
        return
    locations = _locations(tensor)
    for location in locations:
        if not _is_within(location, path.parent):
            raise UnsafeFile(
                f"{path} takes weights from {location[:_LONGEST]!r}, outside its own directory; "
                f"put the model and its weights into one directory, without links"
            )
        if not (path.parent / location).is_file():
            raise ModelError(f"{path} takes weights from {location[:_LONGEST]!r}, which is not there")
    if len(locations) != 1:
        raise ModelError(f"{path} does not say where the weights {tensor.name!r} are")


def _is_within(location: str, folder: Path) -> bool:
    """Whether the name stays in the folder, links followed; one that no file can have does not."""
    absolute = PurePosixPath(location).is_absolute() or PureWindowsPath(location).anchor
    climbing = ".." in PurePosixPath(location).parts or ".." in PureWindowsPath(location).parts
    if absolute or climbing or "\0" in location or len(location.encode()) > _LONGEST:
        return False
    home = folder.resolve()
    return (home / location).resolve().is_relative_to(home)
