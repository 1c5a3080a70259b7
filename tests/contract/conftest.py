"""Every kind of model, small and untrained, with inputs it takes and inputs it does not."""

from __future__ import annotations

import csv
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.served import REST, served
from tellmark.digests import digest_input
from tellmark.models.base import Model
from tellmark.models.loading import load_model
from tellmark.models.sandbox.loading import load_sandboxed
from tellmark.types import Batch

torch = pytest.importorskip("torch")
pytest.importorskip("onnxruntime")
pytest.importorskip("sklearn")

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, bias=False)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        return self.head(self.conv2(self.conv(x).relu()).relu().mean((2, 3)))
"""

RNG = np.random.default_rng(0)
IMAGES = np.stack([RNG.integers(low, high, (8, 8, 1)) for low, high in RNG.integers((0, 100), (100, 256), (23, 2))])
IMAGES = IMAGES.astype(np.uint8)
ROWS = RNG.normal(size=(23, 4))
TEXTS = np.array([" ".join(RNG.choice(["good", "bad", "film", "dull", "fine"], 4)) for _ in range(23)], dtype=object)
WRONG_IMAGES = RNG.integers(0, 256, (3, 9, 8, 2), dtype=np.uint8)
WRONG_ROWS = RNG.normal(size=(3, 7))


@dataclass(frozen=True)
class Case:
    """One adapter: how to make it, and what to ask."""

    make: Callable[[int | None], Model]
    inputs: Batch
    wrong: Batch
    classes: int


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, fitted: dict[str, Any]) -> Path:
    """The same convolutional net as safetensors, exported program and ONNX; and estimators as skops."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "contract_net.py").write_text(NET)
    sys.path.insert(0, str(folder))
    _write_nets(folder)
    _write_estimators(folder, fitted)
    _write_answers(folder)
    return folder


def network():
    """The net with the weights that every file of it holds."""
    from contract_net import Net  # pyright: ignore[reportMissingImports]

    torch.manual_seed(3)
    net = Net().eval()
    with torch.no_grad():
        # So that the answers vary: the classes' mean scores are made equal.
        net.head.weight.mul_(6)
        net.head.bias.sub_(net(torch.from_numpy(IMAGES).permute(0, 3, 1, 2) / 255).mean(0))
    return net


def _write_nets(folder: Path) -> None:
    from safetensors.torch import save_file

    net, example = network(), (torch.rand(2, 1, 8, 8),)
    save_file(net.state_dict(), folder / "net.safetensors")
    dynamic = ({0: torch.export.Dim("batch")},)
    torch.export.save(torch.export.export(net, example, dynamic_shapes=dynamic), folder / "net.pt2")
    torch.export.save(torch.export.export(net, (torch.rand(4, 1, 8, 8),)), folder / "fixed.pt2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, example, folder / "net.onnx", dynamic_shapes=dynamic, external_data=False, verbose=False)
    _fix_batch(folder / "net.onnx", folder / "fixed.onnx")


def _fix_batch(source: Path, target: Path) -> None:
    import onnx

    model = onnx.load(source)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 4
    del model.graph.value_info[:]
    onnx.save(model, target)


@pytest.fixture(scope="session")
def fitted() -> dict[str, Any]:
    """Fitted classifiers: three classes of rows, and two classes of texts."""
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC, LinearSVC
    from sklearn.tree import DecisionTreeClassifier

    rows = np.random.default_rng(1).normal(size=(200, 4))
    labels = np.array(["a", "b", "c"])[(rows[:, 0] + rows[:, 1] ** 2 > 0.5).astype(int) + (rows[:, 2] > 0)]
    texts = [str(text) for text in TEXTS]
    sentiment = ["good" in text for text in texts]
    return {
        "linear": make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels),
        "ridge": RidgeClassifier().fit(rows, labels),
        "mlp": MLPClassifier((8,), max_iter=400, random_state=0, tol=1e-2).fit(rows, labels),
        "tree": DecisionTreeClassifier(max_depth=5, random_state=0).fit(rows, labels),
        "forest": RandomForestClassifier(8, max_depth=4, random_state=0).fit(rows, labels),
        "extra": ExtraTreesClassifier(8, max_depth=4, random_state=0).fit(rows, labels),
        "neighbours": KNeighborsClassifier().fit(rows, labels),
        "kernel": SVC().fit(rows, labels),
        "text": make_pipeline(TfidfVectorizer(), LinearSVC(random_state=0)).fit(texts, sentiment),
    }


def _write_estimators(folder: Path, fitted: dict[str, Any]) -> None:
    import skops.io

    for name, estimator in fitted.items():
        if name not in ("neighbours", "kernel"):  # compiled code reads their arrays: only a trusted file may bring them
            skops.io.dump(estimator, folder / f"{name}.skops")


def _write_answers(folder: Path) -> None:
    with (folder / "answers.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["input", "label", "score:x", "score:y"])
        for one in IMAGES:
            score = float(one.mean() / 255)
            writer.writerow([digest_input(one), "x" if score < 0.5 else "y", 1 - score, score])


def brightness(batch):
    """A function that answers with class indices."""
    return (batch.mean(axis=(1, 2, 3)) // 20).astype(np.int64) % 3


def _spec(folder: Path, spec: str) -> Callable[[int | None], Model]:
    return lambda batch_size: load_model(spec.format(folder), batch_size=batch_size)


def _in_sandbox(folder: Path, spec: str) -> Callable[[int | None], Model]:
    """One process for each batch size, whoever asks: they take a while to start."""
    return cache(lambda batch_size: load_sandboxed(spec.format(folder), batch_size=batch_size, accept_network=True))


SERVERS = ("kserve", "mlflow", "tfserving", "torchserve", "vertex", "sagemaker")


@pytest.fixture(scope="session")
def url(fitted: dict[str, Any]) -> Iterator[str]:
    """A server on loopback that answers as every kind of server does."""
    with served(fitted["linear"], fitted["text"]) as url:
        yield url


def _over_http(url: str, folder: Path) -> dict[str, Case]:
    (folder / "suspect.toml").write_text(REST.format(url=url))
    kinds = {kind: _spec(folder, f"{kind}:{url}/{kind}?classes=a,b,c") for kind in SERVERS}
    kinds["rest"] = _spec(folder, "rest:{}/suspect.toml")
    cases = {kind: Case(make, ROWS, WRONG_ROWS, 3) for kind, make in kinds.items()}
    return cases | {"hf": Case(_spec(folder, f"hf:{url}/hf?classes=no,yes"), TEXTS, WRONG_ROWS, 2)}


ROW_ESTIMATORS = ("linear", "ridge", "mlp", "tree", "forest", "extra")
PERTURBABLE = ("module", "torch", "export", "onnx", "linear", "ridge", "mlp", "tree", "forest", "extra", "text")
NAMES = (
    "module",
    "torch",
    "export",
    "export-fixed",
    "onnx",
    "onnx-fixed",
    *ROW_ESTIMATORS,
    "neighbours",
    "kernel",
    "text",
    "callable",
    "recorded",
    "sandbox",
    *SERVERS,
    "rest",
    "hf",
)


@pytest.fixture(scope="session")
def cases(files: Path, fitted: dict[str, Any], url: str) -> dict[str, Case]:
    """Every adapter, by name."""
    nets = {
        "module": lambda batch_size: load_model(network(), batch_size=batch_size),
        "torch": _spec(files, "torch:contract_net:Net?weights={}/net.safetensors"),
        "export": _spec(files, "export:{}/net.pt2"),
        "export-fixed": _spec(files, "export:{}/fixed.pt2"),
        "onnx": _spec(files, "onnx:{}/net.onnx"),
        "onnx-fixed": _spec(files, "onnx:{}/fixed.onnx"),
    }
    others = {name: _spec(files, f"sklearn:{{}}/{name}.skops") for name in ROW_ESTIMATORS}
    return {
        **{name: Case(make, IMAGES, WRONG_IMAGES, 5) for name, make in nets.items()},
        **{name: Case(make, ROWS, WRONG_ROWS, 3) for name, make in others.items()},
        "neighbours": Case(lambda size: load_model(fitted["neighbours"], batch_size=size), ROWS, WRONG_ROWS, 3),
        "kernel": Case(lambda size: load_model(fitted["kernel"], batch_size=size), ROWS, WRONG_ROWS, 3),
        "text": Case(_spec(files, "sklearn:{}/text.skops"), TEXTS, WRONG_ROWS, 2),
        "callable": Case(lambda size: load_model(brightness, batch_size=size), IMAGES, WRONG_ROWS, 3),
        "recorded": Case(_spec(files, "recorded:{}/answers.csv"), IMAGES, WRONG_IMAGES, 2),
        "sandbox": Case(_in_sandbox(files, "onnx:{}/net.onnx"), IMAGES, WRONG_IMAGES, 5),
        **_over_http(url, files),
    }


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    """Each adapter in turn."""
    return cases[request.param]


@pytest.fixture(params=PERTURBABLE)
def perturbable(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    """Each adapter whose weights can be reached."""
    return cases[request.param]
