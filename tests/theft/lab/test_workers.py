"""Errands are done once, in order, whatever becomes of the processes that do them."""

from __future__ import annotations

import os
import sys
import time

import pytest

from tellmark.errors import FileError
from tellmark.theft.lab.worker_process import Errand
from tellmark.theft.lab.workers import Workers

SCRIPT = """
import json, os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    message = json.loads(line)
    with (folder / "done").open("a") as file:
        file.write(message["do"] + "\\n")
    tries = (folder / "done").read_text().split().count(message["do"])
    if message.get("dies", 0) >= tries:
        print("no memory left", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL) if message.get("hard") else os._exit(7)
    if message.get("busy", 0) >= tries:
        print(json.dumps({"busy": True}), flush=True)
        continue
    for _ in range(message.get("steps", 0)):
        print(json.dumps({"step": True}), flush=True)
    time.sleep(message.get("sleeps", 0))
    print(json.dumps(message.get("says", {"done": 0.5})), flush=True)
"""


@pytest.fixture
def crew(tmp_path):
    with Workers([sys.executable, "-c", SCRIPT, str(tmp_path)], count=2, logs=tmp_path / "logs") as workers:
        yield workers


def errand(key, *, needs=(), weight=1, **message):
    return Errand(key, f"errand {key}", {"do": key, **message}, needs, weight)


def done(tmp_path):
    return (tmp_path / "done").read_text().split()


def test_every_errand_is_done_once_and_after_those_it_needs(crew, tmp_path):
    errands = [errand("c", needs=("a", "b")), errand("a"), errand("b", needs=("a",)), errand("d")]
    outcome = crew.run(errands)
    assert outcome.finished
    assert outcome.failed == {}
    order = done(tmp_path)
    assert sorted(order) == ["a", "b", "c", "d"]
    assert order.index("a") < order.index("b") < order.index("c")


def test_whoever_asks_is_told_at_once_where_time_went(crew):
    """Two errands say that they took half a second each; the start of workers, and a death, are the lab's own."""
    times = []
    errands = [errand("a"), errand("b", dies=1), errand("c", says={"failed": "it needs labels"})]
    crew.run(errands, spent=lambda bare, busy: times.append((bare, busy)))
    assert sum(bare for bare, _ in times) == 1.0
    assert len([1 for bare, _ in times if bare == 0]) >= 4  # two or three starts, a death, a failure
    assert all(busy > 0 for _, busy in times)


def test_the_errand_of_a_dead_worker_is_tried_once_more(crew, tmp_path):
    outcome = crew.run([errand("a", dies=1, hard=True), errand("b", needs=("a",))])
    assert outcome.failed == {}
    assert done(tmp_path) == ["a", "a", "b"]


def test_a_worker_that_dies_again_is_reported_and_others_go_on(crew, tmp_path):
    outcome = crew.run([errand("a", dies=9), errand("b"), errand("c", needs=("a",))])
    assert outcome.finished
    assert outcome.failed["a"].startswith("its worker died 2 times: exit code 7, no memory left (see logs/worker-")
    assert outcome.failed["c"] == "what it is made from could not be made"
    assert sorted(done(tmp_path)) == ["a", "a", "b"]


def test_what_fails_for_a_reason_is_not_tried_again(crew, tmp_path):
    outcome = crew.run([errand("a", says={"failed": "it needs labels"})])
    assert outcome.failed == {"a": "it needs labels"}
    assert done(tmp_path) == ["a"]


def test_where_nothing_can_be_written_everything_stops(crew):
    with pytest.raises(FileError, match="no space left"):
        crew.run([errand("a", says={"fatal": "cannot write x: no space left on device"}), errand("b")])


def test_an_errand_that_another_run_is_at_is_asked_for_later(crew, tmp_path, monkeypatch):
    monkeypatch.setattr("tellmark.theft.lab.errands._RETRY_S", 0.1)
    assert crew.run([errand("a", busy=2)]).failed == {}
    assert done(tmp_path) == ["a", "a", "a"]


def test_when_time_is_up_everybody_stops(crew):
    outcome = crew.run([errand("a", sleeps=600)], until=time.monotonic() + 1)
    assert not outcome.finished


def test_progress_counts_steps_and_never_goes_back(crew):
    seen = []
    crew.run(
        [errand("a", weight=4, steps=3), errand("b", weight=2, steps=5)],
        progress=lambda behind, total: seen.append((behind, total)),
    )
    assert seen[-1] == (6, 6)
    assert [behind for behind, _ in seen] == sorted(behind for behind, _ in seen)


def test_a_command_that_does_not_start_is_said_at_once(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('there is no such folder')"]
    with Workers(command, count=1, logs=tmp_path) as workers, pytest.raises(FileError, match="no such folder"):
        workers.run([errand("a")])


def test_workers_compute_on_one_thread(tmp_path):
    script = (
        "import json, os; print(json.dumps({'ready': True}), flush=True); input(); "
        "print(json.dumps({'failed': os.environ['OMP_NUM_THREADS']}), flush=True); input()"
    )
    with Workers([sys.executable, "-c", script], count=1, logs=tmp_path) as workers:
        assert workers.run([errand("a")]).failed == {"a": "1"}


def test_nobody_is_left_behind(tmp_path):
    with Workers([sys.executable, "-c", SCRIPT, str(tmp_path)], count=2, logs=tmp_path / "logs") as workers:
        workers.run([errand("a"), errand("b")])
        pids = [worker._process.pid for worker in workers._workers]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
