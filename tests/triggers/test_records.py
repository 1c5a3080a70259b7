"""JSON documents of a mark are read strictly, and what is wrong is said without showing what was found."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from golden.make_marks import golden_mark
from tellmark.digests import canonical_json
from tellmark.documents import as_json, document_bytes
from tellmark.errors import InvalidInput, MarkError
from tellmark.triggers.document import FORMAT, MarkDocument
from tellmark.triggers.records import SecretsDocument, read_document, require_known_format

SECRETS = SecretsDocument(mark="sha256:" + "0a" * 32, seed="5e" * 32, triggers=1, shards=())


@pytest.mark.parametrize("kind", ["image", "table", "text"])
def test_a_document_is_read_back_as_it_was(kind):
    public = golden_mark(kind).public
    assert read_document(MarkDocument, document_bytes(public), where="x") == public


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "is not valid JSON"),
        (b"\xff{}", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"[]", "the document: input should be an object"),
        (b"{}", r"mark: field required \(and 3 more\)"),
        (canonical_json(as_json(SECRETS) | {"extra": 1}), "extra: extra inputs are not permitted$"),
        (canonical_json(as_json(SECRETS) | {"triggers": "1"}), "not canonical"),
        (canonical_json(as_json(SECRETS) | {"triggers": 0}), "triggers: input should be greater than or equal to 1$"),
        (canonical_json(as_json(SECRETS) | {"shards": [{}]}), r"shards\.0\.name: field required"),
        (document_bytes(SECRETS).replace(b",", b", "), "not canonical"),
        (document_bytes(SECRETS) + b"\n", "not canonical"),
        (document_bytes(SECRETS)[:-1] + b',"triggers":1}', "not canonical"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(raw, problem):
    with pytest.raises(MarkError, match=f"^secrets.json in my.mark .*{problem}"):
        read_document(SecretsDocument, raw, where="secrets.json in my.mark")


def test_a_bad_secret_is_not_shown():
    seed = "ABCD" * 16
    raw = canonical_json(as_json(SECRETS) | {"seed": seed})
    with pytest.raises(MarkError, match="seed: string should match pattern") as caught:
        read_document(SecretsDocument, raw, where="x")
    assert "ABCD" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert "5e5e" not in repr(SECRETS)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999", b"12345678901234567890123"])
def test_numbers_that_json_cannot_carry_are_refused(number):
    raw = document_bytes(golden_mark("image").public).replace(b'"scale":255', b'"scale":' + number)
    with pytest.raises(MarkError, match=r"^x "):
        read_document(MarkDocument, raw, where="x")
    raw = document_bytes(golden_mark("image").public).replace(b'"accuracy":0.925', b'"accuracy":' + number)
    with pytest.raises(MarkError, match=r"^x does not follow the format: source.accuracy: "):
        read_document(MarkDocument, raw, where="x")


def test_a_document_that_json_cannot_carry_is_not_written():
    public = golden_mark("image").public
    accuracy = public.source.model_copy(update={"accuracy": float("nan")})
    with pytest.raises(InvalidInput, match="MarkDocument cannot be written as JSON: nan"):
        document_bytes(public.model_copy(update={"source": accuracy}))


def test_times_are_written_in_utc_to_the_second():
    fields = dict(golden_mark("text").public)
    moment = datetime(2026, 1, 31, 14, 0, 59, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert as_json(MarkDocument(**fields | {"created": moment}))["created"] == "2026-01-31T12:00:59Z"
    with pytest.raises(ValidationError):
        MarkDocument(**fields | {"created": moment.replace(tzinfo=None)})


def test_a_newer_format_is_told_from_a_foreign_one():
    require_known_format(canonical_json({"format": FORMAT, "whatever": [1]}), where="my.mark")
    with pytest.raises(MarkError, match=r"my.mark was made by a newer Tellmark: format tellmark.mark/12, .* upgrade"):
        require_known_format(b'{"format":"tellmark.mark/12"}', where="my.mark")
    for foreign in ("tellmark.mark/0", "tellmark.mark/01", "tellmark.mark/²", "elsewhere/2", "x" * 1000):
        with pytest.raises(MarkError, match="none of Tellmark's") as caught:
            require_known_format(canonical_json({"format": foreign}), where="my.mark")
        assert len(str(caught.value)) < 120
    with pytest.raises(MarkError, match="format: field required"):
        require_known_format(b"{}", where="my.mark")
