"""Small files that order a lot of memory, and files that lie about what they hold: each ends in an error of Tellmark's.

All of them are opened in one process that may take 400 MiB; had one of them taken more, it would have died.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("skops")
pa = pytest.importorskip("pyarrow")

from onnx import TensorProto, helper  # noqa: E402
from pyarrow import parquet  # noqa: E402

MIB = 1 << 20
BOMB = 300 * MIB
PIECE = bytes(MIB)


def archive(*members, packed=zipfile.ZIP_DEFLATED) -> bytes:
    """A zip; a member's content may be a number: so many zero bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as written:
        for name, content in members:
            with written.open(name, "w") as member:
                for piece in [content] if isinstance(content, bytes) else [PIECE] * (content // MIB):
                    member.write(piece)
    return buffer.getvalue()


def npy(shape, dtype="<f8") -> bytes:
    """A header without what it announces."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": tuple(shape)})
    return buffer.getvalue()


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """An image of so many pixels."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(data)),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def safetensors(header, *, length=None, data=b"") -> bytes:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(encoded) if length is None else length) + encoded + data


def entry(shape, start, end, dtype="F32") -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


SAFETENSORS = {
    "length-2-63.safetensors": safetensors({}, length=1 << 63),
    "length-2-64.safetensors": safetensors({}, length=(1 << 64) - 1),
    "length-beyond.safetensors": safetensors({"a": entry([1], 0, 4)}, length=10_000, data=bytes(4)),
    "overlapping.safetensors": safetensors({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, data=bytes(12)),
    "all-of-one.safetensors": safetensors({f"w{k}": entry([1000], 0, 4000) for k in range(1000)}, data=bytes(4000)),
    "backwards.safetensors": safetensors({"a": entry([1], 8, 4)}, data=bytes(8)),
    "beyond.safetensors": safetensors({"a": entry([1 << 40], 0, 1 << 42)}, data=bytes(8)),
    "huge-shape.safetensors": safetensors({"a": entry([1 << 40], 0, 8)}, data=bytes(8)),
    "overflowing.safetensors": safetensors({"a": entry([1 << 62, 4], 0, 0)}),
    "negative.safetensors": safetensors({"a": entry([-1], 0, 4)}, data=bytes(4)),
    "nested.safetensors": safetensors(b'{"a":' + b"[" * 100_000),
    "doubled.safetensors": safetensors(b'{"a":' * 2 + json.dumps(entry([1], 0, 4)).encode() + b"}}", data=bytes(4)),
}


def checkpoint(**changes: bytes) -> bytes:
    """What `torch.save` writes, with members replaced, and packed."""
    buffer = io.BytesIO()
    torch.save({"w": torch.arange(4, dtype=torch.float32)}, buffer)
    with zipfile.ZipFile(buffer) as saved:
        members = {name: saved.read(name) for name in saved.namelist()}
    places = {name.split("/", 1)[1]: name for name in members}
    return archive(*((places[k], changes.get(re.sub(r"\W", "_", k), members[places[k]])) for k in places))


def lying(numbers: int) -> bytes:
    """A checkpoint whose tensor claims so many numbers, and has four."""
    buffer = io.BytesIO()
    torch.save({"w": torch.arange(4, dtype=torch.float32)}, buffer)
    with zipfile.ZipFile(buffer) as saved:
        pickled = saved.read("archive/data.pkl")
    said = b"\x8a\x08" + struct.pack("<q", numbers)
    return checkpoint(data_pkl=pickled.replace(b"K\x04t", said + b"t").replace(b"K\x04\x85", said + b"\x85"))


def claiming(call: bytes) -> bytes:
    """A checkpoint whose pickle is the given call of something that weights may name."""
    return checkpoint(data_pkl=b"\x80\x02" + call + b".")


LONG = b"\x8a\x08" + struct.pack("<q", 1 << 40)

CHECKPOINTS = {
    "bomb.pt": lambda: checkpoint(data_0=BOMB),
    "lying.pt": lambda: lying(1 << 20),
    "lying-far.pt": lambda: lying(1 << 50),
    "tensor.pt": lambda: claiming(b"ctorch\nTensor\n" + LONG + b"\x85R"),
    "bytearray.pt": lambda: claiming(b"c__builtin__\nbytearray\n" + LONG + b"\x85R"),
    "size.pt": lambda: claiming(b"ctorch\nSize\n" + b"(" * 100_000 + b"t" * 100_000 + b"\x85R"),
    "string.pt": lambda: claiming(b"X" + struct.pack("<I", 0xFFFFFFFF)),
    "long-string.pt": lambda: claiming(b"\x8d" + struct.pack("<Q", 1 << 62)),
}


def skops(schema: dict, *members) -> bytes:
    whole = {**schema, "protocol": 2, "_skops_version": "0.11"}
    return archive(("schema.json", json.dumps(whole).encode()), *members)


def array_node(number: int, file: str = "a.npy") -> dict:
    return {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "NdArrayNode",
        "__id__": number,
        "type": "numpy",
        "file": file,
    }


def list_node(*content: dict) -> dict:
    return {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "__id__": 0, "content": content}


def sparse() -> bytes:
    """A sparse matrix as `scipy.sparse.save_npz` packs it, whose data unpack to far more."""
    return archive(("data.npy", BOMB), ("format.npy", npy([], "|S3") + b"csr"))


SKOPS = {
    "bomb.skops": lambda: skops(array_node(1), ("a.npy", BOMB)),
    "one-array-often.skops": lambda: skops(
        list_node(*(array_node(k + 1) for k in range(1000))), ("a.npy", npy([MIB // 8]) + PIECE)
    ),
    "lying.skops": lambda: skops(array_node(1), ("a.npy", npy([1 << 40]))),
    "sparse.skops": lambda: skops(
        {
            **array_node(1, "a.npz"),
            "__class__": "csr_matrix",
            "__module__": "scipy.sparse",
            "__loader__": "SparseMatrixNode",
        },
        ("a.npz", sparse()),
    ),
    "schema.skops": lambda: archive(("schema.json", b'{"a": [' + b"[]," * (4 * MIB) + b"[]]}")),
    "nested.skops": lambda: archive(("schema.json", b'{"a":' * 100_000)),
}


def graph(path, nodes, initializers, *, outputs=("n", 4)) -> None:
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", 4))],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, outputs)],
        initializers,
    )
    path.write_bytes(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
    )


def claimed(name: str, dims, content: bytes = b"") -> TensorProto:
    """A tensor of the given size that brings other bytes along."""
    return TensorProto(name=name, dims=dims, data_type=TensorProto.FLOAT, raw_data=content)


def deep(levels: int):
    """A graph within a graph within a graph …"""
    inner = [helper.make_node("Identity", ["x"], ["out"])]
    for level in range(levels):
        body = helper.make_graph(
            inner, f"g{level}", [], [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)]
        )
        inner = [helper.make_node("If", ["yes"], ["out"], then_branch=body, else_branch=body)]
    return inner


def write_graphs(place) -> None:
    shape = helper.make_tensor("shape", TensorProto.INT64, [1], [1 << 36])
    yes = helper.make_tensor("yes", TensorProto.BOOL, [], [True])
    add = helper.make_node("Add", ["x", "w"], ["scores"])
    matmul = helper.make_node("MatMul", ["x", "w"], ["scores"])
    filled = helper.make_node("ConstantOfShape", ["shape"], ["filled"])
    summed = helper.make_node("ReduceSum", ["filled"], ["w"], keepdims=0)
    out = helper.make_node("Identity", ["out"], ["scores"])
    graph(place / "declared.onnx", [matmul], [claimed("w", [4, 1 << 40])])
    graph(place / "declared-far.onnx", [matmul], [claimed("w", [1 << 62, 1 << 62], bytes(64))])
    graph(place / "negative.onnx", [matmul], [claimed("w", [4, -4], bytes(64))])
    graph(place / "filled.onnx", [filled, summed, add], [shape])
    graph(place / "deep.onnx", [*deep(12), out], [yes])
    inner = b""
    for _ in range(500):  # a node's attribute's graph's node's attribute's graph …
        inner = _wrapped(1, _wrapped(5, _wrapped(6, inner)))
    (place / "endless-nesting.onnx").write_bytes(_wrapped(7, inner))


def _wrapped(field: int, content: bytes) -> bytes:
    """A protobuf field that holds these bytes."""
    length, left = b"", len(content)
    while left >= 128:
        length, left = length + bytes([left % 128 + 128]), left // 128
    return bytes([field << 3 | 2]) + length + bytes([left]) + content


BLACK = png(8000, 8000, bytes(8000 * 8001))
DATA = {
    "bomb.npz": lambda: archive(("x.npy", BOMB), ("y.npy", npy([0]))),
    "lying.npz": lambda: archive(("x.npy", npy([1 << 40, 4]) + bytes(64))),
    "lying-far.npz": lambda: archive(("x.npy", npy([1 << 62, 1 << 62]) + bytes(64))),
    "header.npz": lambda: archive(("x.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", 0xFFFFFFFF) + b"{")),
    "huge-image.zip": lambda: archive(("cat/a.png", png(1 << 20, 1 << 20))),
    "wide-image.zip": lambda: archive(("cat/a.png", png(10_000, 10_000))),
    "large-images.zip": lambda: archive(*((f"cat/{k}.png", BLACK) for k in range(40))),
    "bomb.zip": lambda: archive(("cat/a.png", BOMB)),
    "bomb-bzip2.zip": lambda: archive(("cat/a.png", BOMB), packed=zipfile.ZIP_BZIP2),
    "nested.zip": lambda: archive(("cat/a.png", archive(("cat/a.png", BOMB)))),
    "many.csv": lambda: b"a,b\n" + b"1,2\n" * (3 * MIB),
    "nested.jsonl": lambda: b'{"a": [' + b"[]," * (4 * MIB) + b"[]]}\n",
    "many.jsonl": lambda: b'{"a":1}\n' * (2 * MIB),
}
SPARSE = ("long.csv", "long.tsv", "long.jsonl")
"""Files of 64 GiB, of which a file system keeps nothing."""


@pytest.fixture(scope="module")
def outcomes(place, open_all):
    specs = {}
    for made, kind in ((CHECKPOINTS, "weights"), (SKOPS, "sklearn"), (DATA, "data")):
        for name, make in made.items():
            (place / name).write_bytes(make())
            specs[name] = f"{kind}:{place / name}"
    for name, content in SAFETENSORS.items():
        (place / name).write_bytes(content)
        specs[name] = f"weights:{place / name}"
    for name in SPARSE:
        with (place / name).open("wb") as file:
            file.truncate(64 << 30)
        specs[name] = f"data:{place / name}"
    write_graphs(place)
    specs |= {path.name: f"onnx:{path}" for path in place.glob("*.onnx")}
    rows = pa.table({name: pa.array(np.zeros(4 * MIB)) for name in ("a", "b", "label")})
    parquet.write_table(rows, place / "equal-cells.parquet")
    specs["equal-cells.parquet"] = f"data:{place / 'equal-cells.parquet'}"
    return open_all(
        specs, "torch", "sklearn", "skops.io", "onnxruntime", "tellmark.models.onnx.model", "pyarrow.parquet"
    )


GRAPHS = ("declared.onnx", "declared-far.onnx", "negative.onnx", "filled.onnx", "endless-nesting.onnx")
REFUSED = (*CHECKPOINTS, *SKOPS, *DATA, *SAFETENSORS, *SPARSE, *GRAPHS, "equal-cells.parquet")


@pytest.mark.parametrize("name", REFUSED)
def test_it_ends_in_an_error_of_its_kind(outcomes, name):
    kind = "DataError" if name in (*DATA, *SPARSE, "equal-cells.parquet") else ("ModelError", "UnsafeFile")
    assert outcomes[name]["error"] in kind, outcomes[name]
    assert "\n" not in outcomes[name]["words"]
    assert len(outcomes[name]["words"]) < 1000


def test_graphs_within_graphs_are_read_as_deep_as_the_format_goes(outcomes):
    assert outcomes["deep.onnx"]["error"] in (None, "ModelError")


def test_the_bombs_are_small(place, outcomes):
    assert max((place / name).stat().st_size for name in outcomes if "bomb" in name) < 2 * MIB
