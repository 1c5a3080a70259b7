"""An ONNX file, checked before a runtime sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

from tellmark.errors import ModelError, UnsafeFile
from tellmark.files import open_to_read
from tellmark.models.answers import first_line


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
    for tensor in _tensors(model):
        _check_location(tensor, path)
    try:
        onnx.checker.check_model(str(path))
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} is no valid ONNX model: {first_line(error)}") from error
    return model


def read_whole(path: Path) -> ModelProto:
    """The model with all its tensors; `read_structure` must have passed it."""
    return onnx.load_model(str(path))


def all_nodes(model: ModelProto) -> Iterator[NodeProto]:
    """Every node: of the graph, of graphs within nodes, and of functions."""
    yield from _nodes_of(model.graph.node)
    for function in model.functions:
        yield from _nodes_of(function.node)


def _nodes_of(nodes: object) -> Iterator[NodeProto]:
    for node in nodes:  # pyright: ignore[reportGeneralTypeIssues]
        yield node
        for graph in _graphs_in(node):
            yield from _nodes_of(graph.node)


def _graphs_in(node: NodeProto) -> Iterator[GraphProto]:
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    nodes = list(all_nodes(model))
    for graph in (model.graph, *(graph for node in nodes for graph in _graphs_in(node))):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for attribute in (attribute for node in nodes for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors, attribute.sparse_tensor.values, attribute.sparse_tensor.indices)
        for sparse in attribute.sparse_tensors:
            yield from (sparse.values, sparse.indices)


def _check_location(tensor: TensorProto, path: Path) -> None:
    """Whether the tensor lies in the model's file, or in a regular file in the same directory or below."""
    if tensor.data_location != TensorProto.EXTERNAL and not tensor.external_data:
        return
    locations = [entry.value for entry in tensor.external_data if entry.key == "location"]
    for location in locations:
        home = path.parent.resolve()
        absolute = PurePosixPath(location).is_absolute() or PureWindowsPath(location).anchor
        climbing = ".." in PurePosixPath(location).parts or ".." in PureWindowsPath(location).parts
        if absolute or climbing or not (home / location).resolve().is_relative_to(home):
            raise UnsafeFile(
                f"{path} takes weights from {location!r}, outside its own directory; "
                f"put the model and its weights into one directory, without links"
            )
        if not (home / location).is_file():
            raise ModelError(f"{path} takes weights from {location!r}, which is not there")
    if len(locations) != 1:
        raise ModelError(f"{path} does not say where the weights {tensor.name!r} are")
