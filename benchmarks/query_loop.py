"""Ask a suspect many queries, one by one, in a fresh process, and say what that took.

Three ways: the bare HTTP library with requests made beforehand; Tellmark's adapter; and the adapter with a budget and a
transcript around it. Run as a script, this module is one such process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2
import numpy as np

from benchmarks.form import ROOT
from benchmarks.resident import resident
from tellmark.models.base import Model
from tellmark.models.http.model import HttpModel
from tellmark.models.loading import load_model
from tellmark.models.wrappers.budget import Budget, BudgetedModel
from tellmark.models.wrappers.recording import RecordingModel, RememberingModel
from tellmark.models.wrappers.records import Header, SuspectRecord
from tellmark.models.wrappers.transcript import open_transcript
from tellmark.types import Batch

WAYS = ("bare", "adapter", "transcript")
QUERIES = 10_000
SETTLED = 1_000
"""Queries after which memory is first looked at."""
COLUMNS = 64

Ask = Callable[[int], int]


@dataclass(frozen=True)
class Spent:
    """What the queries took.

    Attributes
    ----------
    wall, processor : float
        Seconds; the processor's are those of this process, without the server's.
    memory_early, memory : int
        Resident memory after `SETTLED` queries and after the last, in bytes.
    labels : int
        Sum of the answers, the same whichever way.
    """

    wall: float
    processor: float
    memory_early: int
    memory: int
    labels: int


def spent_by(way: str, port: int, *, seed: int) -> Spent:
    """Ask in a fresh process."""
    words = [sys.executable, "-m", "benchmarks.query_loop", way, str(port), str(seed)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Spent(**json.loads(done.stdout))


def measured(ask: Ask, *, queries: int, settled: int) -> Spent:
    """Ask so many, and look at the memory after the first `settled` of them."""
    labels = ask(0)  # connects
    memory_early = 0
    wall, processor = time.perf_counter(), time.process_time()
    for number in range(1, queries + 1):
        labels += ask(number)
        if number == settled:
            memory_early = resident("VmRSS")
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Spent(wall, processor, memory_early, resident("VmRSS"), labels)


def prepared(way: str, rows: Batch, port: int, stack: ExitStack) -> Ask:
    """How row number n is asked, connections and files open until `stack` ends."""
    return {"bare": _bare, "adapter": _adapter, "transcript": _transcript}[way](rows, port, stack)


def _bare(rows: Batch, port: int, stack: ExitStack) -> Ask:
    client = stack.enter_context(httpx2.Client())
    url = f"http://127.0.0.1:{port}/v2/models/m/infer"
    tensors = [{"name": "input-0", "shape": [1, COLUMNS], "datatype": "FP64", "data": row.tolist()} for row in rows]
    bodies = [json.dumps({"inputs": [tensor]}, separators=(",", ":")).encode() for tensor in tensors]

    def ask(number: int) -> int:
        response = client.post(url, content=bodies[number], headers={"Content-Type": "application/json"})
        return response.json()["outputs"][0]["data"][0]

    return ask


def _adapter(rows: Batch, port: int, stack: ExitStack) -> Ask:
    return _asking(_model(port, stack), rows)


def _transcript(rows: Batch, port: int, stack: ExitStack) -> Ask:
    model = _model(port, stack)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    header = Header(
        time="2026-01-01T00:00:00.000Z",
        tellmark="0",
        mark=None,
        suspect=SuspectRecord(name="benchmark", kind="kserve", digest=None, classes=None),
        order_seed=None,
        order_given=False,
        settings={},
    )
    transcript = stack.enter_context(open_transcript(folder / "run.jsonl", header))
    budget = Budget(len(rows))
    return _asking(RememberingModel(BudgetedModel(RecordingModel(model, transcript), budget), transcript), rows)


def _model(port: int, stack: ExitStack) -> Model:
    model = load_model(f"kserve:http://127.0.0.1:{port}/v2/models/m?batch_size=1")
    assert isinstance(model, HttpModel)
    stack.callback(model.close)
    return model


def _asking(model: Model, rows: Batch) -> Ask:
    return lambda number: int(model.query(rows[number : number + 1]).labels[0])


def main() -> None:
    """Be one such process."""
    way, port, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rows = np.random.default_rng(seed).normal(size=(QUERIES + 1, COLUMNS)).round(4)
    with ExitStack() as stack:
        spent = measured(prepared(way, rows, port, stack), queries=QUERIES, settled=SETTLED)
        print(json.dumps(asdict(spent)))


if __name__ == "__main__":
    main()
