"""Students of the built-in kinds fit any image or table; a user's own is named without weights."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

import toys
from tellmark.errors import InvalidInput, ModelError
from tellmark.models.preprocessing import Preprocessing
from tellmark.theft.base import thief_data
from tellmark.theft.student_networks import ImageNetwork, TableNetwork
from tellmark.theft.students import NamedNetwork, student_for
from tellmark.theft.training import Training, seeded, train

BGR = Preprocessing(mean=(0.5,), channels="bgr", layout="nhwc", resize=(16, 16))


@settings(deadline=None, derandomize=True, max_examples=15)
@given(height=st.integers(1, 70), width=st.integers(1, 70), channels=st.integers(1, 5), classes=st.integers(2, 12))
def test_image_network_takes_any_size(height, width, channels, classes):
    network = ImageNetwork(height, width, channels, classes, base=2)().eval()
    with torch.no_grad():
        assert network(torch.rand(2, channels, height, width)).shape == (2, classes)


@pytest.mark.parametrize(("pixels", "left"), [(8, 4), (32, 4), (64, 4), (224, 7)])
def test_images_are_halved_to_a_few_pixels(pixels, left):
    network = ImageNetwork(pixels, pixels, 1, 2, base=1)().eval()
    with torch.no_grad():
        assert network[:-3](torch.rand(1, 1, pixels, pixels)).shape[2:] == (left, left)


def test_table_network_standardises_columns_of_any_scale():
    data = toys.blobs(n=200)
    scaled = data.inputs * np.array([1e-6, 1.0, 1e6, 1e3, 0]) + np.array([0, 0, 0, 1e4, 7])
    network = TableNetwork(scaled.mean(axis=0), np.array([*scaled.std(axis=0)[:4], 1]), classes=4)()
    standard = network[0](torch.from_numpy(scaled).float()).numpy()
    assert np.allclose(standard.mean(axis=0), 0, atol=1e-2)
    assert np.allclose(standard.std(axis=0), [1, 1, 1, 1, 0], atol=1e-2)


def test_built_in_student_of_a_table_learns_it():
    data = toys.blobs(n=400)
    student = student_for(None, data, classes=4, preprocessing=None)
    known = thief_data(data, student.preprocessing)
    with seeded(0):
        network = student.factory()
    loss = functional.cross_entropy
    train(network, known.inputs, known.labels, loss=loss, training=Training(epochs=10), seed=0)
    with torch.no_grad():
        assert (network(known.inputs).argmax(1) == known.labels).float().mean() > 0.8
    assert student.name == "built-in student for tables"


def test_constant_column_divides_by_one():
    data = toys.blobs(n=50)
    data.inputs[:, 2] = 3.0
    network = student_for(None, data, classes=4, preprocessing=None).factory()
    assert torch.isfinite(network(torch.from_numpy(data.inputs).float())).all()


def test_built_in_student_of_images_keeps_the_normalisation_and_the_size_of_the_data():
    student = student_for(None, toys.images(channels=3), classes=3, preprocessing=BGR)
    assert student.factory == ImageNetwork(4, 4, 3, 3)
    assert student.preprocessing == Preprocessing(mean=(0.5,), channels="bgr")


def test_named_student_has_the_preprocessing_of_its_name_or_of_the_source():
    named = student_for("torch:own_student:make", toys.images(), classes=3, preprocessing=BGR)
    assert named.factory == NamedNetwork("own_student:make")
    assert named.preprocessing == BGR
    own = student_for("torch:own_student:make?scale=1&device=cpu", toys.images(), classes=3, preprocessing=BGR)
    assert own.preprocessing == Preprocessing(scale=1.0)
    assert own.device == "cpu"


def test_named_student_is_what_the_factory_makes(tmp_path, monkeypatch):
    (tmp_path / "own_student.py").write_text("from torch import nn\ndef make():\n    return nn.Linear(5, 4)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert isinstance(NamedNetwork("own_student:make")(), torch.nn.Linear)
    with pytest.raises(ModelError, match="no attribute 'other'"):
        NamedNetwork("own_student:other")()


@pytest.mark.parametrize("spec", ["onnx:m.onnx", "torch:net:make?weights=w.safetensors", "torch:net:make?classes=a,b"])
def test_student_with_weights_or_of_another_kind_is_refused(spec):
    with pytest.raises(InvalidInput, match="untrained, without weights and classes"):
        student_for(spec, toys.images(), classes=3, preprocessing=None)


def test_no_student_of_texts():
    with pytest.raises(InvalidInput, match="--shadow"):
        student_for(None, toys.texts(), classes=2, preprocessing=None)
