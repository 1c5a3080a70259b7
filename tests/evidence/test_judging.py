"""Judging: what is asked, in which order, and what is signed in the end."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from judged_bundles import (
    NONCE,
    TRIGGERS,
    Answering,
    Stopped,
    copy,
    judge_key,
    owner_key,
    owners_files,
    panel,
    predicate,
    registration,
    source,
    stopping,
    twin,
    written,
)
from tellmark.digests import digest_input
from tellmark.errors import EvidenceError, FileError, InvalidInput, Mismatch, ModelError
from tellmark.evidence.bundle import bundle_files, read_bundle
from tellmark.evidence.check import Pins, check_bundle
from tellmark.evidence.judging import Decoys, Knowledge, Panel, judge
from tellmark.evidence.layout import TRANSCRIPT, VERDICT
from tellmark.evidence.transcript import read_transcript
from tellmark.models.base import Answers
from toys import blobs, images

KNOWN = Pins(judge=judge_key().public)
WHOLE = ((TRIGGERS,),)


@pytest.fixture
def drew(knowledge):
    """What a judge knows who drew another nonce, or had taken another registration."""

    def call(**changes):
        return replace(knowledge, drawn=replace(knowledge.drawn, **changes))

    return call


def transcript_of(folder):
    files = bundle_files(folder)
    return read_transcript(files[TRANSCRIPT], read_bundle(files))


def test_a_copy_is_supported_and_the_verdict_checked(make, knowledge):
    folder, models = make(), panel()
    found = judge(folder, models, judge_key(), knowledge)
    assert (found.outcome, found.reasons) == ("supports", ())
    verdict = found.facts.verdict
    assert verdict.judge == judge_key().public.record
    assert verdict.suspect.model.described == "Answering"
    assert [file.name for file in verdict.files] == ["claim.json", "openings/0001.json", "registration.tmk", TRANSCRIPT]
    assert check_bundle(folder, knowledge.roots, KNOWN) == found
    assert transcript_of(folder).complete
    assert models.suspect.asked == models.source.asked == models.independents[0].asked == TRIGGERS


def test_a_twin_is_not(make, knowledge):
    found = judge(make(), panel(twin(1), independents=[twin(2)]), judge_key(), knowledge)
    assert found.outcome == "does not support"


def test_where_something_is_missing_it_is_inconclusive(make, knowledge):
    found = judge(make(), panel(), judge_key())
    assert (found.outcome, len(found.reasons)) == ("inconclusive", 4)
    alone = judge(make(name="alone"), panel(independents=[]), judge_key(), knowledge)
    assert alone.outcome == "inconclusive"
    assert "No independent model was asked" in alone.reasons[0]


def test_a_model_that_is_claimed_too_spoils_the_claim(make, knowledge):
    other = Answering("another copy", lambda number: number % 7 != 0)
    found = judge(make(), panel(independents=[twin(), other]), judge_key(), knowledge)
    assert found.outcome == "inconclusive"
    assert "claims independent 2" in found.reasons[0]


def test_the_source_is_asked_first_and_the_suspect_last(make, knowledge):
    folder = make(((3,),))
    judge(folder, panel(), judge_key(), knowledge)
    lines = (folder / TRANSCRIPT).read_text().splitlines()
    models = [line.split('"model":')[1][0] for line in lines if '"answered"' in line]
    assert models == ["1"] * 3 + ["2"] * 3 + ["0"] * 3


@pytest.mark.parametrize("classes", [("a", "b", "c", "d"), ("d", "a", "c", "b")])
def test_labels_are_compared_by_class_names(make, knowledge, classes):
    models = Panel(copy(classes=classes), source(classes=classes[::-1]), [twin(classes=classes)])
    assert judge(make(), models, judge_key(), knowledge).outcome == "supports"


def test_a_model_that_fails_is_named_and_what_it_answered_kept(make, knowledge):
    folder, broken = make(), twin()
    answer = broken.query

    def query(batch):
        if broken.asked == 5:
            raise ModelError("out of order")
        return answer(batch)

    broken.query = query
    with pytest.raises(ModelError, match="the model independent 1 gave no answer: out of order"):
        judge(folder, panel(independents=[broken]), judge_key(), knowledge)
    assert len(transcript_of(folder).answers[2]) == 5


def test_a_model_that_gives_two_answers_is_refused(make, knowledge):
    models = panel()
    models.suspect.query = lambda batch: Answers(np.zeros(2, dtype=np.int64))
    with pytest.raises(ModelError, match="shape"):
        judge(make(), models, judge_key(), knowledge)


# What gets no verdict


def test_a_source_that_answers_otherwise_ends_it_before_anybody_else_is_asked(make, knowledge):
    folder, models = make(), Panel(copy(), Answering("source", lambda number: number != 5), [twin()])
    with pytest.raises(EvidenceError, match="does not answer question"):
        judge(folder, models, judge_key(), knowledge)
    assert models.suspect.asked == models.independents[0].asked == 0
    assert not (folder / VERDICT).exists()
    found = check_bundle(folder)
    assert found.outcome == "invalid"
    assert "does not answer question" in found.reasons[0]


def test_another_source_than_the_registered_one_is_refused(tmp_path, drew):
    registered = registration(predicate(source=copy().info.digest))
    folder = written(tmp_path / "b", owners_files(registered))
    with pytest.raises(EvidenceError, match="not the one that the registration names"):
        judge(folder, panel(), judge_key(), drew(registration=registered.digest))
    assert not (folder / TRANSCRIPT).exists()


@pytest.mark.parametrize(
    ("independents", "said"),
    [
        (lambda: [copy()], "independent 1 has the digest of the suspect"),
        (lambda: [source()], "independent 1 has the digest of the source"),
        (lambda: [twin(), twin()], "independent 2 has the digest of independent 1"),
    ],
)
def test_an_independent_that_is_another_of_the_models_is_refused_before_it_is_asked(
    make, knowledge, independents, said
):
    models = panel(independents=independents())
    with pytest.raises(EvidenceError, match=said):
        judge(make(), models, judge_key(), knowledge)
    assert models.source.asked == 0


def test_an_independent_that_answers_as_another_throughout_supports_nothing(make, knowledge):
    """One model under two names, or two that nobody can tell apart: the suspect does not stand above it."""
    suspects = Answering("the suspect under another name", lambda number: number % 8 != 0)
    found = judge(make(), panel(independents=[suspects]), judge_key(), knowledge)
    assert found.outcome == "inconclusive"
    assert any("too few to tell them apart" in reason for reason in found.reasons)
    sources = Answering("the source under another name")
    assert judge(make(name="other"), panel(independents=[sources]), judge_key(), knowledge).outcome == "inconclusive"


def test_two_innocents_that_answer_alike_keep_nobody_from_a_verdict(make, knowledge):
    """They share the one trigger that both match; with few classes and triggers that happens by chance."""
    first, second = (Answering(name, lambda number: number == 5) for name in ("one", "another"))
    assert judge(make(), panel(first, independents=[second]), judge_key(), knowledge).outcome == "does not support"


def test_two_models_that_match_nothing_are_not_taken_for_one(make, knowledge):
    never, nor = (Answering(name, lambda number: False) for name in ("never", "nor this one"))
    assert judge(make(), panel(never, independents=[nor]), judge_key(), knowledge).outcome == "does not support"


def test_a_bundle_that_does_not_verify_is_not_asked_about(make, knowledge):
    folder, models = make(), panel()
    opening = folder / "openings/0001.json"
    opening.write_bytes(opening.read_bytes().replace(b"A", b"B", 1))
    with pytest.raises(EvidenceError):
        judge(folder, models, judge_key(), knowledge)
    assert models.source.asked == models.suspect.asked == 0
    assert not (folder / TRANSCRIPT).exists()


def test_nothing_is_judged_twice_and_nothing_without_a_trigger(make, knowledge, tmp_path):
    folder = make()
    judge(folder, panel(), judge_key(), knowledge)
    with pytest.raises(InvalidInput, match="judged already"):
        judge(folder, panel(), judge_key(), knowledge)
    with pytest.raises(InvalidInput, match="no trigger of the claim"):
        judge(make((), name="empty"), panel(), judge_key(), knowledge)
    with pytest.raises(FileError, match="not a folder"):
        judge(tmp_path / "nowhere", panel(), judge_key(), knowledge)


def test_a_model_of_other_classes_is_refused_before_anything_is_asked(make, knowledge):
    strange = Answering("strange", classes=("a", "b", "c", "e"))
    models = panel(independents=[strange])
    with pytest.raises(Mismatch, match="the model independent 1 cannot be asked"):
        judge(make(), models, judge_key(), knowledge)
    assert models.source.asked == 0


def test_a_suspect_that_is_older_is_not_supported(make, knowledge):
    age = knowledge.age.model_copy(update={"since": knowledge.age.since - timedelta(days=3)})
    found = judge(make(), panel(), judge_key(), Knowledge(knowledge.roots, age))
    assert found.outcome == "inconclusive"
    assert "made after them" in found.reasons[0]


# Decoys


OTHER = images(30, classes=4, seed=9)


def test_decoys_are_asked_of_the_suspect_alone_and_count_for_nothing(make, knowledge):
    folder, models = make(), panel()
    assert judge(folder, models, judge_key(), knowledge, decoys=Decoys(OTHER, 12)).outcome == "supports"
    transcript = transcript_of(folder)
    assert len(transcript.diverted) == len(set(transcript.diverted)) == 12
    assert set(transcript.diverted) <= {digest_input(one) for one in OTHER.inputs}
    assert (models.suspect.asked, models.source.asked) == (TRIGGERS + 12, TRIGGERS)
    assert transcript.matches(0) == tuple(
        copy().query(one).labels[0] == question.committed.label
        for one, question in zip(transcript.bundle.inputs, transcript.bundle.questions, strict=True)
    )


def test_a_killed_judge_asks_no_decoy_again(make, knowledge):
    folder, decoys = make(), Decoys(OTHER, 30)
    models = Panel(stopping(copy(), 20), source(), [twin()])
    with pytest.raises(Stopped):
        judge(folder, models, judge_key(), knowledge, decoys=decoys)
    again = panel()
    judge(folder, again, judge_key(), knowledge, decoys=decoys)
    assert models.suspect.asked + again.suspect.asked == TRIGGERS + 30
    assert len(set(transcript_of(folder).diverted)) == 30


@pytest.mark.parametrize(
    ("decoys", "error", "said"),
    [
        (Decoys(OTHER, 31), InvalidInput, "31 decoys cannot be drawn from 30"),
        (Decoys(OTHER, 0), InvalidInput, "0 decoys"),
        (Decoys(images(300, classes=4), 1), InvalidInput, "is the hold-out data"),
        (Decoys(blobs(20), 1), Mismatch, "blobs has"),
    ],
)
def test_decoys_that_cannot_serve_are_refused_before_anything_is_asked(make, knowledge, decoys, error, said):
    models = panel()
    with pytest.raises(error, match=said):
        judge(make(), models, judge_key(), knowledge, decoys=decoys)
    assert models.source.asked == 0


def test_progress_is_told(make, knowledge):
    told = []
    judge(make(((2,),)), panel(), judge_key(), knowledge, progress=lambda *words: told.append(words))
    assert told == [(f"asking {name}", n, 2) for name in ("source", "independent 1", "suspect") for n in (1, 2)]


def test_a_claim_under_a_nonce_that_the_judge_did_not_draw_is_refused(make, drew):
    folder = make()
    with pytest.raises(EvidenceError, match="another nonce than the one you drew"):
        judge(folder, panel(), judge_key(), drew(nonce="ab" * 16))
    assert not (folder / TRANSCRIPT).exists()
    assert judge(folder, panel(), judge_key(), drew(nonce=NONCE.upper())).outcome == "supports"


def test_the_owner_is_no_judge(make, knowledge):
    folder = make()
    with pytest.raises(InvalidInput, match="this is the owner's key"):
        judge(folder, panel(), owner_key(), knowledge)
    assert TRANSCRIPT not in bundle_files(folder)


def test_a_base_is_asked_and_told_apart_from_independent_models(make, knowledge):
    models = replace(panel(), bases=[twin(3), twin(2)])
    found = judge(make(), models, judge_key(), knowledge)
    assert (found.outcome, found.reasons) == ("supports", ())
    grounds = found.facts.grounds
    assert [one.finding.model.name for one in grounds.examined] == ["suspect", "base 1", "base 2", "independent 1"]
    assert [one.asked for one in models.bases] == [TRIGGERS] * 2


def test_a_base_that_both_come_from_spoils_the_claim_though_it_is_the_source_itself(make, knowledge):
    found = judge(make(), replace(panel(), bases=[source()]), judge_key(), knowledge)
    assert found.outcome == "inconclusive"
    assert "The same rule claims base 1" in found.reasons[0]


def test_an_independent_model_is_no_base(make, knowledge):
    with pytest.raises(EvidenceError, match="independent 1 has the digest of base 1"):
        judge(make(), replace(panel(), bases=[twin()]), judge_key(), knowledge)


def test_a_claim_on_another_registration_than_the_judge_took_is_refused(make, drew):
    """Whoever has prepared many picks one when he knows the nonce."""
    folder, other = make(), registration()
    with pytest.raises(EvidenceError, match="another registration than the one you took"):
        judge(folder, panel(), judge_key(), drew(registration=other.digest))
    assert TRANSCRIPT not in bundle_files(folder)


@pytest.mark.parametrize("said", ["", "x" * 501, "a\nb", "\ud800"])
def test_words_that_no_verdict_can_hold_are_refused_before_anybody_is_asked(said):
    with pytest.raises(InvalidInput, match="in 1 to 500 printable characters"):
        Knowledge(earlier_claims=said)
