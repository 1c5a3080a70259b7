"""A suspect on loopback, killed and started again: nothing is lost, and nothing asked again that was answered."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np

from tellmark.digests import digest_input
from tellmark.errors import ModelError
from tellmark.models.http.description import Answer, Input, Manners, SuspectDescription
from tellmark.models.http.endpoint import Endpoint
from tellmark.models.http.model import HttpModel
from tellmark.models.wrappers.contents import read_transcript
from tellmark.models.wrappers.recording import RecordingModel, RememberingModel
from tellmark.models.wrappers.records import Header, SuspectRecord
from tellmark.models.wrappers.transcript import open_transcript

SERVER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

port, log, left, before = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "before"

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        global left
        row = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["x"]
        with open(log, "a") as file:
            file.write(f"{row[0]}\\n")
        left -= 1
        if left == 0 and before:
            os._exit(9)
        body = json.dumps({"label": int(row[0]) % 3}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if left == 0:
            os._exit(9)

    def log_message(self, *words):
        pass

server = HTTPServer(("127.0.0.1", port), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
ROWS = np.arange(24, dtype=np.float64)[:, None] * np.array([1.0, 0.0])
HEADER = Header(
    time="2026-01-02T03:04:05.678Z",
    tellmark="0",
    mark=None,
    suspect=SuspectRecord(name="served", kind="rest", digest=None, classes=None),
    order_seed=None,
    order_given=False,
    settings={},
)


def started(port: int, log, left: int, when: str) -> tuple[subprocess.Popen[str], int]:
    words = [sys.executable, "-S", "-c", SERVER, str(port), str(log), str(left), when]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def model_at(port: int) -> HttpModel:
    description = SuspectDescription(
        url=f"http://127.0.0.1:{port}/",
        input=Input(encoding="row"),
        body={"x": "{{input}}"},
        answer=Answer(label="$.label"),
        manners=Manners(retries=0, timeout=60),
    )
    return HttpModel(Endpoint(description))


def test_a_server_that_is_killed_again_and_again(tmp_path):
    path, log, port, deaths = tmp_path / "run.jsonl", tmp_path / "log", 0, 0
    labels = np.empty(0, np.int64)
    for left, when in [(5, "before"), (4, "after"), (1, "before"), (7, "before"), (100, "before")]:
        process, port = started(port, log, left, when)
        model = model_at(port)
        try:
            with open_transcript(path, HEADER) as transcript:
                asked = RememberingModel(RecordingModel(model, transcript), transcript)
                try:
                    labels = np.concatenate([asked.query(ROWS[place : place + 1]).labels for place in range(len(ROWS))])
                except ModelError:
                    deaths += 1
        finally:
            model.close()
            process.kill()
            process.communicate()
    np.testing.assert_array_equal(labels, np.arange(24) % 3)
    contents = read_transcript(path)
    assert {one: len(said) for one, said in contents.answers.items()} == {digest_input(row): 1 for row in ROWS}
    assert (contents.failed, deaths, contents.lost) == (4, 4, 0)
    reached = Counter(float(line) for line in log.read_text().split())
    assert set(reached) == set(ROWS[:, 0])
    assert reached.total() - 24 == 3  # the three deaths before an answer; the fourth query found nobody
    assert contents.sent >= reached.total()


def test_a_response_that_came_before_the_kill_is_understood_without_asking(tmp_path):
    path, log = tmp_path / "run.jsonl", tmp_path / "log"
    process, port = started(0, log, 100, "before")
    model = model_at(port)
    try:
        with open_transcript(path, HEADER) as transcript:
            RecordingModel(model, transcript).query(ROWS[4:5])
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:-1]))  # killed between the response and its understanding
        with open_transcript(path, HEADER) as transcript:
            asked = RememberingModel(RecordingModel(model, transcript), transcript)
            assert asked.query(ROWS[4:5]).labels.tolist() == [1]
            assert transcript.contents.lost == 0
    finally:
        model.close()
        process.kill()
        process.communicate()
    assert log.read_text().split() == ["4.0"]
    assert b'{\\"label\\": 1}' in path.read_bytes()
