"""A bundle has its own files and no others, and what the owner hands in is checked as a whole."""

import pytest

from judged_bundles import TRIGGERS, owner_key, owners_files, predicate, registration, written
from tellmark.digests import digest_input
from tellmark.documents import document_bytes
from tellmark.errors import EvidenceError, FileError
from tellmark.evidence import bundle as module
from tellmark.evidence.bundle import bundle_files, read_bundle
from tellmark.evidence.claiming import read_claim
from tellmark.evidence.envelope import sealed
from tellmark.evidence.keys import new_key
from tellmark.evidence.layout import CLAIM, REGISTRATION
from tellmark.evidence.picking import order_of
from tellmark.evidence.predicates import OpeningPredicate
from tellmark.evidence.registration import read_registration
from tellmark.evidence.statement import statement, subject


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path / "bundle", owners_files(counts=((3,), (2,))))


def test_files_are_read_as_they_are_and_by_name(folder):
    files = bundle_files(folder)
    assert list(files) == ["claim.json", "openings/0001.json", "openings/0002.json", "registration.tmk"]
    assert files == owners_files_of(folder)


def owners_files_of(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_questions_stand_in_the_order_of_opening_and_are_made_anew(folder):
    bundle = read_bundle(bundle_files(folder))
    said = bundle.registration.said
    expected = order_of(said, nonce=bundle.disclosure.claim.said.nonce, tier=0)[:5]
    assert [question.committed.position for question in bundle.questions] == list(expected)
    assert [digest_input(one[0]) for one in bundle.inputs] == [one.committed.input for one in bundle.questions]
    assert bundle.ends == (3, 5)
    assert len(bundle.openings) == 2


def test_no_more_is_asked_than_the_committed_budget():
    said = predicate()
    small = said.model_copy(update={"rule": said.rule.model_copy(update={"budget": 4})})
    bundle = read_bundle(owners_files(registration(small), counts=((3,), (2,))))
    assert len(bundle.questions) == 4
    assert bundle.ends == (3, 4)


def test_openings_of_two_tiers_stand_tier_after_tier():
    """A turn of the first tier takes 24 triggers."""
    bundle = read_bundle(owners_files(registration(predicate(2)), counts=((23, 0), (1, 2))))
    assert [question.committed.tier for question in bundle.questions] == [0] * 24 + [1, 1]
    assert bundle.ends == (23, 26)


@pytest.mark.parametrize("counts", [((2, 1),), ((23, 1), (1, 1)), ((0, 3),)])
def test_whose_turn_it_is_is_not_the_owners_choice(counts):
    with pytest.raises(EvidenceError, match="other tiers than those whose turn it is"):
        read_bundle(owners_files(registration(predicate(2)), counts=counts))


def test_a_claim_may_have_no_opening_yet(tmp_path):
    bundle = read_bundle(bundle_files(written(tmp_path / "b", owners_files(counts=()))))
    assert bundle.questions == bundle.openings == bundle.ends == ()


@pytest.mark.parametrize(
    "name", ["notes.txt", ".DS_Store", "openings/0003.json.tmp", "openings/1.json", "verdict.JSON"]
)
def test_any_other_file_is_refused(folder, name):
    (folder / name).write_text("{}")
    with pytest.raises(EvidenceError, match="is no file of a bundle"):
        bundle_files(folder)


def test_a_missing_opening_is_seen(folder):
    (folder / "openings/0001.json").unlink()
    with pytest.raises(EvidenceError, match="an opening before it is missing"):
        bundle_files(folder)


@pytest.mark.parametrize("name", [REGISTRATION, CLAIM])
def test_registration_and_claim_are_needed(folder, name):
    (folder / name).unlink()
    with pytest.raises(EvidenceError, match=f"has no {name}"):
        bundle_files(folder)


def test_links_and_folders_are_not_followed(folder, tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_bytes((folder / CLAIM).read_bytes())
    (folder / CLAIM).unlink()
    (folder / CLAIM).symlink_to(outside)
    with pytest.raises(EvidenceError, match="no regular file"):
        bundle_files(folder)
    (folder / CLAIM).unlink()
    (folder / CLAIM).mkdir()
    with pytest.raises(EvidenceError, match="no regular file"):
        bundle_files(folder)


def test_a_link_in_place_of_the_openings_is_not_followed(folder, tmp_path):
    (folder / "openings").rename(tmp_path / "elsewhere")
    (folder / "openings").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EvidenceError, match="openings is no regular file"):
        bundle_files(folder)


def test_no_folder_is_a_mistake_of_whoever_asks(tmp_path):
    for path in (tmp_path / "nowhere", written(tmp_path, {"file": b""}) / "file"):
        with pytest.raises(FileError, match="not a folder with evidence"):
            bundle_files(path)


def test_a_bundle_that_fills_the_memory_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(module, "_LONGEST", sum(map(len, bundle_files(folder).values())) - 1)
    with pytest.raises(EvidenceError, match="too long"):
        bundle_files(folder)


def test_files_of_another_owner_or_claim_do_not_go_together():
    files, other = owners_files(counts=((3,),)), new_key()
    theirs = owners_files(registration(predicate(owner=other), other), counts=((3,),), key=other)
    for name, fault in {
        REGISTRATION: "signed by the key",
        CLAIM: "signed by the key",
        "openings/0001.json": "signed by the key",
    }.items():
        with pytest.raises(EvidenceError, match=fault):
            read_bundle({**files, name: theirs[name]})
    later = owners_files(counts=((3,),), nonce="ff" * 16)
    with pytest.raises(EvidenceError, match="belongs to another claim"):
        read_bundle({**files, "openings/0001.json": later["openings/0001.json"]})


def test_openings_cannot_change_places():
    files = owners_files(counts=((3,), (2,)))
    first, second = files["openings/0001.json"], files["openings/0002.json"]
    with pytest.raises(EvidenceError, match="does not follow"):
        read_bundle({**files, "openings/0001.json": second, "openings/0002.json": first})


@pytest.mark.parametrize(
    ("part", "value", "fault"),
    [
        ("label", 3, "not the one that the registration lists"),
        ("words", "ab" * 32, "not the one that the registration lists"),
        ("salt", "cd" * 32, "not the one that the registration lists"),
    ],
)
def test_a_crafted_trigger_is_refused_even_if_its_owner_signs_it(part, value, fault):
    """The owner holds the key, and can sign anything: what was committed to stands."""
    raw = resigned(owners_files(counts=((TRIGGERS,),)), part, value)
    with pytest.raises(EvidenceError, match=fault):
        read_bundle(raw)


def resigned(files, part, value):
    claim = read_claim(files[CLAIM], read_registration(files[REGISTRATION], where=REGISTRATION))
    bundle = read_bundle(files)
    wrong = bundle.questions[0]
    wrong = wrong.model_copy(update={"committed": wrong.committed.model_copy(update={part: value})})
    said = OpeningPredicate(
        created=claim.said.created, claim=claim.digest, previous=None, triggers=(wrong, *bundle.questions[1:])
    )
    envelope = sealed(statement(said, [subject(CLAIM, claim.digest)]), owner_key())
    return {**files, "openings/0001.json": document_bytes(envelope)}
