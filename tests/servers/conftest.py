"""Real model servers on loopback, from an environment of their own; ``make test-servers`` installs it and runs these.

Without it nothing here is collected; with it nothing is skipped.
"""

from __future__ import annotations

import csv
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tellmark.api import load_data, load_model, mark
from tellmark.models.base import Model
from tellmark.triggers.mark import Mark

HERE = Path(__file__).parent
ENVIRONMENT = os.environ.get("TELLMARK_SERVERS")
"""Where the servers are installed."""

TOKEN = "planted-token-16180339"
PATIENCE = 120
"""Seconds that a server may take to start."""

collect_ignore_glob = ["programs/*"] if ENVIRONMENT else ["*"]


@dataclass(frozen=True)
class Files:
    """One data set, the owner's model, and the suspect's.

    Attributes
    ----------
    folder : Path
        ``digits.csv``, ``suspect.skops``, and what `programs/prepare.py` makes of it.
    rows : ndarray of float64, shape (600, 64)
        The hold-out rows.
    mark : Mark
        Of the owner's model.
    """

    folder: Path
    rows: np.ndarray
    mark: Mark

    @property
    def suspect(self) -> Model:
        """The suspect in this process."""
        return load_model(f"sklearn:{self.folder / 'suspect.skops'}")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The suspect is no copy: it is trained on other items, so that some triggers match and some do not."""
    import skops.io
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    folder = tmp_path_factory.mktemp("servers")
    rows, labels = load_digits(return_X_y=True)
    source = LogisticRegression(C=1e-3, max_iter=500).fit(rows[600:1200], labels[600:1200])
    skops.io.dump(LogisticRegression(C=1e-3, max_iter=500).fit(rows[1200:], labels[1200:]), folder / "suspect.skops")
    with (folder / "digits.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"pixel {number}" for number in range(64)), "label"])
        writer.writerows([*row, label] for row, label in zip(rows[:600].tolist(), labels[:600].tolist(), strict=True))
    _run("prepare.py", folder / "suspect.skops", folder)
    made = mark(source, load_data(folder / "digits.csv"), n=100, seed=7, proxies=8, tau=None)
    return Files(folder, rows[:600], made)


@pytest.fixture(scope="session")
def mlflow(files: Files) -> Iterator[str]:
    """The URL of ``mlflow models serve``."""
    port = _free_port()
    words = ["mlflow", "models", "serve", "-m", files.folder / "mlflow", "-p", port, "--env-manager", "local"]
    with _serving([_program("mlflow"), *words[1:]], port, files.folder / "mlflow.log"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def mlserver(files: Files) -> Iterator[str]:
    """The URL of ``mlserver start``."""
    port, other, third = (_free_port() for _ in range(3))
    environment = {
        "MLSERVER_HOST": "127.0.0.1",
        "MLSERVER_HTTP_PORT": str(port),
        "MLSERVER_GRPC_PORT": str(other),
        "MLSERVER_METRICS_PORT": str(third),
        "MLSERVER_PARALLEL_WORKERS": "0",
    }
    words = [_program("mlserver"), "start", files.folder / "mlserver"]
    with _serving(words, port, files.folder / "mlserver.log", **environment):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def litserve(files: Files) -> Iterator[str]:
    """The URL of a server written with LitServe."""
    port = _free_port()
    words = [_program("python"), HERE / "programs" / "litserve_server.py", files.folder / "suspect.skops", port]
    with _serving(words, port, files.folder / "litserve.log"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def fastapi(files: Files) -> Iterator[str]:
    """The URL of a server written with FastAPI."""
    port = _free_port()
    words = [_program("python"), HERE / "programs" / "fastapi_server.py", files.folder / "suspect.skops", port]
    with _serving(words, port, files.folder / "fastapi.log", DIGITS_TOKEN=TOKEN):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server written with FastAPI asks for."""
    monkeypatch.setenv("DIGITS_TOKEN", TOKEN)


@pytest.fixture(params=["mlflow", "mlserver", "litserve", "fastapi"])
def served(request: pytest.FixtureRequest, tmp_path: Path, token: None) -> str:
    """The name of a suspect that takes rows: the same model, behind each server in turn."""
    kind = request.param
    url = request.getfixturevalue(kind)
    if kind == "mlflow":
        return f"mlflow:{url}"
    if kind == "mlserver":
        return f"kserve:{url}/v2/models/digits?ask_for=predict_proba"
    return configured(f"{kind}.toml", url, tmp_path)


def configured(name: str, url: str, folder: Path) -> str:
    """The name of a suspect described by one of the files beside this one, at the port where it is."""
    text = (HERE / name).read_text(encoding="utf-8").replace("http://127.0.0.1:8000", url)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return f"rest:{path}"


def _program(name: str) -> Path:
    assert ENVIRONMENT is not None
    path = Path(ENVIRONMENT).resolve() / "bin" / name
    assert path.exists(), f"{path} is missing: run make test-servers"
    return path


def _environment(**more: str) -> dict[str, str]:
    """That of this process, with the servers' programs first; nothing is looked up or reported elsewhere."""
    path = f"{_program('python').parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "PYTHONPATH": "", "MLFLOW_DISABLE_TELEMETRY": "true", **more}


def _run(name: str, *words: object) -> None:
    subprocess.run(
        [_program("python"), HERE / "programs" / name, *map(str, words)],
        env=_environment(),
        check=True,
        timeout=PATIENCE,
    )


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


@contextmanager
def _serving(words: list[object], port: int, log: Path, **environment: str) -> Iterator[None]:
    """A server, once it takes connections, until it is no longer needed."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(word) for word in words],
            env=_environment(**environment),
            cwd=log.parent,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, port, log)
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)
                process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, log.read_text(errors="replace")[-4000:]
        assert time.monotonic() < end, f"no server within {PATIENCE} s: {log.read_text(errors='replace')[-4000:]}"
        time.sleep(0.1)
