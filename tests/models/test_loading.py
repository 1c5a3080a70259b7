"""From a string or an object to a model."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from tellmark.errors import InvalidInput
from tellmark.models.loading import load_model
from tellmark.models.preprocessing import Preprocessing

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)


def brightness(batch):
    return (batch.mean(axis=tuple(range(1, batch.ndim))) > 127).astype(int)


@pytest.fixture
def rules(tmp_path, monkeypatch):
    (tmp_path / "rules.py").write_text("def shape(batch):\n    return [[0, 1]] * len(batch)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "callable:rules:shape"
    sys.modules.pop("rules", None)


def test_a_model_is_returned_as_it_is():
    model = load_model(brightness)
    assert load_model(model) is model
    assert load_model(model, trust=True) is model


@pytest.mark.parametrize(
    "settings",
    [{"preprocessing": Preprocessing()}, {"classes": ("a", "b")}, {"device": "cpu"}, {"batch_size": 3}],
)
def test_a_loaded_model_takes_no_settings(settings):
    with pytest.raises(InvalidInput, match="loaded already"):
        load_model(load_model(brightness), **settings)


@pytest.mark.parametrize("thing", [3, None, object(), [1, 2], np.zeros(3)])
def test_what_is_no_model(thing):
    with pytest.raises(InvalidInput, match=f"a {type(thing).__name__} is no model"):
        load_model(thing)


def test_settings_take_the_place_of_those_in_the_string(rules):
    spec = rules + "?scale=10&classes=a,b&batch_size=4"
    assert load_model(spec).info.preprocessing.scale == 10
    model = load_model(spec, preprocessing=Preprocessing(scale=20), classes=["x", "y"])
    assert model.info.preprocessing.scale == 20
    assert model.info.classes == ("x", "y")


def test_bad_settings(rules):
    with pytest.raises(InvalidInput, match="at least 1"):
        load_model(rules, batch_size=0)
    with pytest.raises(InvalidInput, match="two different names"):
        load_model(brightness, classes=["only"])


def test_a_class_with_call_is_a_function():
    class Rule:
        def __call__(self, batch):
            return brightness(batch)

    assert repr(load_model(Rule())) == "CallableModel(Rule)"
    assert (load_model(Rule()).query(IMAGES).labels == brightness(IMAGES)).all()


def test_functions_need_no_framework():
    """Nor does the string that names one load PyTorch."""
    script = (
        "import sys, numpy as np; from tellmark.models.loading import load_model;"
        "load_model('callable:operator:neg').query(np.zeros((1, 2)));"
        "print(sorted({'torch', 'onnx', 'sklearn'} & set(sys.modules)))"
    )
    path = os.pathsep.join(sys.path)
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"
