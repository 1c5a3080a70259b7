"""No token ever leaves but in the request it belongs to: not in errors, reprs, logs, nor what hooks are told."""

from __future__ import annotations

import base64
import json
import logging
import sys
import traceback
import types
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suspects import ROWS, classifier, described, reply
from tellmark.errors import InvalidInput, TellmarkError
from tellmark.models.http.file import read_description
from tellmark.models.http.secrets import REDACTED, Redactor
from tellmark.models.http.signing import signature_headers
from tellmark.models.loading import load_model

TOKEN = "planted/tok+en=\"ü\\'&<9f8e7d6c5b4a"
PASSWORD = "planted-password-31415926"


@pytest.fixture
def planted(monkeypatch):
    """A token in the environment and a password in a keyring."""
    monkeypatch.setenv("A_TOKEN", "planted-token-27182818")
    keyring, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    entries = {("api.example", "ann"): PASSWORD}
    errors.KeyringError = type("KeyringError", (Exception,), {})
    keyring.get_password, keyring.errors = lambda service, user: entries.get((service, user)), errors
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return ["planted-token-27182818", PASSWORD]


def secretive(url, **more):
    headers = {"Authorization": "Bearer ${env:A_TOKEN}", "X-Api-Key": "${keyring:api.example/ann}"}
    return described(url + "/classify?key=${env:A_TOKEN}", headers=headers, **more)


def forms(secret):
    encoded = [base64.b64encode(b"x" * n + secret.encode() + b"tail").decode() for n in range(3)]
    return [secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.encode().hex(), *encoded]


def test_they_are_sent(server, suspect, planted):
    server.replies = [classifier]
    suspect(secretive(server.url)).query(ROWS)
    asked = server.asked[0]
    assert asked.headers["authorization"] == f"Bearer {planted[0]}"
    assert asked.headers["x-api-key"] == PASSWORD
    assert asked.path == f"/classify?key={planted[0]}"


def echo(status):
    """A suspect that tells everything it was told."""

    def send(handler, asked):
        told = json.dumps({"headers": asked.headers, "path": asked.path})
        label = asked.headers["authorization"]
        document = {"told": told, "labels": [{"label": label}] * 7}
        reply(document, status=status, X_Echo=asked.headers["x-api-key"])(handler, asked)

    return send


def redirect(handler, asked):
    reply(status=302, Location=asked.path + "&at=" + asked.headers["x-api-key"])(handler, asked)


@pytest.mark.parametrize(
    "fault",
    [echo(200), echo(400), echo(401), echo(429), echo(500), redirect],
    ids=["200", "400", "401", "429", "500", "302"],
)
def test_nothing_shows_them(server, suspect, planted, fault, caplog):
    caplog.set_level(logging.DEBUG)
    server.replies = [fault]
    model = suspect(secretive(server.url, manners={"retries": 1}))
    seen = []
    model.on_exchange = seen.append
    with pytest.raises(TellmarkError) as caught:
        model.query(ROWS)
    error = caught.value
    shown = "\n".join(
        [
            "".join(traceback.format_exception(error)),
            *map(repr, (error, model, model.description, model.endpoint, seen)),
            *(str((exchange.headers, exchange.body, exchange.failure)) for exchange in seen),
            *(caplog.handler.format(record) for record in caplog.records),
            *(repr(vars(record)) for record in caplog.records),
        ]
    )
    assert any(record.name.startswith("http") for record in caplog.records)
    assert seen
    for secret in planted:
        assert secret not in shown


def test_a_connection_that_fails_does_not_show_them(suspect, planted):
    model = suspect(secretive("http://127.0.0.1:9", manners={"retries": 0}))
    with pytest.raises(TellmarkError) as caught:
        model.query(ROWS)
    assert not any(secret in "".join(traceback.format_exception(caught.value)) for secret in planted)


@pytest.mark.parametrize("value", ["line\nbreak-planted-secret", "tab\tplanted-secret", "planted-secret-\x7f"])
def test_a_secret_that_cannot_be_sent_is_not_shown(server, suspect, monkeypatch, value):
    monkeypatch.setenv("A_TOKEN", value)
    headers = {"Authorization": "Bearer ${env:A_TOKEN}"}
    with pytest.raises(InvalidInput, match="env:A_TOKEN has a line break") as caught:
        suspect(described(server.url, headers=headers)).query(ROWS)
    assert "planted" not in "".join(traceback.format_exception(caught.value))


def test_a_header_of_other_letters_is_not_shown(server, suspect, monkeypatch):
    monkeypatch.setenv("A_TOKEN", "planted-γεια")
    with pytest.raises(InvalidInput, match="cannot be sent") as caught:
        suspect(described(server.url, headers={"X-Token": "${env:A_TOKEN}"})).query(ROWS)
    assert "planted" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("form", forms(TOKEN)[:3] + forms(TOKEN)[4:])
def test_encoded_forms_are_found(monkeypatch, form):
    monkeypatch.setenv("A_TOKEN", TOKEN)
    redactor = Redactor()
    assert redactor.text(form) == form
    assert redactor.resolved("x${env:A_TOKEN}y") == f"x{TOKEN}y"
    cleaned = redactor.text(f"before {form} after")
    assert REDACTED in cleaned
    assert TOKEN not in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    assert TOKEN not in repr(vars(redactor).keys())


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.binary(max_size=60))
def test_other_bytes_stay_as_they_are(data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_TOKEN", PASSWORD)
        redactor = Redactor()
        redactor.resolved("${env:A_TOKEN}")
        assert redactor.bytes(data) == data
        assert redactor.bytes(data + PASSWORD.encode() + data) == data + REDACTED.encode() + data


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("${env:ABSENT_VARIABLE}", "variable ABSENT_VARIABLE is not set"),
        ("${keyring:api.example/bob}", "keyring entry api.example/bob is not set"),
        ("${keyring:nobody}", "SERVICE/USER"),
    ],
)
def test_what_is_missing_is_named(server, suspect, planted, header, words):
    with pytest.raises(InvalidInput, match=words):
        suspect(described(server.url, headers={"X-Key": header})).query(ROWS)
    assert server.asked == []


def test_a_secret_in_the_file_itself_is_refused_unshown(tmp_path):
    path = tmp_path / "suspect.toml"
    path.write_text(f'url = "http://host"\n[headers]\nAuthorization = "Bearer {PASSWORD}"\n')
    with pytest.raises(InvalidInput, match="Authorization looks like a secret") as caught:
        read_description(path)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "text",
    [
        f'url = "http://ann:{PASSWORD}@host"',
        f'url = "http://host/m?api_key={PASSWORD}"',
        f'url = "http://host/m?key={PASSWORD}&v=1"',
        f'url = "http://host/m?X-Amz-Signature={PASSWORD}"',
        f'url = "http://host/hf_{"a1" * 12}/m"',
        f'url = "http://host"\nbody = {{ input = "{{{{input}}}}", apiKey = "{PASSWORD}" }}',
        f'url = "http://host"\nbody = {{ deep = [{{ access_token = "{PASSWORD}" }}] }}',
        'url = "http://host"\nbody = { deep = [{ password = "planted" }] }',
        f'url = "http://host"\n[headers]\nX-Model = "Bearer {PASSWORD}"',
        f'url = "http://host"\n[headers]\nX-Model = "sk-{PASSWORD}"',
        f'url = "http://host"\n[input]\nfield = "file"\nform = {{ token = "{PASSWORD}" }}',
        f'url = "http://host"\n[safety]\nproxy = "http://ann:{PASSWORD}@proxy"',
        'url = "http://host"\nbody = { token = "${env:A_TOKEN}" }',
    ],
)
def test_a_secret_anywhere_in_the_file_is_refused_unshown(tmp_path, text):
    path = tmp_path / "suspect.toml"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="secret|user name or password") as caught:
        read_description(path)
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(secret in shown for secret in (PASSWORD, "planted", "a1a1a1"))


@pytest.mark.parametrize(
    "text",
    [
        'url = "http://host/m?key=${env:A_TOKEN}&version=2026-01-01"',
        'url = "http://host/m?max_tokens=16&keyword=cats-and-dogs"',
        'url = "http://host"\nbody = { max_tokens = 5, tokenizer = "cl100k-base", key = "image", x = "{{input}}" }',
        'url = "http://host"\nbody = { monkey = "capuchin-monkey", token = "{{input}}" }',
    ],
)
def test_what_only_sounds_like_a_secret_is_taken(tmp_path, text):
    path = tmp_path / "suspect.toml"
    path.write_text(text)
    read_description(path)


def test_amazon_keys_are_not_shown(monkeypatch, caplog):
    """Signed for SageMaker, and looked for in everything that shows or is kept."""
    caplog.set_level(logging.DEBUG)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    keys = [f"planted-{name.lower()}-16180339" for name in names]
    for name, key in zip(names, keys, strict=True):
        monkeypatch.setenv(name, key)
    redactor = Redactor()
    host = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/m/invocations"
    sent = signature_headers("POST", host, {"X-Model": "3"}, b"{}", redactor=redactor)
    assert keys[0] in sent["authorization"]
    assert sent["x-amz-security-token"] == keys[2]
    assert keys[1] not in str(sent)
    logging.getLogger("httpcore2.http11").debug("send_request_headers %r", sent)
    shown = redactor.text(str(sent)) + redactor.text(" ".join(keys))
    shown += "".join(caplog.handler.format(record) for record in caplog.records)
    assert caplog.records
    assert not any(key in shown for key in keys)


def test_a_token_is_named_not_given():
    with pytest.raises(InvalidInput, match="token=env:NAME") as caught:
        load_model(f"hf:https://host?token={PASSWORD}")
    assert PASSWORD not in str(caught.value)


def test_a_token_of_the_environment(server, planted):
    server.replies = [reply([{"label": "cat", "score": 0.9}])]
    model = load_model(f"hf:{server.url}?token=env:A_TOKEN&classes=cat,dog")
    import numpy as np

    assert model.query(np.array(["a text"], dtype=object)).labels.tolist() == [0]
    assert server.asked[0].headers["authorization"] == f"Bearer {planted[0]}"
    model.close()


def test_a_token_sent_back_as_the_name_of_a_class_is_cut_out_of_the_name(server, suspect, monkeypatch):
    """Whole, before anything shortens it: a part of a token would no longer be recognised."""
    secret = "planted-" + "x" * 60
    monkeypatch.setenv("A_TOKEN", secret)
    server.replies = [reply({"labels": [{"label": secret}] * len(ROWS)})]
    model = suspect(described(server.url, headers={"Authorization": "Bearer ${env:A_TOKEN}"}))
    assert all("xxxx" not in name for name in model.names(ROWS))
