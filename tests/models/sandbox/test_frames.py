"""Frames arrive as they were sent, and a reader takes neither more bytes nor more time than it allows."""

from __future__ import annotations

import json
import os
import struct
import time
from contextlib import suppress
from tempfile import TemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.models.sandbox.frames import Frame, Pipe, PipeClosed, PipeError, PipeLate


@pytest.fixture
def ends():
    reading, writing = os.pipe()
    open_ = {reading, writing}
    yield reading, writing, open_
    for descriptor in open_:
        os.close(descriptor)


def received(content: bytes, *, most=1000) -> Frame:
    """What is read where these bytes are all that comes."""
    with TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return Pipe(file.fileno(), -1).receive(most=most)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=5),
    st.lists(st.binary(max_size=500), max_size=20),
)
def test_what_is_sent_arrives(header, parts):
    reading, writing = os.pipe()
    try:
        pipe = Pipe(reading, writing)
        pipe.send(header, parts)
        assert pipe.receive(most=len(b"".join(parts))) == Frame(header, b"".join(parts))
    finally:
        os.close(reading)
        os.close(writing)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_refused(content):
    with suppress(PipeError):
        assert isinstance(received(content).header, dict)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (struct.pack("<IQ", 2, 1001) + b"{}", "more than any answer takes"),
        (struct.pack("<IQ", 2, (1 << 64) - 1) + b"{}", "more than any answer takes"),
        (struct.pack("<IQ", (1 << 32) - 1, 0), "more than any answer takes"),
        (struct.pack("<IQ", 3, 0) + b"{]}", "no JSON"),
        (struct.pack("<IQ", 2, 0) + b"[]", "no JSON object"),
        (struct.pack("<IQ", 1 << 16, 0) + b"[" * (1 << 16), "no JSON"),
        (struct.pack("<IQ", 5000, 0) + b"1" * 5000, "no JSON"),
    ],
)
def test_what_is_refused(content, words):
    with pytest.raises(PipeError, match=words):
        received(content)


def test_half_a_frame_and_then_nothing():
    whole = struct.pack("<IQ", 2, 4) + b"{}1234"
    for end in range(len(whole)):
        with pytest.raises(PipeClosed):
            received(whole[:end])


def test_a_reader_waits_until_its_deadline_and_no_longer(ends):
    reading, writing, _ = ends
    os.write(writing, b"\x02")
    with pytest.raises(PipeLate):
        Pipe(reading, writing).receive(most=10, deadline=time.monotonic() + 0.01)


def test_a_writer_does_not_wait_for_ever_either(ends):
    reading, writing, _ = ends
    os.set_blocking(writing, False)
    with pytest.raises(PipeLate):
        Pipe(reading, writing).send({}, [bytes(1 << 22)], deadline=time.monotonic() + 0.05)


def test_writing_to_nobody(ends):
    reading, writing, open_ = ends
    os.close(reading)
    open_.remove(reading)
    with pytest.raises(PipeClosed):
        Pipe(reading, writing).send({})


def test_the_header_is_json(ends):
    reading, writing, _ = ends
    Pipe(reading, writing).send({"a": [1, "ü"]}, [b"xy"])
    header, body = struct.unpack("<IQ", os.read(reading, 12))
    assert json.loads(os.read(reading, header)) == {"a": [1, "ü"]}
    assert os.read(reading, body) == b"xy"
