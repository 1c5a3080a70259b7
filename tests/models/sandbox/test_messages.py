"""Batches and answers survive the way through the pipe; what a hostile process says is refused, not believed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import Mismatch, MissingExtra, ModelError, TellmarkError, UnsafeFile
from tellmark.models.base import Answers, ModelInfo
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.sandbox.frames import Frame, PipeError
from tellmark.models.sandbox.messages import (
    answers_in,
    answers_message,
    batch_in,
    batch_message,
    error_message,
    info_in,
    info_message,
    spec_document,
    spec_in,
)
from tellmark.models.spec import ModelSpec, parse_spec

INFO = ModelInfo("onnx")


def frame(message) -> Frame:
    header, body = message
    return Frame(json.loads(json.dumps(header)), b"".join(bytes(part) for part in body))


def answered(header, body=b"", *, asked=2, info=INFO, quoting=True):
    return answers_in(Frame(header, body), asked=asked, info=info, model="m", quoting=quoting)


@pytest.mark.parametrize(
    "batch",
    [
        np.arange(48, dtype=np.uint8).reshape(2, 4, 2, 3),
        np.arange(48, dtype=np.uint8).reshape(2, 4, 2, 3)[:, ::-1, :, ::2],
        np.array([[1.5, -0.0, np.pi]]),
        np.array(["", "zwölf 🦎", "\ud800 half"], dtype=object),
    ],
    ids=["images", "images in another order", "rows", "texts"],
)
def test_batches_arrive_as_they_are(batch):
    arrived = batch_in(frame(batch_message(batch)))
    assert arrived.dtype == batch.dtype
    assert arrived.tolist() == batch.tolist()


@pytest.mark.parametrize(
    "batch",
    [np.zeros((2, 3), np.float32), np.zeros(3, np.uint8), np.array(["a", 7], object), np.array([["a"]], object)],
)
def test_other_arrays_are_not_sent(batch):
    with pytest.raises(ModelError, match="images, rows of numbers or texts"):
        batch_message(batch)


@pytest.mark.parametrize("scores", [None, np.array([[0.5, 0.25], [-1, 7]], np.float32)])
def test_answers_arrive_as_they_are(scores):
    answers = Answers(np.array([0, 1]), scores)
    arrived = answers_in(frame(answers_message(answers)), asked=2, info=INFO, model="m", quoting=True)
    assert arrived.labels.tolist() == [0, 1]
    assert arrived.labels.dtype == np.int64
    assert (arrived.scores is None) == (scores is None)
    if scores is not None:
        assert arrived.scores.dtype == np.float32
        assert (arrived.scores == scores).all()


def test_specs_and_infos_arrive_as_they_are():
    spec = parse_spec("torch:a:B?weights=w.pt&scale=1&mean=.5,.5,.5&classes=a,b&batch_size=3")
    assert spec_in(json.loads(json.dumps(spec_document(spec)))) == ModelSpec(**{**vars(spec), "device": "cpu"})
    info = ModelInfo("onnx", f"sha256:{'0a' * 32}", ("x", "y"), Preprocessing(resize=(3, 4)))
    assert info_in(frame(info_message(info)), kind="onnx") == info


def test_trust_does_not_travel():
    assert not spec_in(spec_document(ModelSpec("sklearn", "m.pkl", trust=True))).trust


LABELS = np.array([0, 1], "<i8").tobytes()
SCORES = np.array([[1, 0], [0, 1]], "<f4").tobytes()


@pytest.mark.parametrize(
    ("header", "body", "words"),
    [
        ({}, LABELS, "impossible number"),
        ({"classes": True}, LABELS, "impossible number"),
        ({"classes": 1}, LABELS + bytes(8), "impossible number"),
        ({"classes": -1}, LABELS, "impossible number"),
        ({"classes": 2.0}, LABELS + SCORES, "impossible number"),
        ({"classes": 1 << 60}, LABELS, "impossible number"),
        ({"classes": [2]}, LABELS, "impossible number"),
        ({"classes": None}, LABELS[:-1], "one answer to each of 2"),
        ({"classes": None}, LABELS + b"\0", "one answer to each of 2"),
        ({"classes": 3}, LABELS + SCORES, "one answer to each of 2"),
        ({"error": "SystemExit", "message": "x"}, b"", "no known form"),
        ({"error": ["ModelError"], "message": "x"}, b"", "no known form"),
        ({"error": "ModelError", "message": 7}, b"", "no known form"),
    ],
)
def test_what_is_no_answer(header, body, words):
    with pytest.raises(PipeError, match=words):
        answered(header, body)


@pytest.mark.parametrize(
    ("labels", "scores", "classes", "words"),
    [
        ([0, -1], None, None, "negative label"),
        ([0, 2], None, ("a", "b"), "classes 0 to 1 only"),
        ([0, 2], [[1, 0], [0, 1]], None, "beyond its 2 scores"),
        ([0, -5], [[1, 0], [0, 1]], None, "beyond its 2 scores"),
        ([0, 1], [[1, 0], [np.nan, 1]], None, "NaN or infinite"),
        ([0, 1], [[1, 0], [0, np.inf]], None, "NaN or infinite"),
    ],
)
def test_answers_that_no_classifier_gives(labels, scores, classes, words):
    body = np.array(labels, "<i8").tobytes() + (b"" if scores is None else np.array(scores, "<f4").tobytes())
    with pytest.raises(ModelError, match=words):
        answered({"classes": scores and 2}, body, info=ModelInfo("onnx", classes=classes))


@pytest.mark.parametrize(
    "header",
    [
        {"digest": "sha256:beef"},
        {"digest": f"sha256:{'0g' * 32}"},
        {"digest": 7},
        {"classes": "ab"},
        {"classes": ["a"]},
        {"classes": ["a", "a"]},
        {"classes": ["a", ""]},
        {"classes": ["a", "b" * 1001]},
        {"classes": ["a", ["b"]]},
        {"preprocessing": 7},
        {"preprocessing": {"scale": "nan"}},
        {"preprocessing": {"unheard": 1}},
    ],
)
def test_what_cannot_be_said_of_a_model(header):
    with pytest.raises(PipeError, match="no known form"):
        info_in(Frame(header), kind="onnx")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
HEADERS = st.dictionaries(st.sampled_from(["classes", "error", "message", "digest", "preprocessing"]), JSON)


@settings(deadline=None)
@given(HEADERS, st.binary(max_size=64))
def test_whatever_is_said_is_understood_or_refused(header, body):
    for read in (
        lambda: answered(header, body),
        lambda: info_in(Frame(header, body), kind="onnx"),
    ):
        try:
            read()
        except (PipeError, TellmarkError):
            continue


@pytest.mark.parametrize("kind", [ModelError, UnsafeFile, Mismatch])
def test_errors_arrive_as_what_they_are(kind):
    with pytest.raises(kind, match="^it is red$"):
        answers_in(frame(error_message(kind("it is red"))), asked=1, info=INFO, model="m", quoting=True)


def test_a_missing_extra_is_a_model_error():
    with pytest.raises(ModelError, match=r"tellmark\[onnx\]"):
        info_in(frame(error_message(MissingExtra("this", "onnx"))), kind="onnx")


def test_an_error_steers_no_terminal_and_is_cut():
    with pytest.raises(ModelError) as caught:
        answered({"error": "ModelError", "message": "\x1b[2J\n\u202e" + "x" * 9999})
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) == 500


def test_what_is_said_of_texts_is_not_repeated():
    with pytest.raises(ModelError, match="not repeated") as caught:
        answered({"error": "ModelError", "message": "the trigger reads: lorem"}, quoting=False)
    assert "lorem" not in str(caught.value)
