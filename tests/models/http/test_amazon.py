"""SageMaker behind a proxy: what it is told is signed, and no key that it repeats is kept or shown."""

from __future__ import annotations

import logging
import socketserver
import ssl
import threading
from collections.abc import Iterator

import pytest

from own_certificate import certificate
from suspects import CLASSES, LABELS, ROWS, Handler, Server, described, reply
from tellmark.errors import SuspectRefused
from tellmark.models.wrappers.recording import RecordingModel
from tellmark.models.wrappers.records import Header, SuspectRecord
from tellmark.models.wrappers.transcript import open_transcript

URL = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/m/invocations"
KEYS = {
    "AWS_ACCESS_KEY_ID": "PLANTEDKEYID31415926",
    "AWS_SECRET_ACCESS_KEY": "planted-secret-key-14142135",
    "AWS_SESSION_TOKEN": "planted-session-17320508",
}
HEADER = Header(
    time="2026-01-02T03:04:05.678Z",
    tellmark="0",
    mark=None,
    suspect=SuspectRecord(name="amazon", kind="sagemaker", digest=None, classes=None),
    order_seed=None,
    order_given=False,
    settings={},
)


class Proxy(socketserver.StreamRequestHandler):
    """Is asked for a tunnel, and stands itself at its end."""

    def handle(self) -> None:
        self.server.tunnels.append(self.rfile.readline().split()[1])
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self.server.context.wrap_socket(self.connection, server_side=True) as secured:
            Handler(secured, self.client_address, self.server)


@pytest.fixture
def amazon(tmp_path) -> Iterator[Server]:
    """A proxy that answers in Amazon's place; `Server.url` is the proxy's."""
    proxy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy)
    proxy.daemon_threads, proxy.lock, proxy.busy, proxy.tunnels = True, threading.Lock(), 0, []
    proxy.told = Server(f"http://127.0.0.1:{proxy.server_address[1]}")
    proxy.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    proxy.context.load_cert_chain(certificate(tmp_path / "own.pem"))
    threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield proxy.told
    proxy.shutdown()
    proxy.server_close()
    assert set(proxy.tunnels) <= {b"runtime.sagemaker.eu-west-1.amazonaws.com:443"}


@pytest.fixture
def model(amazon, suspect, monkeypatch):
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    safety = {"proxy": amazon.url, "verify_tls": False}
    return suspect(described(URL, protocol="sagemaker", body=None, answer={}, safety=safety, classes=list(CLASSES)))


def echo(status, **headers):
    """Answers with all that it was told."""

    def send(handler, asked):
        document = {"predictions": LABELS.tolist(), "told": asked.headers}
        reply(document, status=status, X_Echo=asked.headers["x-amz-security-token"], **headers)(handler, asked)

    return send


def asked_and_written(model, path) -> str:
    """What a question to the model leaves in a transcript, and in its error."""
    with open_transcript(path, HEADER) as transcript:
        try:
            assert RecordingModel(model, transcript).query(ROWS).labels.tolist() == LABELS.tolist()
            said = ""
        except SuspectRefused as error:
            said = str(error)
    return path.read_text(encoding="utf-8") + said


@pytest.mark.parametrize(
    "replies",
    [[echo(200)], [echo(400, x_amzn_ErrorType="ThrottlingException"), echo(503), echo(200)], [echo(403)]],
    ids=["answer", "throttled", "refusal"],
)
def test_what_is_signed_arrives_and_no_key_is_kept(amazon, model, tmp_path, caplog, replies):
    caplog.set_level(logging.DEBUG)
    amazon.replies = list(replies)
    written = asked_and_written(model, tmp_path / "run.jsonl")
    assert len(amazon.asked) == len(replies)
    for asked in amazon.asked:
        assert asked.path == "/endpoints/m/invocations"
        assert KEYS["AWS_ACCESS_KEY_ID"] in asked.headers["authorization"]
        assert asked.headers["x-amz-security-token"] == KEYS["AWS_SESSION_TOKEN"]
    assert "[redacted]" in written
    logged = [caplog.handler.format(record) + repr(vars(record)) for record in caplog.records]
    assert any("send_request_headers" in line for line in logged)
    shown = "\n".join([written, repr(model), repr(model.description), *logged])
    assert [key for key in KEYS.values() if key in shown] == []
