"""A judge who was stopped goes on where he ended, from his own transcript and no other."""

from dataclasses import replace

import pytest

from judged_bundles import (
    TRIGGERS,
    Stopped,
    copy,
    judge_key,
    owners_files,
    panel,
    source,
    stopping,
    twin,
    written,
)
from tellmark.errors import EvidenceError, Mismatch
from tellmark.evidence.check import Pins, check_bundle
from tellmark.evidence.judging import Panel, judge
from tellmark.evidence.keys import new_key
from tellmark.evidence.layout import TRANSCRIPT, VERDICT
from tellmark.evidence.recording import keeper_of

KNOWN = Pins(judge=judge_key().public)


@pytest.mark.parametrize("after", [0, 7])
@pytest.mark.parametrize("who", [0, 1, 2])
def test_a_killed_judge_goes_on_and_asks_nothing_again(make, knowledge, who, after):
    folder = make()
    models = [copy(), source(), twin()]
    stopping(models[who], after)
    with pytest.raises(Stopped):
        judge(folder, Panel(models[0], models[1], models[2:]), judge_key(), knowledge)
    assert not (folder / VERDICT).exists()
    asked = [model.asked for model in models]
    again = [copy(), source(), twin()]
    found = judge(folder, Panel(again[0], again[1], again[2:]), judge_key(), knowledge)
    assert found.outcome == "supports"
    assert [one + other.asked for one, other in zip(asked, again, strict=True)] == [TRIGGERS] * 3


@pytest.mark.parametrize("cut", [1, 60, 10**6])
def test_a_torn_transcript_is_gone_on_from(make, knowledge, cut):
    folder = make()
    with pytest.raises(Stopped):
        judge(folder, Panel(stopping(copy(), 9), source(), [twin()]), judge_key(), knowledge)
    raw = (folder / TRANSCRIPT).read_bytes()
    torn = raw[: max(0, len(raw) - cut)]
    lost = raw[len(torn) :].count(b"\n")
    (folder / TRANSCRIPT).write_bytes(torn)
    models = panel()
    assert judge(folder, models, judge_key(), knowledge).outcome == "supports"
    asked = sum(model.asked for model in (models.suspect, models.source, *models.independents))
    assert asked <= TRIGGERS - 9 + lost


def test_a_transcript_that_lost_lines_is_not_gone_on_from_and_can_be_begun_anew(make, knowledge):
    folder = make()
    with pytest.raises(Stopped):
        judge(folder, Panel(stopping(copy(), 9), source(), [twin()]), judge_key(), knowledge)
    lines = (folder / TRANSCRIPT).read_bytes().splitlines(keepends=True)
    (folder / TRANSCRIPT).write_bytes(b"".join(lines[:-2]))
    with pytest.raises(EvidenceError, match="does not end as you left it"):
        judge(folder, panel(), judge_key(), knowledge)
    (folder / TRANSCRIPT).unlink()
    assert judge(folder, panel(), judge_key(), knowledge).outcome == "supports"


def test_a_line_that_was_announced_and_never_written_is_no_hindrance(make, knowledge):
    folder = make()
    with pytest.raises(Stopped):
        judge(folder, Panel(stopping(copy(), 9), source(), [twin()]), judge_key(), knowledge)
    lines = (folder / TRANSCRIPT).read_bytes().splitlines(keepends=True)
    (folder / TRANSCRIPT).write_bytes(b"".join(lines[:-1]))
    assert judge(folder, panel(), judge_key(), knowledge).outcome == "supports"


def test_lines_that_somebody_else_wrote_are_not_gone_on_from(make, knowledge, tmp_path):
    """They are chained as they should be: no key is needed for that. The owner hands them in with the bundle."""
    theirs, mine = make(name="theirs"), make(name="mine")
    with pytest.raises(Stopped):
        judge(theirs, Panel(stopping(copy(), 20), source(), [twin()]), new_key(), knowledge)
    (mine / TRANSCRIPT).write_bytes((theirs / TRANSCRIPT).read_bytes())
    models = panel()
    for _ in range(2):  # then with what their judge signed, and last with the signature cut off
        with pytest.raises(EvidenceError, match="anybody can write such lines"):
            judge(mine, models, judge_key(), knowledge)
        keeper_of(mine).write_bytes(keeper_of(theirs).read_bytes())
    keeper_of(mine).write_bytes(b"".join(keeper_of(theirs).read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(EvidenceError, match="anybody can write such lines"):
        judge(mine, models, judge_key(), knowledge)
    assert models.suspect.asked == models.source.asked == 0


def test_what_was_signed_of_another_claim_serves_no_other(make, knowledge, stamped, tmp_path):
    first = make()
    with pytest.raises(Stopped):
        judge(first, Panel(stopping(copy(), 9), source(), [twin()]), judge_key(), knowledge)
    nonce = "ab" * 16
    other = written(tmp_path / "other", owners_files(stamped[0], nonce=nonce))
    told = replace(knowledge, drawn=replace(knowledge.drawn, nonce=nonce))
    with pytest.raises(Stopped):
        judge(other, Panel(stopping(copy(), 9), source(), [twin()]), judge_key(), told)
    keeper_of(other).write_bytes(keeper_of(first).read_bytes())
    with pytest.raises(EvidenceError, match="does not end as you left it"):
        judge(other, panel(), judge_key(), told)


def test_answers_of_other_models_are_not_gone_on_from(make, knowledge):
    folder = make()
    with pytest.raises(Stopped):
        judge(folder, Panel(stopping(copy(), 3), source(), [twin()]), judge_key(), knowledge)
    for models in (panel(twin(2)), panel(independents=[twin(3)]), panel(with_source=False)):
        with pytest.raises(Mismatch, match="other models"):
            judge(folder, models, judge_key(), knowledge)


def test_a_changed_transcript_is_not_gone_on_from(make, knowledge):
    folder = make()
    with pytest.raises(Stopped):
        judge(folder, Panel(stopping(copy(), 3), source(), [twin()]), judge_key(), knowledge)
    raw = (folder / TRANSCRIPT).read_bytes()
    (folder / TRANSCRIPT).write_bytes(raw.replace(b'"label":0', b'"label":1', 1))
    with pytest.raises(EvidenceError, match="not as it was written"):
        judge(folder, panel(), judge_key(), knowledge)


def test_after_more_triggers_were_opened_only_these_are_asked(tmp_path, stamped, knowledge):
    """The first verdict is undecided; its owner opens more in a copy without it."""
    files = owners_files(stamped[0], counts=((4,), (TRIGGERS - 4,)))
    later = files.pop("openings/0002.json")
    first = written(tmp_path / "first", files)
    assert judge(first, panel(), judge_key(), knowledge).outcome == "inconclusive"
    so_far = (first / TRANSCRIPT).read_bytes()
    both = written(tmp_path / "both", {**files, "openings/0002.json": later, TRANSCRIPT: so_far})
    models = panel()
    with pytest.raises(EvidenceError, match="does not end as you left it"):
        judge(both, models, judge_key(), knowledge)
    keeper_of(both).write_bytes(keeper_of(first).read_bytes())
    assert judge(both, models, judge_key(), knowledge).outcome == "supports"
    assert models.suspect.asked == models.source.asked == TRIGGERS - 4


def test_what_a_killed_judge_left_is_removed_and_a_summary_without_a_verdict_written_anew(make, knowledge):
    folder = make()
    judge(folder, panel(), judge_key(), knowledge)
    (folder / VERDICT).unlink()
    (folder / f"{VERDICT}.{'1b' * 8}.tmp").write_bytes(b"{")
    again = judge(folder, panel(), judge_key(), knowledge)
    assert again.outcome == "supports"
    assert not list(folder.glob("*.tmp"))
    assert check_bundle(folder, knowledge.roots, KNOWN) == again
