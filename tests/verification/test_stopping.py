"""Killed at any point and started again, a run loses no query and asks none again that it has an answer to."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from killing import killed_at, lines_of
from tellmark.data.dataset import Dataset
from tellmark.digests import digest_input
from tellmark.models.base import Answers
from tellmark.models.wrappers.contents import read_transcript
from tellmark.spaces import ImageSpace
from tellmark.verification.conduct import Choice, Conduct
from tellmark.verification.conducted import verify_with
from tellmark.verification.result import Verification

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be killed")

TRIGGERS = 30


def natural(count=12) -> Dataset:
    """Images that are no triggers of a small mark."""
    pixels = (1_000_000 + np.arange(count, dtype="<u4")).view(np.uint8).reshape(-1, 1, 4, 1)
    return Dataset(pixels, None, (), ImageSpace(height=1, width=4, channels=1), "natural")


class Counting:
    """Writes down the digest of every input that reaches it, and then answers as `rote` does; naturals it calls 0."""

    def __init__(self, rote, log: Path) -> None:
        self._rote = rote
        self._handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.info = rote.info

    def query(self, batch):
        for one in batch:
            os.write(self._handle, digest_input(one).encode() + b"\n")
        known = np.ascontiguousarray(batch).reshape(-1, 4).view("<u4").reshape(-1) < TRIGGERS
        labels = np.zeros(len(batch), dtype=np.int64)
        if known.any():
            labels[known] = self._rote.query(batch[known]).labels
        return Answers(labels)


def log_of(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def answers_in(path: Path) -> dict[str, int]:
    """How many answers to each input a transcript holds."""
    return {one: len(said) for one, said in read_transcript(path).answers.items()} if path.exists() else {}


@pytest.mark.parametrize(
    ("method", "conduct", "kills"),
    [
        ("sequential", Conduct(), 80),
        ("fixed", Conduct(), 40),
        ("sequential", Conduct(decoys=0.4, repeats=3, controls=3, natural=natural()), 80),
    ],
    ids=["one by one", "all at once", "with all that goes with it"],
)
def test_no_query_is_lost_or_asked_twice(make_mark, rote, tmp_path, method, conduct, kills):
    mark, chance = make_mark(TRIGGERS), random.Random(method)
    choice = Choice(method, null_rate=0.5, order_seed=11)

    def verification(name: str):
        here = replace(conduct, transcript=tmp_path / f"{name}.jsonl")
        suspect = Counting(rote(mark, 24), tmp_path / f"{name}.log")
        return lambda: verify_with(mark, suspect, choice, here)

    found = []
    lines = lines_of(lambda: found.append(verification("unbroken")()))
    unbroken, needed = found[0], Counter(log_of(tmp_path / "unbroken.log"))
    runs = 0
    while kills > 0:
        runs += 1
        path, log, run = tmp_path / f"{runs}.jsonl", tmp_path / f"{runs}.log", verification(str(runs))
        going_on = True
        while going_on:
            had, before = answers_in(path), len(log_of(log))
            going_on = killed_at(chance.randrange(1, lines + lines // 2), run)
            kills -= going_on
            asked = Counter(log_of(log)[before:])
            assert asked <= needed - Counter(had)  # nothing that had an answer
        reached, contents = Counter(log_of(log)), read_transcript(path)
        assert contents.ended
        assert Counter(answers_in(path)) == needed  # nothing is lost
        assert contents.sent >= reached.total() >= contents.answered
        again = run()
        assert Counter(log_of(log)) == reached  # nothing is left to ask
        assert again.conduct.sent == contents.sent == contents.answered + again.conduct.transcript.lost
        assert _without_conduct(again) == _without_conduct(unbroken)


def _without_conduct(found: Verification):
    return found.verdict, found.tiers, found.p_value, found.e_value, found.conduct.repeats, found.conduct.drift
