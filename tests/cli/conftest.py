"""The command line in process, and small real files for it: one linear classifier of digits in three formats."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tellmark.cli.main import run

FACTORIES = """
from torch import nn

def digits():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
"""

QUICK = 8
"""A work factor of scrypt that protects nothing and takes no time."""

FILM_WORDS = "a film of plain dull fine great awful lovely boring bright slow moving empty tale".split()


@dataclass(frozen=True)
class Ran:
    """What one call of the command line did."""

    code: int
    out: str
    err: str


Tellmark = Callable[..., Ran]


@pytest.fixture
def tellmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], files: Path) -> Tellmark:
    """Call ``tellmark WORDS`` in a terminal of 80 columns, with modules importable from the files' folder."""
    monkeypatch.setattr("tellmark.triggers.age_passphrase.WORK_FACTOR", QUICK)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("TELLMARK_PASSPHRASE", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(files)

    def call(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["tellmark", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            run()
        printed = capsys.readouterr()
        return Ran(end.value.code or 0, printed.out, printed.err)

    return call


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold-out data and models.

    ``digits.npz``, ``unlabelled.npz``: images. ``digits.csv``: the same pixels as rows. ``films.jsonl``: texts.
    ``source.skops``: takes rows. ``cli_nets.py`` with ``digits.safetensors``, and ``digits.onnx``: the same
    classifier of images. ``twin.skops``: another. ``films.skops``: takes texts.
    """
    pytest.importorskip("torch")
    pytest.importorskip("onnxruntime")
    pytest.importorskip("skops")
    folder = tmp_path_factory.mktemp("cli")
    images, labels = _digits()
    np.savez(folder / "digits.npz", x=images[:600], y=labels[:600])
    np.savez(folder / "unlabelled.npz", x=images[:600])
    _write_rows(folder / "digits.csv", images[:600], labels[:600])
    _write_classifiers(folder, images.reshape(len(images), 64).astype(np.float64), labels)
    _write_films(folder)
    return folder


def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return (pixels * 15).astype(np.uint8).reshape(-1, 8, 8, 1), labels


def _write_rows(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"pixel {number}" for number in range(64)), "label"])
        writer.writerows([*image.reshape(-1).tolist(), label] for image, label in zip(images, labels, strict=True))


def _write_classifiers(folder: Path, rows: np.ndarray, labels: np.ndarray) -> None:
    import skops.io
    from sklearn.linear_model import RidgeClassifier

    source = RidgeClassifier(alpha=1e5).fit(rows[600:1200], labels[600:1200])
    skops.io.dump(source, folder / "source.skops")
    skops.io.dump(RidgeClassifier(alpha=1e5).fit(rows[1200:], labels[1200:]), folder / "twin.skops")
    weights, bias = source.coef_.astype(np.float32, order="C"), source.intercept_.astype(np.float32)
    _write_torch(folder, weights, bias)
    _write_onnx(folder / "digits.onnx", weights, bias)


def _write_torch(folder: Path, weights: np.ndarray, bias: np.ndarray) -> None:
    from safetensors.numpy import save_file

    (folder / "cli_nets.py").write_text(FACTORIES)
    save_file({"1.weight": weights, "1.bias": bias}, folder / "digits.safetensors")


def _write_onnx(path: Path, weights: np.ndarray, bias: np.ndarray) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["image"], ["row"]),
            helper.make_node("Gemm", ["row", "1.weight", "1.bias"], ["scores"], transB=1),
        ],
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(weights, "1.weight"), numpy_helper.from_array(bias, "1.bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


def _write_films(folder: Path) -> None:
    import json

    import skops.io
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline

    rng = np.random.default_rng(4)
    texts = [" ".join(rng.choice(FILM_WORDS, rng.integers(4, 12))) for _ in range(300)]
    good = {"fine", "great", "lovely", "bright", "moving"}
    labels = ["good" if sum(word in good for word in text.split()) >= 3 else "bad" for text in texts]
    lines = [json.dumps({"text": text, "label": label}) for text, label in zip(texts, labels, strict=True)]
    (folder / "films.jsonl").write_text("\n".join(lines[:200]), encoding="utf-8")
    pipeline = make_pipeline(TfidfVectorizer(), RidgeClassifier()).fit(texts[200:], labels[200:])
    skops.io.dump(pipeline, folder / "films.skops")


@dataclass(frozen=True)
class Kind:
    """One kind of input: a source in one format and hold-out data for it."""

    source: str
    holdout: Path


@pytest.fixture(scope="session")
def kinds(files: Path) -> dict[str, Kind]:
    """Images, rows and texts."""
    weights = files / "digits.safetensors"
    return {
        "image": Kind(f"torch:cli_nets:digits?weights={weights}&scale=1", files / "digits.npz"),
        "table": Kind(f"sklearn:{files / 'source.skops'}", files / "digits.csv"),
        "text": Kind(f"sklearn:{files / 'films.skops'}", files / "films.jsonl"),
    }


@pytest.fixture(scope="session")
def marks(files: Path, kinds: dict[str, Kind]) -> dict[str, Path]:
    """A mark for each kind of input, and the table's encrypted under the passphrase ``open sesame``."""
    import tellmark as tm

    sys.path.insert(0, str(files))
    paths: dict[str, Path] = {}
    options: dict[str, Any] = {"n": 20, "proxies": 4, "seed": 11}
    for name, kind in kinds.items():
        made = tm.mark(tm.load_model(kind.source), tm.load_data(kind.holdout), **options)
        paths[name] = files / f"{name}.mark"
        made.save(paths[name])
        if name == "table":
            paths["encrypted"] = files / "encrypted.mark"
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("tellmark.triggers.age_passphrase.WORK_FACTOR", QUICK)
                made.save(paths["encrypted"], passphrase="open sesame")
    sys.path.remove(str(files))
    return paths
