"""A suspect that costs next to nothing: a process of its own that answers the inference protocol V2 on loopback.

Run as a script it prints its port and serves until it is ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from benchmarks.form import ROOT

CLASSES = 10


class Handler(BaseHTTPRequestHandler):
    """Calls each row by the position of the largest of its first numbers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        tensor = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["inputs"][0]
        count, width = tensor["shape"]
        rows = [tensor["data"][start : start + CLASSES] for start in range(0, count * width, width)]
        labels = [max(range(CLASSES), key=row.__getitem__) for row in rows]
        output = {"name": "predict", "shape": [count], "datatype": "INT64", "data": labels}
        body = json.dumps({"model_name": "m", "outputs": [output]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[int]:
    """The port of a server in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.query_server"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
