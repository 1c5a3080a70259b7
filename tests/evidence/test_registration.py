"""A registration file is read only if its owner signed every word of it and its numbers go together."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registered_marks import owner_key, registered, signed_anew
from tellmark.digests import canonical_json, digest_bytes
from tellmark.documents import document_bytes
from tellmark.errors import EvidenceError, FileError
from tellmark.evidence.keys import new_key
from tellmark.evidence.registration import Extras, Registration, load_registration, read_registration
from tellmark.evidence.statement import subject

GOOD = registered()
SAID = GOOD.said


def read(raw):
    return read_registration(raw, where="my.tmk")


def with_tier(number=0, **changes):
    tiers = list(SAID.tiers)
    tiers[number] = tiers[number].model_copy(update=changes)
    return SAID.model_copy(update={"tiers": tuple(tiers)})


def with_part(name, **changes):
    return SAID.model_copy(update={name: getattr(SAID, name).model_copy(update=changes)})


def test_what_is_written_is_read(tmp_path):
    GOOD.save(tmp_path / "my.tmk")
    again = load_registration(tmp_path / "my.tmk")
    assert again == GOOD
    assert (tmp_path / "my.tmk").read_bytes() == GOOD.content
    assert again.digest == digest_bytes(GOOD.content)
    assert GOOD.stamped == document_bytes(GOOD.document.envelope)


def test_what_is_signed_anew_by_these_tests_is_read():
    assert read(signed_anew(SAID)).said == SAID


@given(st.integers(0, len(GOOD.content) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(place, change):
    """All of it is signed, or the one spelling of what is signed; no timestamps here, which are checked under roots."""
    raw = bytearray(GOOD.content)
    raw[place] ^= change
    with pytest.raises(EvidenceError, match=r"^my\.tmk"):
        read(bytes(raw))


@given(st.integers(0, len(GOOD.content) - 1))
def test_a_file_that_is_cut_off_is_refused(length):
    with pytest.raises(EvidenceError, match=r"^my\.tmk"):
        read(GOOD.content[:length])


@given(st.binary(max_size=300))
def test_bytes_that_are_no_registration_are_refused(raw):
    with pytest.raises(EvidenceError, match=r"^my\.tmk"):
        read(raw)


def test_the_format_is_looked_at_first():
    """A newer file may have anything else in it: what is said is what to do."""
    newer = canonical_json({"format": "tellmark.registration/2", "anything": "else"})
    with pytest.raises(EvidenceError, match=r"made by a newer Tellmark: format tellmark.registration/2.*; upgrade"):
        read(newer)
    for other in ("tellmark.mark/1", "tellmark.registration/0", "tellmark.registration/x", ""):
        with pytest.raises(EvidenceError, match="none of Tellmark's"):
            read(canonical_json({"format": other}))


def test_another_spelling_of_the_same_is_refused():
    document = json.loads(GOOD.content)
    for raw in (json.dumps(document).encode(), GOOD.content + b"\n", json.dumps(document, indent=2).encode()):
        with pytest.raises(EvidenceError, match="canonical"):
            read(raw)


def test_an_unknown_field_is_refused():
    document = json.loads(GOOD.content)
    with pytest.raises(EvidenceError, match="extra"):
        read(canonical_json(document | {"surplus": 1}))


def test_a_registration_by_another_key_than_it_names_is_refused():
    """Who signs it anew says so under the own key, and that key is in it."""
    stranger = new_key("p256")
    assert read(signed_anew(SAID, key=stranger)).said.owner == stranger.public.record
    document = json.loads(GOOD.content)
    document["envelope"]["signatures"] = json.loads(signed_anew(SAID, key=stranger))["envelope"]["signatures"]
    with pytest.raises(EvidenceError, match="signed by the key"):
        read(canonical_json(document))


def test_a_statement_about_other_files_is_refused():
    for subjects in ([subject("mark.json", digest_bytes(b"other"))], [subject("mark.json", SAID.mark)]):
        with pytest.raises(EvidenceError, match="speaks of other files"):
            read(signed_anew(SAID, subjects=subjects))


LEAVES, RESERVE = SAID.tiers[0].leaves, SAID.tiers[0].reserve
UNRESERVED = tuple(position for position in range(20) if position not in RESERVE)

BROKEN = {
    "another limit": (with_tier(limit=SAID.tiers[0].limit - 1), "follows from its references"),
    "a limit without its references": (with_tier(limit=None, turn=0), "go with no limit"),
    "a turn of a tier that decides nothing": (with_tier(limit=None, null=None), "takes turns all the same"),
    "more matches than triggers": (
        with_tier(null=SAID.tiers[0].null.model_copy(update={"matches": (21, 1, 2, 3)})),
        "go with no limit",
    ),
    "one reference": (with_tier(null=SAID.tiers[0].null.model_copy(update={"matches": (3,)})), "no references support"),
    "a limit beyond the triggers": (with_tier(limit=21, null=None), "a number of its 20 triggers"),
    "a claim beyond the triggers": (with_tier(claim=21), "a number of its 20 triggers"),
    "a leaf too few": (with_tier(leaves=LEAVES[1:]), "20 triggers, and 19 leaves"),
    "a leaf twice": (with_tier(leaves=(LEAVES[1], *LEAVES[1:]), reserve=()), "one trigger twice"),
    "a leaf in two tiers": (
        with_tier(1, leaves=(LEAVES[0], *SAID.tiers[1].leaves[1:]), reserve=()),
        "one trigger twice",
    ),
    "other leaves than drew the reserve": (with_tier(leaves=LEAVES[::-1]), "another reserve than its leaves decide"),
    "a reserve out of order": (with_tier(reserve=RESERVE[::-1]), "another reserve than its leaves decide"),
    "a reserve twice": (with_tier(reserve=RESERVE[:1] * 2), "another reserve than its leaves decide"),
    "a reserve of the owner's choice": (with_tier(reserve=UNRESERVED[:3]), "another reserve than its leaves decide"),
    "all in reserve": (with_tier(reserve=tuple(range(20))), "another reserve than its leaves decide"),
    "a turn beyond the triggers": (with_tier(turn=21), "20 triggers, and a turn takes 21"),
    "two tiers of one name": (with_tier(name=SAID.tiers[1].name), "two tiers of one name"),
    "a class twice": (with_part("holdout", classes=("a", "a")), "fewer than two classes, or one twice"),
    "too many items": (with_part("holdout", items=1 << 32), "more hold-out items"),
    "an alpha that decides nothing": (with_part("rule", alpha=0.6), "alpha must lie"),
    "a beta that decides nothing": (with_part("rule", beta=0.6), "beta must lie"),
    "a budget beyond the triggers": (with_part("rule", budget=41), "allows 41 questions"),
    "files out of order": (
        SAID.model_copy(update={"files": (SAID.files[0], SAID.files[0])}),
        "not in the order of their names",
    ),
    "a file elsewhere": (
        SAID.model_copy(update={"files": (SAID.files[0].model_copy(update={"name": "../weights"}),)}),
        "no relative path",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_go_together_is_refused_though_it_is_signed(name):
    said, words = BROKEN[name]
    with pytest.raises(EvidenceError, match=words):
        read(signed_anew(said))


def test_a_limit_that_the_owner_stated_is_read():
    assert read(signed_anew(with_tier(limit=7, null=None))).said.tiers[0].null is None


def test_a_limit_within_the_rounding_of_other_machines_is_read():
    """The rate that follows is off by less than 1e-6: both whole numbers beside it serve."""
    null = SAID.tiers[0].null.model_copy(update={"matches": (10,) * 100, "content": 0.5, "confidence": 0.5})
    assert read(signed_anew(with_tier(null=null, limit=10))).said.tiers[0].limit == 10
    assert read(signed_anew(with_tier(null=null, limit=9))).said.tiers[0].limit == 9
    with pytest.raises(EvidenceError, match="10 follows from its references"):
        read(signed_anew(with_tier(null=null, limit=8)))


levels = st.floats(0, 1, exclude_min=True, exclude_max=True)


@given(st.lists(st.integers(0, 25), min_size=1, max_size=100), levels, levels)
def test_no_numbers_of_references_make_the_check_crash(matches, content, confidence):
    null = SAID.tiers[0].null.model_copy(
        update={"matches": tuple(matches), "content": content, "confidence": confidence}
    )
    with suppress(EvidenceError):
        read(signed_anew(with_tier(null=null)))


def test_extras_are_carried_along_and_nothing_rests_on_them():
    extras = Extras(ots="AAAA", rekor={"logIndex": 3, "body": "…"})
    with_extras = Registration(GOOD.document.model_copy(update={"extras": extras}), SAID)
    assert read(with_extras.content) == with_extras
    spelt = GOOD.document.model_copy(update={"extras": Extras(ots="AB==")})
    with pytest.raises(EvidenceError, match="OpenTimestamps"):
        read(Registration(spelt, SAID).content)


def test_a_file_that_is_not_there_or_too_long(tmp_path, monkeypatch):
    with pytest.raises(FileError):
        load_registration(tmp_path / "my.tmk")
    GOOD.save(tmp_path / "my.tmk")
    monkeypatch.setattr("tellmark.evidence.registration._LONGEST", 100)
    with pytest.raises(EvidenceError, match="too long"):
        load_registration(tmp_path / "my.tmk")


def test_reading_it_needs_nothing_of_marks_and_models():
    """Whoever checks evidence installs no framework and trusts no more code than needed."""
    import subprocess
    import sys

    script = (
        "import sys, tellmark.evidence.registration; "
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('tellmark.')}; "
        "print(sorted(rooms & {'triggers', 'models', 'data', 'candidates', 'proxies'}))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    assert owner_key().public.keyid in GOOD.content.decode()
