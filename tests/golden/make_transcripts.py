"""Writes the transcripts of format 1 that lie beside it: ``python tests/golden/make_transcripts.py``.

Files of a format that was released are never written again: readers of every later version are tested on them.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tellmark.digests import digest_bytes, digest_input, digest_inputs
from tellmark.models.base import Answers
from tellmark.models.wrappers.records import Body, Exchanged, Header, SuspectRecord
from tellmark.models.wrappers.transcript import open_transcript

FOLDER = Path(__file__).parent
GOOD = FOLDER / "transcript-1-good.jsonl"
TIME = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
TEXTS = np.array(["plain", "λ ≤ ½ · 鍵 🔑", ""], dtype=object)


def golden_header() -> Header:
    """What the run is about."""
    return Header(
        time="2026-01-02T03:04:05.678Z",
        tellmark="0",
        mark=digest_bytes(b"mark"),
        suspect=SuspectRecord(
            name="HttpModel(rest, host)", kind="rest", digest=digest_bytes(b""), classes=("no", "yes")
        ),
        order_seed=(1 << 53) - 1,
        order_given=False,
        settings={"alpha": 0.01, "tiers": None},
    )


def golden_transcript() -> bytes:
    """Three texts: one failed, then all answered; the last one twice."""
    inputs = [digest_input(text) for text in TEXTS]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        with open_transcript(path, golden_header(), now=lambda: TIME) as transcript:
            for attempt, (status, body, failure) in enumerate(
                [(None, b"", "no answer"), (503, b"\xff", None), (200, b'["no"]', None)], start=1
            ):
                if attempt == 1:
                    transcript.sent(inputs[:1])
                else:
                    transcript.again(inputs[:1])
                transcript.exchanged(
                    Exchanged(
                        time=transcript.time(),
                        inputs=tuple(inputs[:1]),
                        request=digest_inputs(TEXTS[:1]),
                        attempt=attempt,
                        status=status,
                        seconds=0.25,
                        body=Body.of(body),
                        failure=failure,
                    )
                )
            transcript.answered(inputs[:1], Answers(np.array([0])))
            transcript.sent(inputs[1:])
            transcript.failed(inputs[1:], "the suspect hung up")
            transcript.sent([*inputs[1:], inputs[2]])
            scores = np.array([[0.1, 0.9], [2.5, -1e-7], [1, 3]], dtype=np.float32)
            transcript.answered([*inputs[1:], inputs[2]], Answers(np.array([1, 0, 1]), scores))
            transcript.end()
        return path.read_bytes()


def golden_files() -> dict[str, bytes]:
    """Whole, torn, and broken in every way that a reader has to see."""
    good = golden_transcript()
    lines = good.splitlines(keepends=True)
    return {
        GOOD.name: good,
        "transcript-1-torn.jsonl": good[:-40],
        "transcript-1-no-line-feed.jsonl": good[:-1],
        "transcript-1-broken-changed.jsonl": good.replace(b'"labels":[0]', b'"labels":[1]'),
        "transcript-1-broken-removed.jsonl": b"".join([*lines[:4], *lines[5:]]),
        "transcript-1-broken-moved.jsonl": b"".join([*lines[:2], lines[3], lines[2], *lines[4:]]),
        "transcript-1-broken-added.jsonl": b"".join([*lines, lines[-1]]),
        "transcript-1-broken-behind.jsonl": good[:-1] + b" ",
        "transcript-1-broken-spaced.jsonl": good.replace(b'"attempt":1,', b'"attempt": 1,'),
        "transcript-1-broken-header.jsonl": b"".join(lines[1:]),
    }


if __name__ == "__main__":
    for file_name, content in golden_files().items():
        (FOLDER / file_name).write_bytes(content)
