"""A run over a network that fails now and then, killed at any point: what may have been answered is counted."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from killing import killed_at, lines_of
from suspects import described
from tellmark.models.http.endpoint import Endpoint
from tellmark.models.http.model import HttpModel
from tellmark.models.wrappers.contents import read_transcript
from tellmark.verification.conduct import Choice, Conduct
from tellmark.verification.conducted import verify_with

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be killed")

KILLS = 40
TRIGGERS = 12
CLASSES = ("cat", "dog", "fox", "owl")

SERVER = """
import json, struct, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

labels, asked = sys.argv[1].split(","), 0

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        global asked
        image = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["image"]
        number = struct.unpack("<I", bytes(cell for row in image for pixel in row for cell in pixel))[0]
        asked += 1
        status = 500 if asked % 3 == 0 else 200
        with open(self.path, "a") as log:
            log.write(f"{number} {status}\\n")
        body = json.dumps({"label": labels[number]}).encode()
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


@pytest.fixture
def port(make_mark):
    """Of a server that answers as the source, writes down what it is asked, and fails each third time."""
    labels = ",".join(CLASSES[label] for label in make_mark(TRIGGERS).triggers.labels)
    process = subprocess.Popen([sys.executable, "-S", "-c", SERVER, labels], stdout=subprocess.PIPE, text=True)
    yield int(process.stdout.readline())
    process.kill()
    process.communicate()


def asked_of(log: Path) -> Counter[str]:
    return Counter(line.split()[0] for line in log.read_text().splitlines()) if log.exists() else Counter()


def test_every_request_that_reached_the_suspect_is_counted(make_mark, port, tmp_path):
    mark, chance = make_mark(TRIGGERS), random.Random(5)
    choice = Choice("fixed", null_rate=0.5, order_seed=11)

    def verification(name: str):
        log = tmp_path / f"{name}.log"
        description = described(
            f"http://127.0.0.1:{port}{log}",
            body={"image": "{{input}}"},
            answer={"label": "$.label"},
            input={"encoding": "nested"},
            classes=list(CLASSES),
        )

        def run():
            model = HttpModel(Endpoint(description))
            try:
                return verify_with(mark, model, choice, Conduct(tmp_path / f"{name}.jsonl"))
            finally:
                model.close()

        return run, log, tmp_path / f"{name}.jsonl"

    lines = lines_of(verification("unbroken")[0])
    kills, runs, repeated = KILLS, 0, 0
    while kills > 0:
        runs += 1
        run, log, path = verification(str(runs))
        going_on = True
        while going_on:
            had = read_transcript(path).answers if path.exists() else {}
            before = asked_of(log)
            going_on = killed_at(chance.randrange(1, lines + lines // 2), run)
            kills -= going_on
            assert not had or sum((asked_of(log) - before).values()) <= 2 * (TRIGGERS - len(had)) + 1
        contents, reached = read_transcript(path), asked_of(log)
        assert contents.ended
        assert set(reached) == {str(number) for number in range(TRIGGERS)}
        assert contents.answered == TRIGGERS
        assert contents.sent >= reached.total()
        found = run()
        assert asked_of(log) == reached
        assert (found.matches, found.queries) == (TRIGGERS, TRIGGERS)
        assert (found.conduct.sent, found.conduct.repeated) == (contents.sent, contents.repeated)
        repeated += contents.repeated
    assert repeated > 0
