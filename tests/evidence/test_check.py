"""The check of a bundle: what it finds in a good one, and that nothing that was touched passes."""

import json
from dataclasses import replace

import pytest

from judged_bundles import (
    TRIGGERS,
    copy,
    judge_key,
    owner_key,
    owners_files,
    panel,
    predicate,
    registration,
    source,
    twin,
    written,
)
from tellmark.digests import digest_bytes
from tellmark.documents import document_bytes
from tellmark.errors import FileError
from tellmark.evidence.bundle import bundle_files
from tellmark.evidence.check import Pins, check_bundle, check_files
from tellmark.evidence.envelope import opened, opened_by_its_signer, read_envelope, sealed
from tellmark.evidence.judging import Drawn, Panel, judge
from tellmark.evidence.keys import new_key
from tellmark.evidence.layout import CLAIM, REGISTRATION, SUMMARY, TRANSCRIPT, VERDICT
from tellmark.evidence.statement import statement, subject
from tellmark.evidence.verdict_predicate import SummaryPredicate, SuspectAge, VerdictPredicate
from tsa import new_root

FOREIGN = (new_root("Another root").certificate,)
NOBODY, KNOWN = Pins(), Pins(judge=judge_key().public)


def judged(folder, files, knowledge, models=None):
    """The files of a bundle after it was judged."""
    judge(written(folder, files), models or panel(), judge_key(), knowledge)
    return bundle_files(folder)


@pytest.fixture(scope="module")
def supported(tmp_path_factory, stamped, knowledge):
    files = owners_files(stamped[0], counts=((4,), (TRIGGERS - 4,)))
    return judged(tmp_path_factory.mktemp("good") / "bundle", files, knowledge)


@pytest.fixture(scope="module")
def innocent(tmp_path_factory, stamped, knowledge):
    """Another claim on the same registration, against a model that owes it nothing."""
    nonce = "ab" * 16
    files = owners_files(stamped[0], counts=((4,), (TRIGGERS - 4,)), nonce=nonce)
    told = replace(knowledge, drawn=Drawn(nonce, stamped[0].digest))
    return judged(tmp_path_factory.mktemp("twin") / "bundle", files, told, panel(twin(2)))


def said_by(files):
    return opened_by_its_signer(
        read_envelope(files[VERDICT], VERDICT), VerdictPredicate, lambda said: said.judge
    ).predicate


def judged_anew(bundle, key=None, **changes):
    """The files with a verdict that says something else, signed by its judge."""
    signer = key or judge_key()
    said = said_by(bundle).model_copy(update={"judge": signer.public.record, **changes})
    envelope = sealed(statement(said, [subject(file.name, file.digest) for file in said.files]), signer)
    return {**unjudged(bundle), VERDICT: document_bytes(envelope)}


def unjudged(files):
    """The files without what the judge signed."""
    return {name: content for name, content in files.items() if name not in (VERDICT, SUMMARY)}


def refused(files, *words, roots=(), pins=NOBODY):
    """The reason why a bundle is invalid, which has all these words."""
    found = check_files(files, roots, pins)
    assert found.outcome == "invalid"
    assert found.facts is None
    (reason,) = found.reasons
    assert all(word in reason for word in words), reason
    return reason


# Good ones


def test_a_good_bundle_shows_what_the_judge_found(supported, innocent, knowledge):
    found = check_files(supported, knowledge.roots, KNOWN)
    assert (found.outcome, found.reasons) == ("supports", ())
    assert found.facts.registered == said_by(supported).registered
    assert found.facts.grounds.suspect.finding == said_by(supported).suspect
    assert check_files(innocent, knowledge.roots).outcome == "does not support"


@pytest.mark.parametrize("roots", [(), FOREIGN])
def test_a_date_is_proven_only_under_roots_that_the_checker_gives(supported, roots):
    found = check_files(supported, roots, KNOWN)
    assert found.outcome == "inconclusive"
    assert found.facts.registered is None
    assert found.facts.verdict.outcome == "supports"
    assert "not proven" in found.reasons[0]


def test_who_must_have_signed_can_be_given(supported, knowledge):
    right = Pins(owner=owner_key().public, judge=judge_key().public)
    assert check_files(supported, knowledge.roots, right).outcome == "supports"
    other = new_key().public
    refused(supported, "the owner's key is", other.keyid, pins=replace(right, owner=other))
    refused(supported, "the judge's key is", other.keyid, pins=replace(right, judge=other))


def test_a_bundle_without_a_verdict_is_checked_as_far_as_it_goes(supported):
    files = unjudged(supported)
    found = check_files(files)
    assert (found.outcome, found.reasons[0]) == ("inconclusive", "No judge has given a verdict.")
    assert found.reasons[1] == "Of 24 questions answered: suspect 24, source 24, independent 1 24."
    del files[TRANSCRIPT]
    assert check_files(files).reasons[1] == "24 triggers are open, and no model was asked."
    for name in ("openings/0001.json", "openings/0002.json"):
        del files[name]
    assert check_files(files).reasons[1] == "No trigger is open."


def test_only_a_missing_folder_is_an_error_and_not_a_finding(tmp_path):
    with pytest.raises(FileError):
        check_bundle(tmp_path / "nowhere")
    found = check_bundle(tmp_path)
    assert (found.outcome, found.reasons) == ("invalid", ("the bundle has no registration.tmk: copy all of it.",))


def test_a_strange_file_makes_a_bundle_invalid(tmp_path, supported):
    folder = written(tmp_path / "b", {**supported, "notes.txt": b""})
    assert check_bundle(folder).outcome == "invalid"


# Parts that do not belong together


def test_a_transcript_of_another_bundle_is_refused(supported, innocent):
    refused({**supported, TRANSCRIPT: innocent[TRANSCRIPT]}, TRANSCRIPT, "not know")
    refused({**unjudged(supported), TRANSCRIPT: innocent[TRANSCRIPT]}, "transcript of another claim")


def test_a_verdict_on_another_bundle_is_refused(supported, innocent):
    refused({**supported, VERDICT: innocent[VERDICT]}, "a verdict on other files")
    refused({**innocent, VERDICT: supported[VERDICT]}, "a verdict on other files")


def test_transcript_and_verdict_of_another_bundle_are_refused_together(supported, innocent):
    """A judge who signs for it too: the transcript names the claim that it is about."""
    files = {**innocent, TRANSCRIPT: supported[TRANSCRIPT]}
    records = tuple(
        record if record.name != TRANSCRIPT else next(r for r in said_by(supported).files if r.name == TRANSCRIPT)
        for record in said_by(innocent).files
    )
    forged = judged_anew({**files, VERDICT: supported[VERDICT]}, files=records, nonce=said_by(innocent).nonce)
    refused(forged, "transcript of another claim")


@pytest.mark.parametrize("name", [CLAIM, "openings/0001.json", "openings/0002.json"])
def test_a_file_of_another_claim_is_refused(supported, innocent, name):
    refused({**supported, name: innocent[name]})


@pytest.mark.parametrize("name", [REGISTRATION, CLAIM, "openings/0001.json", "openings/0002.json", TRANSCRIPT])
def test_no_file_can_be_left_out(supported, name):
    refused({other: content for other, content in supported.items() if other != name})


def test_a_timestamp_cannot_be_taken_away_afterwards(supported):
    """The claim names the registration with all its timestamps."""
    unstamped = owners_files(registration())[REGISTRATION]
    refused({**supported, REGISTRATION: unstamped}, "another registration")


def test_an_edited_rule_or_limit_is_refused_though_its_owner_signs_it(supported):
    said = predicate()
    for changes in (
        {"rule": said.rule.model_copy(update={"alpha": 0.5})},
        {"rule": said.rule.model_copy(update={"budget": 5})},
        {"tiers": (said.tiers[0].model_copy(update={"claim": 19}),)},
    ):
        edited = registration(said.model_copy(update=changes)).content
        refused({**supported, REGISTRATION: edited}, "another registration")


def test_a_limit_that_does_not_follow_from_the_references_is_refused(supported):
    said = predicate()
    wrong = said.model_copy(update={"tiers": (said.tiers[0].model_copy(update={"limit": 3}),)})
    envelope = sealed(statement(wrong, [subject("mark.json", wrong.mark)]), owner_key())
    content = b'{"envelope":%b,"extras":{"ots":null,"rekor":null},"format":"tellmark.registration/1","timestamps":[]}'
    refused({**supported, REGISTRATION: content % document_bytes(envelope)}, "3 of its triggers", "10 follows")


# Transcripts that were touched


TOUCHED = {
    "cut": lambda lines: lines[:-1],
    "cut in the middle of a line": lambda lines: [*lines[:-1], lines[-1][:20]],
    "reordered": lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]],
    "duplicated": lambda lines: [*lines[:6], *lines[5:]],
    "a line left out": lambda lines: [*lines[:5], *lines[6:]],
}


@pytest.mark.parametrize("change", TOUCHED)
def test_a_transcript_that_was_touched_is_refused(supported, change):
    lines = supported[TRANSCRIPT].splitlines(keepends=True)
    touched = {**supported, TRANSCRIPT: b"".join(TOUCHED[change](lines))}
    refused(touched)
    if change != "cut":
        refused(unjudged(touched))


def test_a_swapped_suspect_is_refused(tmp_path, stamped, knowledge, supported):
    """A judge asks one model and says that it was another: the transcript names it, chained to all answers."""
    lines = supported[TRANSCRIPT]
    other = {**supported, TRANSCRIPT: lines.replace(copy().info.digest.encode(), twin(3).info.digest.encode())}
    refused(unjudged(other), "not as it was written")
    swapped = said_by(supported).suspect
    swapped = swapped.model_copy(update={"model": swapped.model.model_copy(update={"digest": twin(3).info.digest})})
    refused(judged_anew(supported, suspect=swapped), "what does not follow")


# Verdicts that their judge signs, and that do not follow


def test_a_verdict_that_does_not_follow_is_refused(supported, innocent):
    good, bad = said_by(supported), said_by(innocent)
    refused(judged_anew(innocent, outcome="supports"), "'supports'", "'does not support' follows")
    refused(judged_anew(supported, outcome="inconclusive"), "'supports' follows")
    refused(judged_anew(innocent, suspect=good.suspect), "suspect", "does not follow")
    refused(judged_anew(supported, independents=()), "other models than were asked")
    refused(judged_anew(supported, independents=bad.independents * 2), "other models than were asked")
    tally = good.suspect.tallies[0].model_copy(update={"matched": good.suspect.tallies[0].matched + 1})
    refused(judged_anew(supported, suspect=good.suspect.model_copy(update={"tallies": (tally,)})), "does not follow")
    for number in ({"p_value": good.suspect.p_value / 2}, {"e_value": None}, {"p_value": None}):
        refused(judged_anew(supported, suspect=good.suspect.model_copy(update=number)), "does not follow")


def test_rounding_in_another_library_is_no_fault(supported, knowledge):
    good = said_by(supported).suspect
    close = good.model_copy(update={"p_value": good.p_value * (1 + 1e-9), "e_value": good.e_value * (1 - 1e-9)})
    assert check_files(judged_anew(supported, suspect=close), knowledge.roots, KNOWN).outcome == "supports"


def test_a_date_or_an_age_that_does_not_hold_is_refused(supported, knowledge):
    said = said_by(supported)
    earlier = said.registered.replace(year=2020)
    refused(judged_anew(supported, registered=earlier), "under the same roots it is", roots=knowledge.roots)
    refused(judged_anew(supported, roots=()), "no root to prove it")
    to_come = SuspectAge(since=said.created.replace(year=said.created.year + 1), source="a typing error")
    refused(judged_anew(supported, age=to_come), "which is after it was judged")
    older = SuspectAge(since=earlier, source="an old log")
    refused(judged_anew(supported, age=older), "'inconclusive' follows")
    refused(judged_anew(supported, registered=None), "'inconclusive' follows")
    refused(judged_anew(supported, earlier_claims=None), "'inconclusive' follows")
    refused(judged_anew(supported, nonce=None), "'inconclusive' follows")


def test_a_proven_date_without_any_timestamp_is_refused(tmp_path, knowledge):
    files = judged(tmp_path / "b", owners_files(), replace(knowledge, drawn=None))
    assert check_files(files, knowledge.roots).outcome == "inconclusive"
    said = said_by(files)
    dated = judged_anew(files, registered=said.created.replace(year=2020), outcome="supports")
    refused(dated, "no timestamp")


def test_anybody_can_sign_a_verdict_of_his_own_and_nothing_is_supported_by_it(supported, knowledge):
    """A foreign verdict over the same files holds, under another key: whose it is has to be known."""
    other = new_key()
    found = check_files(judged_anew(supported, other), knowledge.roots)
    assert (found.outcome, len(found.reasons)) == ("inconclusive", 1)
    assert "Whose key signed the verdict is not known" in found.reasons[0]
    assert found.facts.verdict.judge == other.public.record
    assert check_files(judged_anew(supported, other), knowledge.roots, Pins(judge=other.public)).outcome == "supports"
    refused(judged_anew(supported, other), "the judge's key", pins=KNOWN)


def test_an_owner_is_no_judge_of_his_own_claim(supported):
    refused(judged_anew(supported, owner_key()), "the owner signed the verdict on his own claim")


def test_a_judge_who_drew_another_nonce_is_no_judge_of_this_claim(supported, knowledge):
    refused(judged_anew(supported, nonce="ef" * 16), "drew another nonce")
    silent = judged_anew(supported, nonce=None, outcome="inconclusive")
    assert "does not say that he drew the nonce" in check_files(silent, knowledge.roots, KNOWN).reasons[0]


def test_a_summary_says_what_the_verdict_says(supported, innocent):
    for files, holds in ((supported, True), (innocent, False)):
        said = opened(read_envelope(files[SUMMARY], SUMMARY), SummaryPredicate, judge_key().public)
        assert said.predicate.time_created == said_by(files).created
        assert ("TELLMARK_CLAIM_SUPPORTED" in said.predicate.properties) == holds
        assert {"TELLMARK_REGISTRATION_DATED", "TELLMARK_SUSPECT_YOUNGER"} < set(said.predicate.properties)
        assert [each.name for each in said.subject] == [VERDICT, "suspect"]
        assert f"sha256:{said.subject[0].digest.sha256}" == digest_bytes(files[VERDICT])
        assert (
            json.loads(said.model_dump_json(by_alias=True))["predicateType"]
            == "https://in-toto.io/attestation/svr/v0.1"
        )


def test_a_summary_that_says_something_else_is_refused(supported, innocent):
    refused({**supported, SUMMARY: innocent[SUMMARY]}, "something else than verdict.json")
    said = opened(read_envelope(supported[SUMMARY], SUMMARY), SummaryPredicate, judge_key().public)
    more = said.model_copy(update={"predicate": said.predicate.model_copy(update={"properties": ("TELLMARK_PROVEN",)})})
    refused({**supported, SUMMARY: document_bytes(sealed(more, judge_key()))}, "something else than verdict.json")
    refused({**supported, SUMMARY: document_bytes(sealed(said, new_key()))}, "the summary is signed by the key")
    refused({**unjudged(supported), SUMMARY: supported[SUMMARY]}, "no verdict.json that it could be of")
    without = {name: content for name, content in supported.items() if name != SUMMARY}
    assert check_files(without, (), KNOWN).outcome == check_files(supported, (), KNOWN).outcome == "inconclusive"


def test_a_verdict_whose_statement_speaks_of_other_files_is_refused(supported):
    said = said_by(supported)
    envelope = sealed(statement(said, [subject(CLAIM, said.files[0].digest)]), judge_key())
    refused({**supported, VERDICT: document_bytes(envelope)}, "the statement of verdict.json")


def test_a_verdict_without_answers_to_rest_on_is_refused(supported, tmp_path, knowledge, stamped):
    files = {name: content for name, content in supported.items() if name != TRANSCRIPT}
    records = tuple(record for record in said_by(supported).files if record.name != TRANSCRIPT)
    refused(judged_anew(files, files=records), "no transcript.jsonl")
    opened_more = owners_files(stamped[0], counts=((4,),))
    short = judged(tmp_path / "short", opened_more, knowledge)
    lines = short[TRANSCRIPT].splitlines(keepends=True)
    cut = {**short, TRANSCRIPT: b"".join(lines[:-1])}
    records = tuple(
        record.model_copy(update={"digest": digest_bytes(cut[record.name])}) for record in said_by(short).files
    )
    refused(judged_anew(cut, files=records), "before every model had answered")


def test_the_reasons_are_worked_out_anew_and_not_read(supported, knowledge):
    """What a judge writes in words is the judge's; a later version may word it otherwise."""
    found = check_files(judged_anew(supported, reasons=("Guilty.",)), knowledge.roots, KNOWN)
    assert found.outcome == "supports"
    assert "Guilty." not in found.reasons + found.remarks


def test_models_that_are_one_are_found_by_the_checker_too(tmp_path, stamped, knowledge, monkeypatch):
    """A judge whose program does not look: the digests show it."""
    monkeypatch.setattr("tellmark.evidence.judging.check_digests", lambda transcript: None)
    monkeypatch.setattr("tellmark.evidence.grounds.check_digests", lambda transcript: None)
    files = owners_files(stamped[0])
    found = judged(tmp_path / "b", files, knowledge, Panel(copy(), source(), [copy()]))
    monkeypatch.undo()
    refused(found, "independent 1 has the digest of the suspect")
