"""A transcript: what it says, what breaks it, and what it answers."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tellmark.digests import digest_input
from tellmark.errors import FileError, Mismatch, ModelError
from tellmark.models.base import Answers
from tellmark.models.loading import load_model
from tellmark.models.wrappers.contents import read_transcript
from tellmark.models.wrappers.recording import RecordingModel, RememberingModel
from tellmark.models.wrappers.records import Header, SuspectRecord
from tellmark.models.wrappers.transcript import open_transcript
from toys import LinearModel

TIME = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
OTHER = SuspectRecord(name="other", kind="toy", digest=None, classes=None)
ROWS = np.random.default_rng(0).normal(size=(12, 3))


def header(**changes) -> Header:
    suspect = SuspectRecord(name="toy", kind="toy", digest=None, classes=("a", "b", "c"))
    fields = {"mark": None, "order_seed": 7, "order_given": False, "settings": {"alpha": 0.01}} | changes
    return Header(time="2026-01-02T03:04:05.678Z", tellmark="0", suspect=suspect, **fields)


def write(path: Path, batches) -> None:
    model = LinearModel(3 * np.eye(3))
    with open_transcript(path, header(), now=lambda: TIME) as transcript:
        recording = RecordingModel(model, transcript)
        for batch in batches:
            recording.query(batch)
        transcript.end()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "run.jsonl"
    write(path, [ROWS[:1], ROWS[1:4]])
    return path.read_bytes()


def refusal(path: Path) -> str:
    with pytest.raises(Mismatch) as error:
        read_transcript(path)
    return str(error.value)


def test_lines_say_what_was_asked_and_answered_and_no_input(whole):
    lines = [json.loads(line) for line in whole.splitlines()]
    assert [line["kind"] for line in lines] == ["header", "sent", "answered", "sent", "answered", "end"]
    assert lines[3]["inputs"] == [digest_input(row) for row in ROWS[1:4]]
    assert lines[4]["labels"] == ROWS[1:4].argmax(axis=1).tolist()
    np.testing.assert_array_equal(np.array(lines[4]["scores"], np.float32), 3 * ROWS[1:4].astype(np.float32))
    assert {line["time"] for line in lines} == {"2026-01-02T03:04:05.678Z"}
    assert [line["previous"] for line in lines[1:]] == [line["digest"] for line in lines[:-1]]
    assert not any(f"{abs(number):.5f}" in whole.decode() for number in ROWS[:4].flat)


def test_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "run.jsonl"
    write(path, [ROWS])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_is_refused_in_one_sentence(whole, tmp_path, data):
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda other: other != whole[place]))
    path = tmp_path / "run.jsonl"
    path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    said = refusal(path)
    assert said.count("\n") == 0
    assert "run.jsonl is" in said


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_lines_moved_removed_or_added_are_refused(whole, tmp_path, data):
    lines = whole.splitlines(keepends=True)
    kept = data.draw(st.lists(st.sampled_from(range(len(lines))), min_size=1, max_size=8))
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join(lines[number] for number in kept))
    if kept == list(range(len(kept))):  # what a run that was stopped leaves
        assert read_transcript(path).ended == (len(kept) == len(lines))
    else:
        assert "run.jsonl is" in refusal(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_torn_last_line_is_dropped_and_the_run_goes_on(whole, tmp_path, data):
    first = whole.index(b"\n") + 1
    cut = data.draw(st.integers(first, len(whole)))
    path = tmp_path / "run.jsonl"
    path.write_bytes(whole[:cut])
    complete = whole[: whole.rindex(b"\n", 0, cut) + 1]
    if whole[cut : cut + 1] == b"\n":  # the line is whole, and only its line feed is missing
        complete = whole[: cut + 1]
    with open_transcript(path, header(), now=lambda: TIME):
        pass
    assert path.read_bytes() == complete
    model = LinearModel(np.eye(3))
    with open_transcript(path, header(), now=lambda: TIME) as transcript:
        asked = RememberingModel(RecordingModel(model, transcript), transcript)
        labels = np.concatenate([asked.query(ROWS[:1]).labels, asked.query(ROWS[1:4]).labels])
    np.testing.assert_array_equal(labels, ROWS[:4].argmax(axis=1))
    assert model.asked == {0: 4, 1: 3, 2: 0}[complete.count(b'"answered"')]
    assert read_transcript(path).answered == 4


def test_zeros_behind_the_last_line_as_after_a_power_cut_are_a_torn_line(whole, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(whole + bytes(200))
    assert read_transcript(path).length == len(whole)


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b'{"a": 1}', b"input,label\n", b'{"format":"tellmark.tra'])
def test_another_file_is_never_written_to(tmp_path, content):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(content)
    with pytest.raises(Mismatch, match="is no transcript"), open_transcript(path, header()):
        pass
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (header(mark="sha256:" + "1" * 64), "mark"),
        (header(settings={"alpha": 0.05}), r"setting alpha \(0.01, now 0.05\)"),
        (header(settings={"alpha": 0.01, "decoys": 0.5}), "setting decoys"),
        (
            header().model_copy(update={"suspect": SuspectRecord(name="b", kind="b", digest=None, classes=None)}),
            "suspect",
        ),
    ],
)
def test_it_goes_on_with_the_same_run_only(tmp_path, changed, named):
    path = tmp_path / "run.jsonl"
    write(path, [ROWS])
    with pytest.raises(Mismatch, match=f"another {named}"), open_transcript(path, changed):
        pass
    with open_transcript(path, header(order_seed=8, order_given=True)) as transcript:
        assert transcript.contents.header.order_seed == 7


def test_two_runs_at_a_time_are_one_too_many(tmp_path):
    path = tmp_path / "run.jsonl"
    at_work = pytest.raises(FileError, match="another run is at work on run.jsonl")
    with open_transcript(path, header()), at_work, open_transcript(path, header()):
        pass


def test_an_input_asked_again_on_purpose_is_asked_and_both_answers_are_kept(tmp_path):
    path, model = tmp_path / "run.jsonl", LinearModel(np.eye(3))
    for asked in (3, 3):
        with open_transcript(path, header()) as transcript:
            remembering = RememberingModel(RecordingModel(model, transcript), transcript)
            answers = remembering.query(ROWS[[0, 1, 0]])
            np.testing.assert_array_equal(answers.labels, ROWS[[0, 1, 0]].argmax(axis=1))
            np.testing.assert_array_equal(answers.scores, ROWS[[0, 1, 0]].astype(np.float32))
        assert model.asked == asked


def test_asked_again_in_a_later_question_it_goes_on_with_its_second_answer(tmp_path):
    path, model = tmp_path / "run.jsonl", LinearModel(np.eye(3))
    for asked in (5, 5):
        with open_transcript(path, header()) as transcript:
            remembering = RememberingModel(RecordingModel(model, transcript), transcript)
            for rows in ([0, 1], [0], [1, 0]):
                remembering.query(ROWS[rows])
        assert model.asked == asked


def test_answers_that_were_used_are_in_the_file_and_no_longer_in_memory(tmp_path):
    path, model = tmp_path / "run.jsonl", LinearModel(np.eye(3))
    with open_transcript(path, header()) as transcript:
        RememberingModel(RecordingModel(model, transcript), transcript).query(ROWS[[0, 1, 0]])
        assert (transcript.contents.answers, transcript.contents.answered) == ({}, 3)
    assert {one: len(said) for one, said in read_transcript(path).answers.items()} == {
        digest_input(ROWS[0]): 2,
        digest_input(ROWS[1]): 1,
    }
    with open_transcript(path, header()) as transcript:
        remembering = RememberingModel(RecordingModel(model, transcript), transcript)
        remembering.query(ROWS[:1])
        assert {one: len(said) for one, said in transcript.contents.answers.items()} == {
            digest_input(ROWS[0]): 1,
            digest_input(ROWS[1]): 1,
        }
        remembering.query(ROWS[[1, 0]])
        assert transcript.contents.answers == {}
    assert model.asked == 3


def test_answers_to_a_question_that_failed_in_part_are_not_used(tmp_path):
    path, model = tmp_path / "run.jsonl", Failing(np.eye(3))
    with open_transcript(path, header()) as transcript:
        RecordingModel(model, transcript).query(ROWS[:2])
    with open_transcript(path, header()) as transcript:
        remembering = RememberingModel(RecordingModel(model, transcript), transcript)
        with pytest.raises(ModelError, match="hung up"):
            remembering.query(ROWS[:3])
        np.testing.assert_array_equal(remembering.query(ROWS[:2]).labels, ROWS[:2].argmax(axis=1))
    assert model.asked == 2


class Failing(LinearModel):
    def query(self, batch):
        if self.asked >= 2:
            raise ModelError("the suspect hung up")
        return super().query(batch)


def test_a_failure_is_written_down_and_asked_again(tmp_path):
    path = tmp_path / "run.jsonl"
    with open_transcript(path, header()) as transcript:
        recording = RecordingModel(Failing(np.eye(3)), transcript)
        recording.query(ROWS[:2])
        with pytest.raises(ModelError, match="hung up"):
            recording.query(ROWS[2:4])
        contents = transcript.contents
        assert (contents.sent, contents.answered, contents.failed, contents.lost, contents.open) == (4, 2, 2, 0, [])
    assert json.loads(path.read_bytes().splitlines()[-1])["failure"] == "the suspect hung up"
    contents = read_transcript(path)
    assert (contents.sent, contents.answered, contents.failed, contents.lost) == (4, 2, 2, 0)


@pytest.mark.parametrize(
    "labels", [np.array([1]), np.array([0.0, 1.0]), np.array([[1], [1]]), np.array([1, 1 << 60])], ids=str
)
def test_an_answer_that_is_none_is_refused_and_leaves_the_transcript_whole(tmp_path, labels):
    class Odd(LinearModel):
        def query(self, batch):
            return Answers(labels)

    path = tmp_path / "run.jsonl"
    with open_transcript(path, header()) as transcript, pytest.raises(ModelError, match="the suspect"):
        RecordingModel(Odd(np.eye(3)), transcript).query(ROWS[:2])
    assert read_transcript(path).failed == 2


def test_scores_that_are_no_numbers_are_left_out(tmp_path):
    path = tmp_path / "run.jsonl"
    with open_transcript(path, header()) as transcript:
        RecordingModel(LinearModel(np.full((3, 3), np.nan)), transcript).query(ROWS[:2])
    assert json.loads(path.read_bytes().splitlines()[-1])["scores"] is None


def test_what_a_framework_says_is_not_quoted_as_it_may_show_the_input(tmp_path):
    class Leaky(LinearModel):
        def query(self, batch):
            try:
                raise ValueError(f"cannot take {batch}")
            except ValueError as error:
                raise ModelError(f"failed: {error}") from error

    path = tmp_path / "run.jsonl"
    with open_transcript(path, header()) as transcript, pytest.raises(ModelError):
        RecordingModel(Leaky(np.eye(3)), transcript).query(ROWS[:1])
    assert json.loads(path.read_bytes().splitlines()[-1])["failure"] == "ValueError"


def test_recorded_replays_it(tmp_path):
    path = tmp_path / "run.jsonl"
    write(path, [ROWS[:5], ROWS[5:]])
    model = load_model(f"recorded:{path}")
    assert model.info.classes == ("a", "b", "c")
    np.testing.assert_array_equal(model.query(ROWS[::-1]).labels, ROWS[::-1].argmax(axis=1))
    np.testing.assert_array_equal(model.query(ROWS).scores, 3 * ROWS.astype(np.float32))
    with pytest.raises(ModelError, match="no answer to 1 of 2 inputs"):
        model.query(np.stack([ROWS[0], ROWS[0] + 1]))
    with pytest.raises(Mismatch, match="leave classes= out"):
        load_model(f"recorded:{path}?classes=c,b,a")


def test_a_label_that_is_no_class_is_no_answer_and_is_asked_again(tmp_path):
    """Else one such answer would be given back by the file for ever."""
    path, good = tmp_path / "run.jsonl", LinearModel(3 * np.eye(3))

    class Odd:
        info = good.info

        def query(self, batch):
            answers = good.query(batch)
            return replace(answers, labels=np.full_like(answers.labels, 3))

    for _ in range(2):
        with open_transcript(path, header()) as transcript:
            asked = RememberingModel(RecordingModel(Odd(), transcript, classes=3), transcript)
            with pytest.raises(ModelError, match="none of its 3 classes"):
                asked.query(ROWS[:1])
            assert transcript.contents.answered == 0
    with open_transcript(path, header()) as transcript:
        asked = RememberingModel(RecordingModel(good, transcript, classes=3), transcript)
        assert asked.query(ROWS[:1]).labels.tolist() == good.query(ROWS[:1]).labels.tolist()
