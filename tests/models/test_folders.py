"""A folder, or a pattern, names every model in it; what names none is refused in a sentence."""

from __future__ import annotations

import pytest

from tellmark.errors import FileError, InvalidInput
from tellmark.models.folders import each_model


@pytest.fixture
def folder(tmp_path):
    for name in ("b.onnx", "a.onnx", "c.skops", "d.pt2", "w2.safetensors", "w1.safetensors", "notes.txt", "e.pkl"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_is_its_models_by_name(folder):
    assert each_model(str(folder)) == [
        f"onnx:{folder}/a.onnx",
        f"onnx:{folder}/b.onnx",
        f"sklearn:{folder}/c.skops",
        f"export:{folder}/d.pt2",
    ]


def test_a_folder_of_weights_is_one_network_with_each_of_them(folder):
    factory = "torch:nets:make"
    assert each_model(f"{factory}?weights={folder}&scale=1") == [
        f"{factory}?scale=1.0&mean=0.0&std=1.0&channels=rgb&layout=nchw&weights={folder}/{name}.safetensors"
        for name in ("w1", "w2")
    ]


@pytest.mark.parametrize("pattern", ["[ab].onnx", "*.onnx"])
def test_a_pattern_is_the_files_that_fit_it(folder, pattern, monkeypatch):
    assert each_model(f"onnx:{folder}/{pattern}?classes=x,y") == [
        f"onnx:{folder}/a.onnx?classes=x,y",
        f"onnx:{folder}/b.onnx?classes=x,y",
    ]
    monkeypatch.chdir(folder)
    assert each_model(f"onnx:{pattern}") == ["onnx:a.onnx", "onnx:b.onnx"]


def test_a_pattern_of_weights(folder):
    found = each_model(f"torch:nets:make?weights={folder}/w*.safetensors")
    assert found == [f"torch:nets:make?weights={folder}/w{number}.safetensors" for number in (1, 2)]


def test_a_file_with_such_a_name_is_itself(folder):
    (folder / "[ab].onnx").touch()
    assert each_model(f"onnx:{folder}/[ab].onnx") == [f"onnx:{folder}/[ab].onnx"]


@pytest.mark.parametrize(
    "spec", ["onnx:nowhere.onnx", "callable:nets:ask", "torch:nets:make?weights=w.safetensors", "torch:nets:make"]
)
def test_anything_else_is_one_model(spec):
    assert each_model(spec) == [spec]


def test_what_names_no_model_is_refused(folder, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FileError, match=r"empty holds no model \(.onnx, .pt2, .skops\)$"):
        each_model(str(empty))
    with pytest.raises(FileError, match=r"holds no .safetensors file: name a folder of weights"):
        each_model(f"torch:nets:make?weights={empty}")
    (empty / "w.safetensors").touch()
    with pytest.raises(FileError, match=rf"; give weights as torch:package.module:factory\?weights={empty}"):
        each_model(str(empty))
    with pytest.raises(FileError, match=r"no file is named like .*z\*.onnx: check the pattern, and put it in quotes"):
        each_model(f"onnx:{folder}/z*.onnx")
    with pytest.raises(InvalidInput, match="KIND:TARGET, such as onnx:"):
        each_model(f"{folder}/*.onnx")


@pytest.mark.parametrize("spec", ["onnx:{}", "torch:m:f?weights={}", "onnx:{}*", "torch:m:f?weights={}[a]"])
def test_a_name_longer_than_any_file_has_is_the_name_of_one_model(spec):
    """Whoever loads it says that there is no such file."""
    text = spec.format("x" * 5000)
    assert each_model(text) == [text]
