"""Files that would run code: none of it runs, wherever in a file it stands and whatever the file is called."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skops")
joblib = pytest.importorskip("joblib")

PICKLE_NAMES = (
    *("bare.pt", "bare.pth", "bare.bin", "zipped.pt", "zipped.bin", "deep.pt", "subclass.pt", "state.pt"),
    *("pickle.safetensors", "pickle.pt2", "zipped.pt2", "pickle.skops", "zipped.skops", "pickle.onnx", "pickle.npz"),
    *("estimator.pkl", "estimator.joblib", "objects.npz", "nested.pt", "nested.npz", "script.pt"),
)
SKOPS_NAMES = ("function", "type", "object", "partial", "method", "operator", "reduce", "getattr", "json", "evaluated")


@pytest.fixture(scope="module")
def payload(canary):
    class Payload:
        def __reduce__(self):
            return os.system, (f"touch '{canary}'",)

    return Payload()


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def saved(thing, *, zipped=True) -> bytes:
    buffer = io.BytesIO()
    torch.save(thing, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


def array(thing) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([thing], dtype=object), allow_pickle=True)
    return buffer.getvalue()


class Odd(OrderedDict):
    """A container that weights are not kept in, with a payload in its state."""


def script(payload) -> bytes:
    """An archive of TorchScript's layout, whose constants are a payload."""
    bare = pickle.dumps(payload, protocol=2)
    members = {
        "version": b"6\n",
        "data.pkl": bare,
        "constants.pkl": bare,
        "code/__torch__.py": b"",
        "byteorder": b"little",
    }
    return zipped(*((f"script/{name}", content) for name, content in members.items()))


def contents(payload) -> dict[str, bytes]:
    bare, zip_ = pickle.dumps(payload), saved({"weight": payload})
    odd = Odd(weight=torch.zeros(2))
    odd.payload = payload
    joblibbed = io.BytesIO()
    joblib.dump(payload, joblibbed)
    return {
        **dict.fromkeys(("bare.pt", "bare.pth", "bare.bin"), saved(payload, zipped=False)),
        **dict.fromkeys(("zipped.pt", "zipped.bin", "zipped.pt2", "zipped.skops"), zip_),
        **dict.fromkeys(("pickle.safetensors", "pickle.pt2", "pickle.skops", "pickle.onnx", "pickle.npz"), bare),
        "deep.pt": saved({"state_dict": {"model": {"a": [{"b": ({"c": payload},)}]}}}),
        "subclass.pt": saved(odd),
        "state.pt": saved({"weight": torch.zeros(2), "optimizer": {"state": payload}}),
        "estimator.pkl": bare,
        "estimator.joblib": joblibbed.getvalue(),
        "objects.npz": zipped(("x.npy", array(payload)), ("y.npy", array(payload))),
        "nested.pt": zipped(("archive/data.pkl", zip_), ("archive/version", b"3\n"), ("inner.pt", zip_)),
        "nested.npz": zipped(("x.npy", zip_), ("inner.npz", zipped(("x.npy", array(payload))))),
        "script.pt": script(payload),
    }


KIND_OF_SUFFIX = {".npz": "data", ".onnx": "onnx", ".pt2": "export"}
KIND_OF_SUFFIX |= dict.fromkeys((".skops", ".pkl", ".joblib"), "sklearn")


@pytest.fixture(scope="module")
def outcomes(place, payload, open_all, canary):
    """What comes of each file, in a process of its own."""
    written = contents(payload)
    assert set(written) == set(PICKLE_NAMES)
    for name, content in written.items():
        (place / name).write_bytes(content)
    specs = {n: f"{KIND_OF_SUFFIX.get(os.path.splitext(n)[1], 'weights')}:{place / n}" for n in written}  # noqa: PTH122
    return open_all(specs, "torch", "sklearn", "skops.io", "onnxruntime")


@pytest.mark.parametrize("name", PICKLE_NAMES)
def test_code_in_a_pickle_is_not_run(outcomes, canary, name):
    assert outcomes[name]["error"] in ("UnsafeFile", "ModelError", "DataError"), outcomes[name]
    assert "\n" not in outcomes[name]["words"]
    assert not canary.exists()


@pytest.mark.parametrize("name", ["bare.pt", "zipped.pt", "deep.pt", "state.pt", "estimator.pkl", "objects.npz"])
def test_the_payloads_are_real(place, canary, outcomes, name):
    """Opened carelessly, they do leave their trace."""
    try:
        if name.endswith(".npz"):
            np.load(place / name, allow_pickle=True)["x"]
        elif name.endswith(".pkl"):
            pickle.loads((place / name).read_bytes())
        else:
            torch.load(place / name, weights_only=False)
        assert canary.exists()
    finally:
        canary.unlink(missing_ok=True)


def node(loader: str, module: str, name: str, **more) -> dict:
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": id(more), **more}


def word(text: str) -> dict:
    return node("JsonNode", "builtins", "str", content=json.dumps(text), is_json=True)


def listed(*nodes: dict, kind="tuple") -> dict:
    return node("TupleNode" if kind == "tuple" else "ListNode", "builtins", kind, content=list(nodes))


def no_words() -> dict:
    return node("DictNode", "builtins", "dict", content={}, key_types=listed(kind="list"))


def schemas(command: str) -> dict[str, dict]:
    """What a file of skops may say, in each of the ways in which it can name something that runs."""
    system = node("FunctionNode", "posix", "system", content="posix.system")
    arguments = node("TupleNode", "builtins", "tuple", content=[word(command)])
    partial = node(
        "PartialNode",
        "functools",
        "partial",
        content={"func": system, "args": arguments, "kwds": no_words(), "namespace": no_words()},
    )
    return {
        "function": system,
        "type": node("TypeNode", "subprocess", "Popen", content="subprocess.Popen"),
        "object": node("ObjectNode", "subprocess", "Popen", content=no_words()),
        "partial": partial,
        "method": node("MethodNode", "builtins", "method", content={"func": "system", "obj": system}),
        "operator": node("OperatorFuncNode", "operator", "methodcaller", attrs=arguments),
        "reduce": node(
            "ReduceNode", "posix", "system", content={"args": arguments}, reduce={"args": arguments, "type": "system"}
        ),
        "getattr": node("FunctionNode", "builtins", "getattr", content="builtins.getattr"),
        "json": node("JsonNode", "builtins", "str", content=f"__import__('os').system({command!r})", is_json=True),
        "evaluated": node("FunctionNode", "builtins", "eval", content="builtins.eval"),
    }


@pytest.fixture(scope="module")
def skops_outcomes(place, canary, open_all):
    for name, schema in schemas(f"touch '{canary}'").items():
        whole = {**schema, "protocol": 2, "_skops_version": "0.11"}
        (place / f"{name}.skops").write_bytes(zipped(("schema.json", json.dumps(whole).encode())))
    return open_all({name: f"sklearn:{place / name}.skops" for name in SKOPS_NAMES}, "sklearn", "skops.io")


@pytest.mark.parametrize("name", SKOPS_NAMES)
def test_code_that_a_file_of_skops_names_is_not_run(skops_outcomes, canary, name):
    assert skops_outcomes[name]["error"] in ("UnsafeFile", "ModelError"), skops_outcomes[name]
    assert not canary.exists()
