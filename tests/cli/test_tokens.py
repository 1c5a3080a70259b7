"""A whole verification of a suspect that repeats every secret it is told: nothing written or shown has one in it."""

from __future__ import annotations

import base64
import json
import logging
import sys
import types
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from suspects import Server, reply, serving

TOKENS = {
    "A_TOKEN": "planted-token-16180339/+=",
    "A_QUERY": "planted-query-27182818",
    "AWS_ACCESS_KEY_ID": "PLANTEDKEYID31415926",
    "AWS_SECRET_ACCESS_KEY": "planted-secret-key-14142135",
    "AWS_SESSION_TOKEN": "planted-session-17320508",
}
PASSWORD = "planted-password-22360679"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as told:
        yield told


@pytest.fixture
def planted(monkeypatch) -> list[str]:
    """Secrets in the environment and in a keyring."""
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    keyring, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})
    keyring.get_password, keyring.errors = lambda service, user: PASSWORD, errors
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return [*TOKENS.values(), PASSWORD]


def echo(status: int, label: str | None = None):
    """Answers with all that it was told, in several forms."""

    def send(handler, asked):
        key, token = asked.headers["x-api-key"], asked.headers["authorization"].removeprefix("Bearer ")
        told = [asked.headers, asked.path, quote(token, safe=""), base64.b64encode(token.encode()).decode()]
        document = {"label": token if label is None else label, "told": told, "key": key}
        reply(document, status=status, X_Echo=key, Set_Cookie=f"who={key}")(handler, asked)

    return send


@pytest.fixture
def suspect(server, here):
    (here / "suspect.toml").write_text(
        f'url = "{server.url}/classify?key=${{env:A_QUERY}}"\n'
        'body = { row = "{{input}}" }\nanswer = { label = "$.label" }\nmanners = { retries = 2 }\n'
        '[headers]\nAuthorization = "Bearer ${env:A_TOKEN}"\nX-Api-Key = "${keyring:api.example/ann}"\n'
    )
    return "rest:suspect.toml"


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ([echo(200, "3")], 0),
        ([echo(503, "3"), echo(429, "3"), echo(200, "3")], 0),
        ([echo(200, "3"), echo(200, "3"), echo(401)], 2),
        ([echo(200, "3"), echo(200)], 2),
        ([echo(200)], 2),
        ([echo(400)], 2),
        ([echo(500)], 2),
    ],
    ids=["answers", "after failures", "refusal midway", "token as a label", "never understood", "refusal", "failure"],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_no_secret_is_written_or_shown(
    tellmark, here, server, suspect, planted, marks, monkeypatch, caplog, replies, code, as_json
):
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    caplog.set_level(logging.DEBUG)
    server.replies = list(replies)
    words = ["--null-rate", 0.5, "--transcript", "run.jsonl", "--max-queries", 12, *(["--json"] if as_json else [])]
    ran = tellmark("verify", marks["table"], suspect, *words)
    assert ran.code == code, ran.err
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKENS['A_TOKEN']}"
    assert server.asked[0].path.endswith(TOKENS["A_QUERY"])
    assert server.asked[0].headers["x-api-key"] == PASSWORD
    transcript = (here / "run.jsonl").read_text(encoding="utf-8")
    assert '"kind":"exchange"' in transcript
    kept = [path.read_bytes().decode("utf-8", "replace") for path in here.iterdir()]
    logged = [caplog.handler.format(record) + repr(vars(record)) for record in caplog.records]
    shown = "\n".join([ran.out, ran.err, *kept, *logged])
    forms = [form for secret in planted for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""))]
    assert [form for form in forms if form in shown] == []


def test_no_key_of_amazon_is_written_or_shown(tellmark, here, planted, marks, caplog, monkeypatch):
    """Signed for SageMaker through a proxy that goes nowhere: what was to be sent is in no message."""
    caplog.set_level(logging.DEBUG)
    (here / "suspect.toml").write_text(
        'protocol = "sagemaker"\nurl = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/m/invocations"\n'
        'manners = { retries = 0 }\nsafety = { proxy = "http://127.0.0.1:9" }\n'
    )
    ran = tellmark("verify", marks["table"], "rest:suspect.toml", "--null-rate", 0.5, "--transcript", "run.jsonl")
    assert ran.code == 2
    assert "the connection to the suspect failed" in ran.err
    kept = [path.read_bytes().decode("utf-8", "replace") for path in here.iterdir()]
    logged = [caplog.handler.format(record) + repr(vars(record)) for record in caplog.records]
    assert [secret for secret in planted if secret in "\n".join([ran.out, ran.err, *kept, *logged])] == []
