"""A process in a sandbox reaches nothing, and ends in one sentence whatever it does."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import skops.io
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tellmark.errors import InvalidInput, ModelError
from tellmark.models.loading import load_model
from tellmark.models.sandbox.confinement import Bubblewrap, LimitsAlone
from tellmark.models.sandbox.frames import Pipe
from tellmark.models.sandbox.limits import Limits
from tellmark.models.sandbox.loading import load_sandboxed
from tellmark.models.sandbox.messages import batch_message, info_in, spec_document
from tellmark.models.sandbox.view import view_of
from tellmark.models.spec import ModelSpec

ROW = np.zeros((1, 2))
GIB = 1 << 30
CONNECT, READ, WRITE, ENVIRONMENT, CHANGE, CHANGE_CODE, START, SPEAK = range(8)


@pytest.fixture
def tried(hostile, tmp_path, monkeypatch):
    """Makes a function that tells whether what the suspect tries has worked."""
    (tmp_path / "secret.txt").write_text("the seed")
    monkeypatch.setenv("HF_TOKEN", "hidden")
    monkeypatch.setenv("PLAIN_NAME", "hidden too")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind("listening")  # in the current folder: the length of the name is limited
        local.listen()
        (hostile / "hostile_port.py").write_text(str(server.getsockname()[1]))

        def trying(model, what: int) -> bool:
            return bool(model.query(np.full((1, 4, 4, 1), what, np.uint8)).labels[0])

        yield trying


def test_nothing_is_reached_but_what_the_confinement_says(tried, hostile, confinement):
    """With limits alone the same suspect reaches both, so that the others' walls are seen to be what stops it."""
    with load_sandboxed("torch:hostile:Probing", confinement=confinement) as model:
        assert tried(model, CONNECT) == isinstance(confinement, LimitsAlone)
        assert tried(model, READ) == (not isinstance(confinement, Bubblewrap))
        assert not tried(model, WRITE)
        assert not tried(model, ENVIRONMENT)
        assert tried(model, CHANGE) == tried(model, CHANGE_CODE) == (not isinstance(confinement, Bubblewrap))
        assert tried(model, SPEAK) == (not isinstance(confinement, Bubblewrap))
        assert ("no network" in model.confinement) == (not isinstance(confinement, LimitsAlone))
        assert ("no files" in model.confinement) == isinstance(confinement, Bubblewrap)
    assert not any(path.stat().st_size for path in hostile.glob("tellmark_written*"))


def running(word: str) -> list[int]:
    """Processes of which that is a part of the command."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return found


def test_what_it_has_started_ends_with_it_under_bubblewrap(tried, hostile, confinement):
    """Though it is in a session of its own. Elsewhere it goes on, as `SECURITY.md` says."""
    command = f"3600.{(hostile / 'hostile_port.py').read_text()}"
    with load_sandboxed("torch:hostile:Probing", confinement=confinement) as model:
        assert tried(model, START)
        while not running(command):  # begun, and perhaps not yet under its own name
            time.sleep(0.01)
    if isinstance(confinement, Bubblewrap):
        while running(command):  # the system ends them one after the other
            time.sleep(0.01)
    for left in running(command):
        os.kill(left, signal.SIGKILL)


def test_without_a_sandbox_the_same_suspect_reaches_all(tried, hostile, monkeypatch):
    monkeypatch.syspath_prepend(str(hostile))
    monkeypatch.delitem(__import__("sys").modules, "hostile", raising=False)
    model = load_model("torch:hostile:Probing")
    assert all(tried(model, what) for what in (CONNECT, READ, WRITE, ENVIRONMENT, CHANGE, CHANGE_CODE, SPEAK))


@pytest.fixture
def ended(hostile):
    """Makes a function that gives the error of a suspect, once it is asked."""

    def ask(spec, batch=ROW, **limits) -> str:
        with load_sandboxed(spec, limits=Limits(**limits), accept_network=True) as model:
            with pytest.raises(ModelError) as caught:
                model.query(batch)
            return str(caught.value)

    return ask


def test_a_graph_without_end_uses_up_its_processor_time(ended, endless):
    assert "used up its 1 s of processor time" in ended(f"onnx:{endless}", seconds=1)


def test_a_graph_that_orders_all_memory_gets_none(ended, huge):
    words = ended(f"onnx:{huge}", memory=GIB)
    assert "memory" in words
    assert "\n" not in words


@pytest.mark.parametrize(
    ("sine", "limits", "words"),
    [(False, {"seconds": 1}, "used up its 1 s of processor time"), (True, {"memory": GIB}, "takes more memory")],
)
def test_an_exported_program_without_end_or_measure(ended, tmp_path, sine, limits, words):
    """Plain operators on 2^40 numbers, which take no room until a sine is made of them."""

    class Program(torch.nn.Module):
        def forward(self, x):
            numbers = x.sum((1, 2, 3))[:, None, None].expand(-1, 1 << 20, 1 << 20)
            return x.flatten(1)[:, :2] + (numbers.sin() if sine else numbers).sum((1, 2))[:, None]

    torch.export.save(torch.export.export(Program(), (torch.rand(1, 1, 4, 4),)), tmp_path / "program.pt2")
    assert words in ended(f"export:{tmp_path / 'program.pt2'}", np.zeros((1, 4, 4, 1), np.uint8), **limits)


def test_a_network_that_orders_all_memory_gets_none(ended):
    assert "memory" in ended("torch:hostile:Hungry", np.zeros((1, 4, 4, 1), np.uint8), memory=GIB)


def test_a_suspect_that_dies_is_told_and_not_asked_again(hostile):
    with load_sandboxed("torch:hostile:Dying", accept_network=True) as model:
        for _ in range(2):
            with pytest.raises(ModelError, match="the sandbox of hostile:Dying was ended: it died of signal 6"):
                model.query(np.zeros((1, 4, 4, 1), np.uint8))


def test_a_suspect_that_never_loads_is_ended(hostile):
    with pytest.raises(ModelError, match="used up its 1 s of processor time"):
        load_sandboxed("torch:hostile:spinning", limits=Limits(seconds=1), accept_network=True)


READY = """
give('{"digest": null, "classes": null, "preprocessing": null}')
take()
"""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("sys.exit(0)", "stopped by itself, with exit code 0"),
        ("give('{}', lengths=(2, 1 << 60))", "more than any answer takes"),
        ("give('{}', lengths=(1 << 31, 0))", "more than any answer takes"),
        ("os.write(1, b'Segmentation fault (core dumped)')", "more than any answer takes"),
        ("give(b'[' * 100_000)", "no JSON"),
        ("""give('{"classes": null}', bytes(7))""", "one answer to each of 1"),
        ("""give('{"classes": null}', bytes(17))""", "one answer to each of 1"),
        ("""give('{"classes": 1000000}', bytes(8))""", "one answer to each of 1"),
        ("""give('{"error": "KeyboardInterrupt", "message": ""}')""", "no known form"),
    ],
)
def test_a_process_that_was_taken_over_is_ended(speaking, script, words):
    model = speaking(READY + script)
    for _ in range(2):
        with pytest.raises(ModelError, match=f"the sandbox of model.onnx was ended: .*{words}"):
            model.query(ROW)


def test_a_process_that_says_nothing_is_ended(speaking):
    model = speaking(READY + "time.sleep(3600)", limits=Limits(memory=GIB, patience=0.5))
    with pytest.raises(ModelError, match=r"gave no answer within 0\.5 s"):
        model.query(ROW)


@pytest.mark.parametrize("script", ["sys.exit(3)", "give('{', b'')", """give('{"classes": 7}')""", "give('{}', b'x')"])
def test_a_process_that_was_taken_over_while_it_loaded(speaking, script):
    with pytest.raises(ModelError, match=r"the sandbox of model\.onnx was ended"):
        speaking(script)


def test_answers_that_come_ahead_of_the_question_are_no_answers_to_the_next(speaking):
    """A surplus frame stays in the pipe; it is checked like any other, and the labels are the suspect's own affair."""
    model = speaking(
        READY + """give('{"classes": null}', bytes(8)); give('{"classes": null}', bytes(8)); time.sleep(60)"""
    )
    assert model.query(ROW).labels.tolist() == [0]
    with pytest.raises(ModelError, match="one answer to each of 3"):
        model.query(np.zeros((3, 2)))


def test_closing_ends_the_process_and_so_does_forgetting(speaking):
    model = speaking(READY)
    process = model._process._process
    model.close()
    assert process.returncode == -9
    with pytest.raises(ModelError, match="is closed"):
        model.query(ROW)


def test_a_model_that_nobody_holds_leaves_no_process(hostile):
    model = load_sandboxed("torch:hostile:Dying", accept_network=True)
    process = model._process._process
    del model
    gc.collect()
    assert process.returncode is not None


def test_a_process_that_nobody_can_ask_any_more_ends_whatever_it_is_at(endless):
    """As where the one that started it was killed."""
    spec = ModelSpec("onnx", str(endless))
    view = view_of(spec)
    command = LimitsAlone().command(view)
    with subprocess.Popen(command, env=view.variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        pipe = Pipe(process.stdout.fileno(), process.stdin.fileno())
        pipe.send({"spec": spec_document(spec), "limits": vars(Limits())})
        assert info_in(pipe.receive(most=0), kind="onnx").digest
        pipe.send(*batch_message(ROW))
        process.stdin.close()
        assert process.wait(timeout=600) == 0
        assert process.stdout.read() == b""


def test_an_interrupted_question_ends_the_process(speaking, monkeypatch):
    model = speaking(READY)
    monkeypatch.setattr(os, "write", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.query(ROW)
    monkeypatch.undo()
    with pytest.raises(ModelError, match="is closed"):
        model.query(ROW)


def _interrupted(*_):
    raise KeyboardInterrupt


def test_texts_go_in_pieces_and_are_answered_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("tellmark.models.sandbox.model._PIECE_INPUTS", 3)
    texts = np.array([f"{'good' if k % 3 else 'bad'} film {k}" for k in range(10)], dtype=object)
    path = tmp_path / "text.skops"
    labels = ["good" in text for text in texts]
    skops.io.dump(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels), path)
    with load_sandboxed(f"sklearn:{path}", accept_network=True) as model:
        expected = load_model(f"sklearn:{path}").query(texts)
        found = model.query(texts)
        assert (found.labels == expected.labels).all()
        assert (found.scores == expected.scores).all()
        assert model.info == load_model(f"sklearn:{path}").info
        assert repr(model) == f"SandboxedModel(sklearn:{path})"


def test_what_a_process_says_of_texts_is_not_repeated(speaking):
    model = speaking(READY + """give('{"error": "ModelError", "message": "cannot read: lorem ipsum"}')""")
    with pytest.raises(ModelError, match="cannot answer these texts") as caught:
        model.query(np.array(["lorem ipsum"], dtype=object))
    assert "lorem" not in str(caught.value)


def test_what_is_wrong_with_a_file_is_said_as_without_a_sandbox(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a graph")
    for load in (load_model, lambda spec: load_sandboxed(spec, accept_network=True)):
        with pytest.raises(ModelError, match="no complete ONNX file"):
            load(f"onnx:{path}")


@pytest.mark.parametrize(
    ("spec", "options", "words"),
    [
        ("recorded:answers.csv", {}, "recorded: names none"),
        ("kserve:http://host/v2/models/m", {}, "kserve: names none"),
        ("callable:m:f", {}, "callable: names none"),
        ("onnx:m.onnx?device=cuda", {}, "on the processor alone"),
        ("onnx:m.onnx", {"device": "cuda:1"}, "on the processor alone"),
    ],
)
def test_what_no_sandbox_is_for(spec, options, words):
    with pytest.raises(InvalidInput, match=words):
        load_sandboxed(spec, **options)


def test_other_systems_are_told(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(ModelError, match="works on Linux alone, not on darwin"):
        load_sandboxed("onnx:m.onnx")
