"""Opens files one after the other as a user would, with little memory, and tells what came of each.

``python opening.py LIBRARY... < specs.json``: the libraries are imported before the memory is limited. Read are a list
of specs, ``data:PATH``, ``weights:PATH`` or a model's, and written is a list of outcomes in the same order.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tellmark.data.loading import load_data
from tellmark.errors import TellmarkError
from tellmark.models.loading import load_model

ROOM = 400 << 20
ROWS = np.zeros((2, 4))


def opened(spec: str) -> bytes:
    """What the file holds, as far as anybody gets to see it."""
    kind, _, path = spec.partition(":")
    if kind == "data":
        return load_data(path).inputs.tobytes()
    if kind == "weights":
        from tellmark.models.torch.weights import read_weights

        return b"".join(tensor.float().numpy().tobytes() for tensor in read_weights(Path(path)).values())
    model = load_model(spec)
    answers = model.query(ROWS)
    parts = vars(type(model)).get("_parts")
    weights = parts.__get__(model)[0].values() if kind == "onnx" and parts is not None else ()
    return b"".join([answers.labels.tobytes(), *(array.tobytes() for array in weights)])


def outcome(spec: str) -> dict[str, Any]:
    """Which error it ended in, or none; and whether the secret of `SECRET` turned up."""
    secret = b"the owner's seed"
    try:
        content = opened(spec)
    except TellmarkError as error:
        words = str(error)
        return {"error": type(error).__name__, "words": words, "leaked": secret.decode() in words}
    except BaseException as error:  # noqa: BLE001 - this is what is looked for
        return {"error": f"uncaught {type(error).__name__}", "words": str(error), "leaked": False}
    return {"error": None, "words": "", "leaked": secret in content}


def main() -> None:
    """Read, limit, open, tell."""
    specs = json.load(sys.stdin)
    for library in sys.argv[1:]:
        importlib.import_module(library)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    print(json.dumps([outcome(spec) for spec in specs]))  # noqa: T201


if __name__ == "__main__":
    main()
