"""Small graphs, made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

WEIGHT = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
BIAS = np.array([0.5, 0.0, -0.5], dtype=np.float32)

Write = Callable[..., Path]


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def save(path: Path, nodes: Sequence, inputs: Sequence, outputs: Sequence, arrays: dict[str, np.ndarray]) -> Path:
    graph = helper.make_graph(
        list(nodes), "g", list(inputs), list(outputs), [numpy_helper.from_array(v, k) for k, v in arrays.items()]
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


@pytest.fixture
def linear(tmp_path: Path) -> Write:
    """Writes ``scores = x @ weight.T + bias``, with the parts that are given replaced."""

    def write(*, name="net.onnx", inputs=None, outputs=None, nodes=None, arrays=None) -> Path:
        return save(
            tmp_path / name,
            nodes or [helper.make_node("Gemm", ["x", "weight", "bias"], ["scores"], transB=1)],
            inputs or [value("x", ["n", 4])],
            outputs or [value("scores", ["n", 3])],
            {"weight": WEIGHT, "bias": BIAS} if arrays is None else arrays,
        )

    return write


@pytest.fixture
def converted(tmp_path: Path) -> Write:
    """Writes what a converter makes of a scikit-learn classifier: labels and probabilities."""

    def write(*, names=("cat", "dog", "owl"), zipmap=False, only_labels=False) -> Path:
        by_name = isinstance(names[0], str)
        labels = {"classlabels_strings": list(names)} if by_name else {"classlabels_ints": list(names)}
        kind = TensorProto.STRING if by_name else TensorProto.INT64
        nodes = [
            helper.make_node(
                "LinearClassifier",
                ["x"],
                ["label", "probabilities"],
                domain="ai.onnx.ml",
                coefficients=WEIGHT.reshape(-1).tolist(),
                intercepts=BIAS.tolist(),
                multi_class=0,
                post_transform="SOFTMAX",
                **labels,
            )
        ]
        outputs = [value("label", ["n"], kind)]
        if zipmap:
            keys = {"classlabels_strings": list(names)} if by_name else {"classlabels_int64s": list(names)}
            nodes.append(helper.make_node("ZipMap", ["probabilities"], ["maps"], domain="ai.onnx.ml", **keys))
            key = TensorProto.STRING if by_name else TensorProto.INT64
            number = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
            maps = helper.make_sequence_type_proto(helper.make_map_type_proto(key, number))
            outputs = [helper.make_value_info("maps", maps)]
        elif not only_labels:
            outputs.append(value("probabilities", ["n", 3]))
        return save(tmp_path / "converted.onnx", nodes, [value("x", ["n", 4])], outputs, {})

    return write
