"""A hundred thousand triggers: they work, and their inputs never lie in memory together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SRC = Path(__file__).parents[2] / "src"
FEW, MANY = 2_000, 100_000
SIDE, CLASSES = 16, 4
MEGABYTES_OF_INPUTS = MANY * SIDE * SIDE * 3 / 1e6

COMMANDS = """
import contextlib, io, json, resource, sys
from tellmark.cli.main import run

for line in sys.argv[1:]:
    sys.argv = ["tellmark", *line.split()]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            run()
        except SystemExit as end:
            assert not end.code, end.code
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"peak": peak / 1e6, "matches": json.loads(printed.getvalue())["matches"]}))
"""


@pytest.fixture(scope="module")
def colour_net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a linear net over small colour pictures, and pictures for it."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (400, SIDE, SIDE, 3), dtype=np.uint8)
    np.savez(folder / "pictures.npz", x=pixels, y=rng.integers(0, CLASSES, 400))
    weights = rng.normal(size=(3 * SIDE * SIDE, CLASSES)).astype(np.float32)
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("Flatten", ["picture"], ["row"]),
            onnx.helper.make_node("MatMul", ["row", "weight"], ["scores"]),
        ],
        "colours",
        [onnx.helper.make_tensor_value_info("picture", onnx.TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [onnx.helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, ["n", CLASSES])],
        [onnx.numpy_helper.from_array(weights - weights.mean(0), "weight")],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), folder / "net.onnx")
    return folder


def mark_and_verify(folder: Path, triggers: int) -> dict[str, float]:
    """Do both in one process; its peak memory in megabytes, and how many triggers matched."""
    words = f"--holdout pictures.npz -n {triggers} --reuse-items --proxies 2 --seed 1 -o {triggers}.mark"
    commands = [f"mark onnx:net.onnx {words} --batch-size 256"]
    commands.append(f"verify {triggers}.mark onnx:net.onnx --json --batch-size 256")
    environment = os.environ | {"PYTHONPATH": str(SRC), "OMP_NUM_THREADS": "1"}
    call = [sys.executable, "-B", "-c", COMMANDS, *commands]
    ran = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_memory_does_not_grow_with_the_inputs(colour_net):
    few, many = mark_and_verify(colour_net, FEW), mark_and_verify(colour_net, MANY)
    assert (few["matches"], many["matches"]) == (FEW, MANY)
    assert (colour_net / f"{MANY}.mark").stat().st_size > MEGABYTES_OF_INPUTS * 1e6
    assert many["peak"] - few["peak"] < MEGABYTES_OF_INPUTS / 2
