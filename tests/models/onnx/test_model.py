"""Graphs of many forms answer alike, and their weights take noise."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from tellmark.errors import InvalidInput, ModelError, NotPerturbable
from tellmark.models.loading import load_model
from tellmark.models.perturbing import as_perturbable
from tellmark.models.preprocessing import Preprocessing

ROWS = np.random.default_rng(1).normal(size=(7, 4))
IMAGES = np.random.default_rng(2).integers(0, 256, (7, 5, 6, 3), dtype=np.uint8)


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def gemm(**attributes):
    return helper.make_node("Gemm", ["x", "weight", "bias"], ["scores"], transB=1, **attributes)


@pytest.fixture
def expected(linear):
    import onnx

    weight, bias = (onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(linear()).graph.initializer)
    return ROWS.astype(np.float32) @ weight.T + bias


def test_scores_of_rows(linear, expected):
    model = load_model(f"onnx:{linear()}")
    np.testing.assert_allclose(model.query(ROWS).scores, expected, rtol=1e-5)
    assert model.info.digest == load_model(f"onnx:{linear()}").info.digest
    assert model.info.classes is None


@pytest.mark.parametrize("batch", [1, 4, 100])
def test_fixed_batch_is_filled_up(linear, expected, batch):
    path = linear(inputs=[value("x", [batch, 4])], outputs=[value("scores", [batch, 3])])
    np.testing.assert_allclose(load_model(f"onnx:{path}").query(ROWS).scores, expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", [TensorProto.DOUBLE, TensorProto.FLOAT16])
def test_other_precisions(linear, expected, dtype):
    nodes = [helper.make_node("Cast", ["given"], ["x"], to=TensorProto.FLOAT), gemm()]
    model = load_model(f"onnx:{linear(nodes=nodes, inputs=[value('given', ['n', 4], dtype)])}")
    np.testing.assert_allclose(model.query(ROWS).scores, expected, rtol=1e-2, atol=1e-2)


def mean_over_pixels(axes, dtype=TensorProto.FLOAT):
    return [
        helper.make_node("Cast", ["x"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["scores"], keepdims=0),
    ], {"axes": np.array(axes, dtype=np.int64)}


@pytest.mark.parametrize(
    ("shape", "axes", "dtype", "preprocessing"),
    [
        (["n", 3, 5, 6], [2, 3], TensorProto.FLOAT, Preprocessing()),
        (["n", 5, 6, 3], [1, 2], TensorProto.FLOAT, Preprocessing(layout="nhwc")),
        (["n", 3, "h", "w"], [2, 3], TensorProto.FLOAT, Preprocessing()),
        (["n", 3, 5, 6], [2, 3], TensorProto.UINT8, Preprocessing(scale=1)),
        (["n", 5, 6, 3], [1, 2], TensorProto.INT32, Preprocessing(scale=1, layout="nhwc")),
    ],
)
def test_images_in_every_layout_and_type(linear, shape, axes, dtype, preprocessing):
    nodes, arrays = mean_over_pixels(axes)
    path = linear(nodes=nodes, arrays=arrays, inputs=[value("x", shape, dtype)])
    model = load_model(f"onnx:{path}")
    assert model.info.preprocessing == preprocessing
    scores = model.query(IMAGES).scores
    np.testing.assert_allclose(scores, IMAGES.mean(axis=(1, 2)) / preprocessing.scale, rtol=1e-4)


def test_images_as_rows(linear):
    weight = np.random.default_rng(0).normal(size=(3, 90)).astype(np.float32)
    path = linear(inputs=[value("x", ["n", 90])], arrays={"weight": weight, "bias": np.zeros(3, np.float32)})
    scores = load_model(f"onnx:{path}?scale=255&layout=nhwc").query(IMAGES).scores
    np.testing.assert_allclose(scores, IMAGES.reshape(7, -1) / np.float32(255) @ weight.T, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", [["n"], ["n", 1]])
def test_texts(linear, shape):
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["x"],
            ["number"],
            domain="ai.onnx.ml",
            keys_strings=["good", "bad"],
            values_floats=[1.0, -1.0],
            default_float=0.0,
        ),
        helper.make_node("Reshape", ["number", "column"], ["one"]),
        helper.make_node("Neg", ["one"], ["other"]),
        helper.make_node("Concat", ["other", "one"], ["scores"], axis=1),
    ]
    path = linear(
        nodes=nodes,
        inputs=[value("x", shape, TensorProto.STRING)],
        outputs=[value("scores", ["n", 2])],
        arrays={"column": np.array([-1, 1])},
    )
    model = load_model(f"onnx:{path}")
    texts = np.array(["bad", "good", "other", "good"], dtype=object)
    assert model.query(texts).labels.tolist() == [0, 1, 0, 1]
    with pytest.raises(ModelError, match="takes texts"):
        model.query(ROWS)


def test_texts_for_a_graph_of_numbers(linear):
    with pytest.raises(ModelError, match="takes numbers"):
        load_model(f"onnx:{linear()}").query(np.array(["a"], dtype=object))


@pytest.mark.parametrize("names", [("cat", "dog", "owl"), (3, 7, 9)])
def test_converted_classifier(converted, expected, names):
    model = load_model(f"onnx:{converted(names=names)}")
    assert model.info.classes == tuple(map(str, names))
    answers = model.query(ROWS)
    assert (answers.labels == expected.argmax(axis=1)).all()
    np.testing.assert_allclose(answers.scores.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("names", [("cat", "dog", "owl"), (3, 7, 9)])
def test_labels_alone_are_looked_up(converted, expected, names):
    answers = load_model(f"onnx:{converted(names=names, only_labels=True)}").query(ROWS)
    assert (answers.labels == expected.argmax(axis=1)).all()
    assert answers.scores is None


def test_maps_are_refused_with_advice(converted):
    with pytest.raises(ModelError, match="zipmap"):
        load_model(f"onnx:{converted(zipmap=True)}")


def test_coefficients_in_attributes_take_no_noise(converted):
    with pytest.raises(NotPerturbable, match=r"OnnxModel\(converted.onnx\)"):
        as_perturbable(load_model(f"onnx:{converted()}"))


def test_scores_are_found_among_other_outputs(linear, expected):
    nodes = [
        gemm(),
        helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0),
        helper.make_node("Shape", ["x"], ["s"]),
    ]
    outputs = [value("total", []), value("s", [2], TensorProto.INT64), value("scores", ["n", 3])]
    scores = load_model(f"onnx:{linear(nodes=nodes, outputs=outputs)}").query(ROWS).scores
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_no_scores_at_all(linear):
    nodes = [helper.make_node("Identity", ["x3"], ["scores"])]
    path = linear(nodes=nodes, inputs=[value("x3", ["n", 3, 3])], outputs=[value("scores", ["n", 3, 3])], arrays={})
    with pytest.raises(ModelError, match="no output of scores"):
        load_model(f"onnx:{path}")


def test_two_inputs(linear):
    nodes = [helper.make_node("Add", ["a", "b"], ["scores"])]
    path = linear(nodes=nodes, inputs=[value("a", ["n", 3]), value("b", ["n", 3])], arrays={})
    with pytest.raises(ModelError, match=r"takes 2 inputs \(a, b\)"):
        load_model(f"onnx:{path}")


def test_shape_is_compared_before_asking(linear):
    with pytest.raises(ModelError, match=r"takes \(4\) per input, the data give \(9\)"):
        load_model(f"onnx:{linear()}").query(np.zeros((2, 9)))


def test_unknown_device_and_key(linear):
    path = linear()
    with pytest.raises(InvalidInput, match="no device"):
        load_model(f"onnx:{path}?device=toaster")
    with pytest.raises(InvalidInput, match="unknown key"):
        load_model(f"onnx:{path}?weights=w.pt")


def test_noise_reaches_weights_only(linear):
    """Statistics, single numbers and whole numbers stay; so does what nothing uses."""
    nodes = [
        helper.make_node("BatchNormalization", ["x", "gamma", "beta", "mean", "var"], ["normed"]),
        helper.make_node("Clip", ["normed", "low", "high"], ["clipped"]),
        helper.make_node("Gemm", ["clipped", "weight", "bias"], ["raw"], transB=1),
        helper.make_node("Mul", ["raw", "factor"], ["scores"]),
    ]
    four = np.ones(4, dtype=np.float32)
    arrays = {
        "gamma": four,
        "beta": four * 0.5,
        "mean": four * 0,
        "var": four,
        "low": np.float32(-9),
        "high": np.float32(9),
        "weight": np.ones((3, 4), dtype=np.float32),
        "bias": np.zeros(3, dtype=np.float32),
        "factor": np.array([2], dtype=np.float32),
        "unused": four,
        "whole": np.arange(4),
    }
    model = load_model(f"onnx:{linear(nodes=nodes, arrays=arrays)}")
    assert {parameter.name for parameter in model.parameters} == {"gamma", "beta", "weight", "bias"}
    with model.perturbed(lambda p, start, stop: np.full(stop - start, 0.5, np.float32)) as copy:
        # bias .5, four inputs of 1.5 * 0 + 1 = 1 with weight 1.5 each, times the factor 2
        scores = copy.query(np.zeros((1, 4))).scores
    np.testing.assert_allclose(scores, 2 * (4 * 1.5 * 1.0 + 0.5), rtol=1e-4)


def test_weights_listed_as_inputs_already(linear, expected):
    """As files of the oldest versions do, and those that let their weights be overridden."""
    path = linear(inputs=[value("x", ["n", 4]), value("weight", [3, 4]), value("bias", [3])])
    model = load_model(f"onnx:{path}")
    np.testing.assert_allclose(model.query(ROWS).scores, expected, rtol=1e-5)
    with model.perturbed(lambda p, start, stop: np.full(stop - start, float(p.name == "bias"), np.float32)) as copy:
        np.testing.assert_allclose(copy.query(ROWS).scores, expected + 1, rtol=1e-5)


@pytest.mark.parametrize("names", [(1, 2, 3), (2, 0, 1), ("cat", "dog", "owl")])
def test_renamed_classes_are_the_same_with_scores_and_without(converted, names):
    with_scores = load_model(f"onnx:{converted(names=names)}?classes=a,b,c")
    expected = with_scores.query(ROWS)
    labels_only = load_model(f"onnx:{converted(names=names, only_labels=True)}?classes=a,b,c").query(ROWS)
    assert expected.scores is not None
    assert labels_only.scores is None
    assert (labels_only.labels == expected.labels).all()


@pytest.mark.parametrize("only_labels", [True, False])
@pytest.mark.parametrize(("given", "reason"), [("3,2,1", "in another order"), ("a,b", "knows 3 classes, 2 names")])
def test_names_that_contradict_the_graph(converted, only_labels, given, reason):
    with pytest.raises(ModelError, match=reason):
        load_model(f"onnx:{converted(names=(1, 2, 3), only_labels=only_labels)}?classes={given}")
