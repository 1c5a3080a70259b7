"""Suspects that do what a file that took over its process would do, and what works here to stop them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

from tellmark.models.sandbox.confinement import Bubblewrap, LimitsAlone, NetworkNamespace
from tellmark.models.sandbox.limits import Limits
from tellmark.models.sandbox.model import SandboxedModel
from tellmark.models.sandbox.process import Process
from tellmark.models.sandbox.view import view_of
from tellmark.models.spec import ModelSpec

HOSTILE = '''
"""Networks of two classes; what one tries when asked hangs on the first pixel, and it answers 1 if that worked."""

import mmap
import os
import socket
import subprocess
import time
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent


class Probing(nn.Module):
    def forward(self, x):
        tries = [self.connect, self.read, self.write, self.environment]
        tries += [self.change, self.change_code, self.start, self.speak]
        worked = tries[round(float(x[0, 0, 0, 0]) * 255)]()
        return torch.tensor([[0.0, 1.0] if worked else [1.0, 0.0]]).repeat(len(x), 1)

    def connect(self):
        try:
            socket.create_connection(("127.0.0.1", int((HERE / "hostile_port.py").read_text())), 5).close()
        except OSError:
            return False
        return True

    def speak(self):
        try:
            with socket.socket(socket.AF_UNIX) as speaking:
                speaking.connect("listening")
        except OSError:
            return False
        return True

    def read(self):
        try:
            return (HERE.parent / "secret.txt").read_text() != ""
        except OSError:
            return False

    def write(self):
        for place in (HERE, Path("/tmp"), Path("/dev/shm")):
            try:
                (place / "tellmark_written.py").write_text("x")
                return True
            except OSError:
                (place / "tellmark_written.py").unlink(missing_ok=True) if os.access(place, os.W_OK) else None
        return False

    def environment(self):
        return any("TOKEN" in name or "hidden" in value for name, value in os.environ.items())

    def change(self):
        return overwritten(HERE.parent / "secret.txt")

    def change_code(self):
        return overwritten(HERE / "hostile_port.py")

    def start(self):
        port = (HERE / "hostile_port.py").read_text()
        return subprocess.Popen(["/bin/sleep", f"3600.{port}"], start_new_session=True).poll() is None


def overwritten(path):
    """As no limit on the size of files forbids."""
    try:
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
            content[:1] = content[:1]
    except (OSError, ValueError):
        return False
    return True


class Dying(nn.Module):
    def forward(self, x):
        os.kill(os.getpid(), 6)


class Hungry(nn.Module):
    def forward(self, x):
        return torch.ones(1 << 36)


def spinning():
    while True:
        pass
'''

CONFINEMENTS = (Bubblewrap(), NetworkNamespace(), LimitsAlone())


def _working() -> list:
    """Those that work on this machine; what the others say is seen in test_confinement.py."""
    view = view_of(ModelSpec("torch", "m:f"))
    return [each for each in CONFINEMENTS if not hasattr(each, "reason_against") or each.reason_against(view) is None]


WORKING = _working()


@pytest.fixture(params=WORKING, ids=lambda each: type(each).__name__)
def confinement(request: pytest.FixtureRequest):
    """Each confinement that works on this machine; limits alone always do."""
    return request.param


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the module `hostile` in it."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "hostile.py").write_text(HOSTILE)
    monkeypatch.chdir(folder)
    return folder


def _array(name, array):
    from onnx import numpy_helper

    return numpy_helper.from_array(np.asarray(array), name)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A graph of a few bytes that goes round for ever, once it is asked."""
    import onnx
    from onnx import TensorProto, helper

    def value(name, kind=TensorProto.FLOAT, shape=("n", 2)):
        return helper.make_tensor_value_info(name, kind, shape)

    body = helper.make_graph(
        [
            helper.make_node("Identity", ["on"], ["still_on"]),
            helper.make_node("Sin", ["carried"], ["carried_on"]),
        ],
        "body",
        [value("turn", TensorProto.INT64, ()), value("on", TensorProto.BOOL, ()), value("carried")],
        [value("still_on", TensorProto.BOOL, ()), value("carried_on")],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["turns", "true", "x"], ["scores"], body=body)],
        "g",
        [value("x")],
        [value("scores")],
        [_array("turns", np.int64(2**62)), _array("true", np.True_)],
    )
    path = tmp_path / "endless.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


@pytest.fixture
def huge(tmp_path: Path) -> Path:
    """A graph of a few bytes that orders 256 GiB, once it is asked."""
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["filled"]),
            helper.make_node("ReduceSum", ["filled"], ["sum"], keepdims=0),
            helper.make_node("Add", ["x", "sum"], ["scores"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", 2))],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ("n", 2))],
        [_array("shape", np.array([1 << 36], dtype=np.int64))],
    )
    path = tmp_path / "huge.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


_SCRIPT = """
import json, os, struct, sys, time
def read(n):
    found = b""
    while len(found) < n:
        found += os.read(0, n - len(found)) or sys.exit(0)
    return found
def take():
    header, body = struct.unpack("<IQ", read(12))
    return read(header), read(body)
def give(header, body=b"", lengths=None):
    header = header if isinstance(header, bytes) else header.encode()
    os.write(1, struct.pack("<IQ", *(lengths or (len(header), len(body)))) + header + body)
take()
"""


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., SandboxedModel]]:
    """Makes a model of what a process says that was taken over: `script` is the rest of its program."""
    models: list[Process] = []

    def start(script: str, *, limits: Limits | None = None, classes=None) -> SandboxedModel:
        limits = limits or Limits(memory=1 << 30)
        process = Process([sys.executable, "-I", "-S", "-c", _SCRIPT + script], {}, limits, "model.onnx")
        models.append(process)
        return SandboxedModel(process, ModelSpec("onnx", "model.onnx", classes=classes), limits=limits, confinement="")

    yield start
    for process in models:
        process.close()
