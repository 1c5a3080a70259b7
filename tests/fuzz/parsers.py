"""Every parser of what others write, with valid input to start from."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from forged_marks import take_apart
from fuzz.evidence import EVIDENCE
from fuzz.mutating import ODD, bytes_from, document_from
from fuzz.parser import Parser, file
from tellmark.data.loading import load_data
from tellmark.errors import ModelError, TellmarkError
from tellmark.models.folders import each_model
from tellmark.models.http.file import read_description
from tellmark.models.http.jsonpath import find, parse_path
from tellmark.models.loading import load_model
from tellmark.models.spec import parse_spec
from tellmark.models.wrappers.chain import Place, chained
from tellmark.theft.lab.reading import read_configuration
from tellmark.theft.record import read_record
from tellmark.triggers.mark import load_mark, read_public

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"


def text(*valid: str) -> Callable[[random.Random, Path], str]:
    """Makes texts."""
    return lambda chance, _: bytes_from(chance, [one.encode() for one in valid]).decode("utf-8", "replace")


def zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


ARRAYS = (
    {"x": npy(np.arange(48, dtype=np.uint8).reshape(3, 4, 4)), "y": npy(np.array([0, 1, 0]))},
    {"x": npy(np.arange(6.0).reshape(3, 2)), "y": npy(np.array(["a", "b", "a"])), "classes": npy(np.array(["a", "b"]))},
    {"x": npy(np.array(["one", "two"])), "labels": npy(np.array([1, 0], np.int8))},
)


def npz_of_sound_members(chance: random.Random, folder: Path) -> Path:
    """Arrays that are damaged behind checksums that fit."""
    members = dict(chance.choice(ARRAYS))
    for name in chance.sample(sorted(members), chance.randrange(1, len(members) + 1)):
        members[name] = bytes_from(chance, [one for arrays in ARRAYS for one in arrays.values()])
    path = folder / "sound.npz"
    path.write_bytes(zipped({f"{name}.npy": content for name, content in members.items()}))
    return path


MARKS = tuple(GOLDEN / f"mark-1-{kind}.mark" for kind in ("image", "table", "text", "tiers"))


@cache
def _apart(path: Path) -> Any:
    return take_apart(path)


def forged_mark(chance: random.Random, folder: Path) -> Path:
    """Marks whose documents were changed behind digests that fit."""
    parts = take_apart(chance.choice(MARKS))
    what = chance.random()
    if what < 0.4:
        parts.mark = document_from(chance, parts.mark)
    elif what < 0.7:
        changed = document_from(chance, parts.secrets)
        parts.late_secrets = {key: changed[key] for key in changed if changed[key] != parts.secrets.get(key)}
    elif what < 0.85:
        place = chance.randrange(len(parts.shards))
        name, content = parts.shards[place]
        parts.shards[place] = (name, bytes_from(chance, [content]))
    else:
        parts.late_manifest = {chance.choice(("format", "protection", "members", "more")): chance.choice(_CANONICAL)}
    path = folder / "forged.mark"
    try:
        return parts.write(path)
    except (ValueError, TypeError, UnicodeError, TellmarkError):  # no canonical JSON can say it
        path.write_bytes(b"")
        return path


_CANONICAL = tuple(
    one for one in ODD if one is None or (isinstance(one, (bool, str, list, dict)) and "\ud800" not in str(one))
)

TRANSCRIPT = (GOLDEN / "transcript-1-good.jsonl").read_bytes()
LINES = [json.loads(line) for line in TRANSCRIPT.splitlines()]


def chained_transcript(chance: random.Random, folder: Path) -> Path:
    """Transcripts whose lines were changed, and chained anew."""
    lines = [{key: line[key] for key in line if key not in ("number", "previous", "digest")} for line in LINES]
    changed = document_from(chance, lines)
    path, place, written = folder / "chained.jsonl", Place(), []
    for line in changed:
        try:
            content, place = chained(line if isinstance(line, dict) else {"odd": line}, place)
        except (ValueError, TypeError, UnicodeError, TellmarkError):  # no canonical JSON can say it
            continue
        written.append(content + b"\n")
    path.write_bytes(b"".join(written))
    return path


SUSPECTS = (
    b"""
url = "https://h.example/v1"
classes = ["cat", "dog"]
[headers]
Authorization = "Bearer ${env:T}"
[body]
image = "{{input}}"
[answer]
label = "$.result.class"
[manners]
rate = 5
""",
    b"""
url = "http://127.0.0.1:3000/c"
batch = 64
[body]
rows = "{{inputs}}"
[answer]
each = "$[*]"
scores = "$.p"
names = "$.n"
[input]
encoding = "row-named"
columns = ["a", "b"]
[aliases]
Katze = "cat"
""",
    b"""
protocol = "mlflow"
url = "http://127.0.0.1:5000"
[options]
form = "inputs"
[safety]
max_body_bytes = 100
""",
)
LABS = tuple((ROOT / "src/tellmark/theft/lab/presets").glob("*.toml"))
SPECS = (
    "onnx:model.onnx?scale=255&mean=.5,.5,.5&std=1,2,3&classes=cat,dog&resize=32x32&channels=bgr&layout=nhwc",
    "torch:package.module:factory?weights=w.safetensors&device=cuda:1&batch_size=8",
    "kserve:http://host:8000/v2/models/m?token=env:T&rate=2&datatype=FP32",
    "recorded:answers.csv?classes=%2C,b",
)
PATHS = ("$.result.label", "$.predictions[0]['class name']", '$[*]["a"].*[-1]', "$")
ANSWER = {"result": {"label": "a"}, "predictions": [{"class name": [1, 2]}], "a": [[1], {"b": []}]}
RECORDED = (
    b"input,label,score:x,score:y\nsha256:" + b"0" * 64 + b",x,0.5,0.5\n",
    b'text,label\n"a, b",1\n"two\nlines",0\n',
    b"label,text\ncat,one\n",
)
NETWORK = {"preprocessing": {"scale": 255.0, "resize": [8, 8]}, "classes": ["a", "b"]}
RECORD = json.dumps(
    {
        "format": "tellmark.theft/1",
        "kind": "alteration",
        "attack": "prune-50",
        "settings": {"share": 0.5},
        "seed": 3,
        "source": {"kind": "torch", "digest": f"sha256:{'0a' * 32}"},
        "data": {"name": "digits", "digest": f"sha256:{'0a' * 32}", "items": 100},
        "student": None,
        "network": NETWORK,
        "class_map": {"thief": [0, None], "classes": 2},
        "evasion": {"name": "ensemble-twin", "settings": {"weight": 0.7}, "networks": {"independent": NETWORK}},
        "queries": 100,
        "measured": {"items": 50, "accuracy": 0.5, "source_accuracy": 1.0, "agreement": None},
        "date": "2026-01-01T00:00:00Z",
        "versions": {"tellmark": "0.1.0"},
    }
).encode()


def stolen_folder(chance: random.Random, folder: Path) -> Path:
    """A folder with a record; most are one JSON document with values that do not belong there."""
    content = bytes_from(chance, [RECORD])
    if chance.random() < 0.6:
        content = json.dumps(document_from(chance, json.loads(RECORD))).encode()
    (folder / "theft.json").write_bytes(content)
    return folder


def _safetensors() -> tuple[bytes, ...]:
    from safetensors.numpy import save

    return (save({"a": np.arange(4, dtype=np.float32), "b": np.zeros((2, 3), np.float16)}), save({}))


def _weights(path: Path) -> object:
    from tellmark.models.torch.weights import read_weights

    return read_weights(path)


def _specs(given: str) -> object:
    return parse_spec(str(parse_spec(given)))


def _many(given: str) -> object:
    """What the name stands for; patterns and folders are left alone, lest it be all of this machine's files."""
    return None if "/" in given or "*" in given or given.strip(".") == "" else each_model(given)


def _asked_recorded(path: Path) -> object:
    model = load_model(f"recorded:{path}")
    for one in ("a, b", "one"):
        with suppress(ModelError):
            model.query(np.array([one], dtype=object))
    return model


PARSERS: dict[str, Parser] = {
    "mark": Parser(file("fuzz.mark", *(path.read_bytes() for path in MARKS)), load_mark),
    "mark-forged": Parser(forged_mark, load_mark),
    "mark-public": Parser(forged_mark, read_public),
    "transcript": Parser(file("fuzz.jsonl", TRANSCRIPT), lambda path: load_model(f"recorded:{path}")),
    "transcript-chained": Parser(chained_transcript, lambda path: load_model(f"recorded:{path}")),
    "recorded": Parser(file("answers.csv", *RECORDED), _asked_recorded),
    "csv": Parser(
        file("fuzz.csv", b"a,b,label\n1,2.5,x\n3,4,y\n", b'label,text\nx,"a ""b"", c"\ny,d\n', b"1,text\n0,more\n"),
        load_data,
    ),
    "tsv": Parser(file("fuzz.tsv", b"a\tb\ty\n1\t2.5\t0\n3\t4\t1\n", b"label\ttext\nx\ta b\n"), load_data),
    "jsonl": Parser(
        file(
            "fuzz.jsonl",
            b'{"a": 1, "b": 2.5, "label": "x"}\n{"a": 3, "b": 1e9, "label": "y"}\n',
            b'{"text": "a", "y": true}\n',
        ),
        load_data,
    ),
    "npz": Parser(
        file("fuzz.npz", *(zipped({f"{k}.npy": v for k, v in arrays.items()}) for arrays in ARRAYS)), load_data
    ),
    "npz-sound": Parser(npz_of_sound_members, load_data),
    "suspect": Parser(file("suspect.toml", *SUSPECTS), read_description),
    "lab": Parser(file("lab.toml", *(path.read_bytes() for path in LABS)), read_configuration),
    "spec": Parser(text(*SPECS), _specs),
    "models": Parser(text(*SPECS), _many),
    "jsonpath": Parser(text(*PATHS), lambda path: find(parse_path(path), ANSWER), (ValueError,)),
    "safetensors": Parser(file("fuzz.safetensors", *_safetensors()), _weights),
    "stolen": Parser(stolen_folder, read_record),
    **EVIDENCE,
}
