"""The judge's transcript: what follows what, whose answers these are, and how labels are compared."""

import runpy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from judged_bundles import owners_files, predicate, registration
from tellmark.digests import digest_bytes
from tellmark.documents import as_json
from tellmark.errors import EvidenceError
from tellmark.evidence.bundle import read_bundle
from tellmark.evidence.transcript import Transcript, read_transcript, resumed
from tellmark.evidence.transcript_lines import LINE, Answered, AskedModel, Begun, Diverted, Taken
from tellmark.evidence.verdict_predicate import ModelRecord
from tellmark.models.wrappers.chain import Place, chained

NOW = datetime(2026, 3, 1, tzinfo=UTC)
INPUT = digest_bytes(b"a natural input")


@pytest.fixture(scope="module")
def bundle():
    return read_bundle(owners_files(counts=((2,), (1,))))


def asked(name, classes=None):
    return AskedModel(record=ModelRecord(name=name, described="a model", digest=None), classes=classes)


def begun(bundle, *models):
    models = models or (asked("suspect"), asked("independent 1"))
    return Begun(time=NOW, tellmark="0", claim=bundle.disclosure.claim.digest, models=models)


def taken(bundle, number=0):
    return Taken(time=NOW, opening=bundle.openings[number])


def answered(model, question, label):
    return Answered(time=NOW, model=model, question=question, label=label)


def written(lines):
    place, raw = Place(), b""
    for line in lines:
        content, place = chained(line if isinstance(line, dict) else as_json(line), place)
        raw += content + b"\n"
    return raw


def whole(bundle):
    """Everybody answers everything; the suspect as committed, the other with label 0."""
    labels = [question.committed.label for question in bundle.questions]
    return [
        begun(bundle),
        taken(bundle),
        answered(1, 0, 0),
        answered(1, 1, 0),
        answered(0, 0, labels[0]),
        Diverted(time=NOW, input=INPUT, label=2),
        answered(0, 1, labels[1]),
        taken(bundle, 1),
        answered(0, 2, labels[2]),
        answered(1, 2, 0),
    ]


def test_what_everybody_answered_is_compared_with_what_was_committed(bundle):
    found = read_transcript(written(whole(bundle)), bundle)
    assert found.complete
    assert found.matches(0) == (True, True, True)
    assert found.matches(1) == tuple(question.committed.label == 0 for question in bundle.questions)
    assert found.diverted == [INPUT]
    assert (found.taken, found.place.number) == (2, 10)


def test_before_the_last_answer_it_is_not_complete(bundle):
    lines = whole(bundle)
    for length in range(1, len(lines)):
        assert not read_transcript(written(lines[:length]), bundle).complete


def test_labels_are_compared_by_the_names_of_classes(bundle):
    """A model whose classes stand in another order answers the same class with another number."""
    label = bundle.questions[0].committed.label
    own = ("d", "c", "b", "a")
    lines = [begun(bundle, asked("suspect", own)), taken(bundle), answered(0, 0, own.index("abcd"[label]))]
    found = read_transcript(written(lines), bundle)
    assert found.matches(0) == (True,)
    assert found.own_label(0, label) == own.index("abcd"[label])
    unnamed = [begun(bundle, asked("suspect")), *lines[1:]]
    assert read_transcript(written(unnamed), bundle).matches(0) == (False,)


@pytest.mark.parametrize("classes", [("a", "b", "c"), ("a", "b", "c", "e"), ("a", "a", "b", "c"), tuple("abcde")])
def test_a_model_of_other_classes_is_refused(bundle, classes):
    with pytest.raises(EvidenceError, match="line 1: the classes of the suspect"):
        read_transcript(written([begun(bundle, asked("suspect", classes))]), bundle)


def test_a_transcript_of_another_claim_is_refused(bundle):
    other = read_bundle(owners_files(counts=((2,), (1,)), nonce="ab" * 16))
    with pytest.raises(EvidenceError, match="transcript of another claim"):
        read_transcript(written(whole(bundle)), other)


@pytest.mark.parametrize(
    "names",
    [("source",), ("suspect", "suspect"), ("suspect", "independent 2"), ("suspect", "independent 1", "source"), ("x",)],
)
def test_models_have_their_names_in_order(bundle, names):
    with pytest.raises(EvidenceError, match="asks other models"):
        read_transcript(written([begun(bundle, *map(asked, names))]), bundle)


FAULTS = {
    "a second beginning": (lambda b, lines: [lines[0], *lines], "begins with its first line"),
    "no beginning": (lambda b, lines: lines[1:], "begins with its first line"),
    "an answer before its opening": (lambda b, lines: [lines[0], lines[2]], "was not open"),
    "an answer of the next opening": (
        lambda b, lines: [*lines[:4], answered(1, 2, 0)],
        "line 5: it answers a question that was not open",
    ),
    "an answer twice": (lambda b, lines: [*lines[:3], lines[2]], "the second to one question"),
    "an answer left out": (lambda b, lines: [*lines[:2], lines[3]], "is missing before it"),
    "an opening twice": (lambda b, lines: [*lines[:2], lines[1]], "not the next of this bundle"),
    "openings in another order": (lambda b, lines: [lines[0], taken(b, 1)], "not the next of this bundle"),
    "one opening more": (lambda b, lines: [*lines, taken(b, 1)], "not the next of this bundle"),
    "a model that is not asked": (lambda b, lines: [*lines[:2], answered(2, 0, 0)], "not asked"),
    "a label that is no class": (lambda b, lines: [*lines[:2], answered(0, 0, 4)], "no class"),
    "a decoy's label that is no class": (
        lambda b, lines: [*lines[:2], Diverted(time=NOW, input=INPUT, label=4)],
        "no class",
    ),
    "true for one": (lambda b, lines: [*lines[:2], {**as_json(lines[2]), "label": True}], "valid integer"),
    "a number as text": (lambda b, lines: [*lines[:2], {**as_json(lines[2]), "label": "1"}], "valid integer"),
    "a time spelt otherwise": (
        lambda b, lines: [*lines[:2], {**as_json(lines[2]), "time": "2026-03-01T00:00:00+00:00"}],
        "as Tellmark writes",
    ),
    "a field too many": (lambda b, lines: [*lines[:2], {**as_json(lines[2]), "score": 1}], "not permitted"),
    "an unknown kind": (lambda b, lines: [*lines[:2], {"kind": "guessed"}], "kind"),
    "another format": (lambda b, lines: [{**as_json(lines[0]), "format": "tellmark.judging/2"}], "format"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_lines_that_cannot_follow_are_refused_though_they_are_chained(bundle, fault):
    change, said = FAULTS[fault]
    with pytest.raises(EvidenceError, match=said):
        read_transcript(written(change(bundle, whole(bundle))), bundle)


def raw_lines(bundle):
    return written(whole(bundle)).splitlines(keepends=True)


CHANGES = {
    "reordered": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "duplicated": lambda lines: [*lines[:3], *lines[2:]],
    "left out": lambda lines: [*lines[:4], *lines[5:]],
    "edited": lambda lines: [*lines[:4], lines[4].replace(b'"label":', b'"label": '), *lines[5:]],
    "an empty line": lambda lines: [*lines[:4], b"\n", *lines[4:]],
    "other line feeds": lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
    "a mark before the text": lambda lines: [b"\xef\xbb\xbf", *lines],
}


@pytest.mark.parametrize("change", CHANGES)
def test_lines_that_were_touched_are_refused(bundle, change):
    raw = b"".join(CHANGES[change](raw_lines(bundle)))
    with pytest.raises(EvidenceError, match="not as it was written"):
        read_transcript(raw, bundle)


@pytest.mark.parametrize("cut", [1, 2, 30, 100])
def test_a_torn_last_line_is_no_transcript_yet_and_is_gone_on_from(bundle, cut):
    lines = raw_lines(bundle)
    torn = b"".join(lines)[:-cut]
    with pytest.raises(EvidenceError, match="breaks off"):
        read_transcript(torn, bundle)
    kept = resumed(torn, bundle)
    assert kept.place.number == len(lines) - (cut > 1)
    assert kept.length == len(torn) if cut == 1 else kept.length == len(b"".join(lines[:-1]))


def test_a_file_without_a_line_is_refused(bundle):
    with pytest.raises(EvidenceError, match="no line"):
        read_transcript(b"", bundle)


def test_an_opening_that_is_not_asked_any_more_is_taken_all_the_same(bundle):
    """The committed budget ends within an opening."""
    said = predicate()
    small = said.model_copy(update={"rule": said.rule.model_copy(update={"budget": 2})})
    short = read_bundle(owners_files(registration(small), counts=((2,), (1,))))
    lines = [begun(short, asked("suspect")), taken(short), answered(0, 0, 0), answered(0, 1, 0)]
    assert not read_transcript(written(lines), short).complete
    assert read_transcript(written([*lines, taken(short, 1)]), short).complete
    with pytest.raises(EvidenceError, match="not open"):
        read_transcript(written([*lines, taken(short, 1), answered(0, 2, 0)]), short)


def test_every_kind_of_line_is_read_as_it_is_written(bundle):
    for line in whole(bundle):
        assert LINE.validate_python(as_json(line)) == line


def test_nothing_follows_before_the_beginning(bundle):
    for line in (taken(bundle), answered(0, 0, 0), Diverted(time=NOW, input=INPUT, label=0)):
        with pytest.raises(EvidenceError):
            Transcript(bundle).take(line)


def test_the_schema_of_a_line_is_up_to_date():
    spec = Path(__file__).parents[2] / "docs" / "spec"
    maker = runpy.run_path(str(spec / "make_schemas.py"))
    written = maker["line_schema_text"](*maker["LINES"]["judging.schema.json"])
    assert (spec / "judging.schema.json").read_text(encoding="utf-8") == written, (
        "run: python docs/spec/make_schemas.py"
    )
