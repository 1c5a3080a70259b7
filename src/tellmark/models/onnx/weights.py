"""The weights of an ONNX graph, and a graph that takes them as inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

from tellmark.models.onnx.file import all_nodes

Arrays = dict[str, NDArray[np.floating]]

_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)

_NO_WEIGHTS: dict[str, tuple[int, ...]] = {
    "BatchNormalization": (3, 4),
    "Clip": (1, 2),
    "DequantizeLinear": (1, 2),
    "Pad": (2,),
    "QLinearConv": (1, 4, 6),
    "QLinearMatMul": (1, 4, 6),
    "QuantizeLinear": (1, 2),
    "Resize": (1, 2),
    "Upsample": (1,),
}
"""Positions at which an operator takes statistics, sizes or scales of a quantisation."""


def weights_of(model: ModelProto) -> Arrays:
    """Floating-point initialisers that are weights: used, of two elements at least, and no statistics."""
    used: set[str] = set()
    other: set[str] = set()
    for node in all_nodes(model):
        for position, name in enumerate(node.input):
            (other if position in _NO_WEIGHTS.get(node.op_type, ()) else used).add(name)
    return {
        tensor.name: np.ascontiguousarray(numpy_helper.to_array(tensor))
        for tensor in model.graph.initializer
        if tensor.data_type in _FLOATS and np.prod(tensor.dims) >= 2 and tensor.name in used - other
    }


def with_weights_as_inputs(model: ModelProto, weights: Arrays) -> ModelProto:
    """Change `model` so that it takes `weights` with every call instead of holding them."""
    present = {value.name for value in model.graph.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in weights]
    for name, array in weights.items():
        if name not in present:
            element = helper.np_dtype_to_tensor_dtype(array.dtype)
            model.graph.input.append(helper.make_tensor_value_info(name, element, array.shape))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    return model
