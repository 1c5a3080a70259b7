"""One claim, one nonce: what is opened, in which order, to whom; and what no other claim may open again."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populations import DATA
from registered_marks import owner_key, registered, two_tiers
from tellmark.digests import digest_bytes
from tellmark.documents import document_bytes
from tellmark.errors import EvidenceError, InvalidInput, Mismatch
from tellmark.evidence.burned import Entry, Ledger, ledger_path, load_ledger, read_ledger
from tellmark.evidence.claiming import made_claim, new_claim, read_claim
from tellmark.evidence.disclosure import disclosed
from tellmark.evidence.dividing import divided
from tellmark.evidence.keys import new_key
from tellmark.evidence.layout import CLAIM, REGISTRATION, opening_name
from tellmark.evidence.opening import open_next, read_openings
from tellmark.evidence.picking import order_of
from tellmark.evidence.regeneration import regenerated
from tellmark.models.wrappers.chain import Place, chained

NONCE, OTHER_NONCE = "5e" * 16, "a7" * 32


@pytest.fixture
def tmk(tmp_path: Path) -> Path:
    """A registration in a file, without a ledger yet."""
    path = tmp_path / "my.tmk"
    path.write_bytes(registered().content)
    return path


@pytest.fixture
def bundle(tmk: Path, tmp_path: Path) -> Path:
    """A claim that has opened nothing."""
    new_claim(tmk, tmp_path / "bundle", owner_key(), suspect="the model at example.org", nonce=NONCE)
    return tmp_path / "bundle"


def opened(tmk: Path, bundle: Path, count: int, *, nonce: str = NONCE, mark=None, data=DATA, key=None):
    return open_next(tmk, bundle, mark or two_tiers(), data, key or owner_key(), count=count, nonce=nonce)


def disclosed_in(bundle: Path):
    registration = registered()
    claim = read_claim((bundle / CLAIM).read_bytes(), registration)
    return disclosed(registration.said, claim, read_openings(bundle))


def positions(bundle: Path) -> list[list[int]]:
    return [[one.committed.position for one in tier] for tier in disclosed_in(bundle).triggers]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The claim


def test_a_claim_names_suspect_and_registration_and_opens_nothing(bundle):
    assert sorted(contents(bundle)) == [CLAIM, REGISTRATION]
    said = read_claim((bundle / CLAIM).read_bytes(), registered()).said
    assert (said.suspect, said.nonce) == ("the model at example.org", NONCE)
    assert said.registration == registered().digest
    assert said.burned == ((), ())
    assert (bundle / REGISTRATION).read_bytes() == registered().content


@pytest.mark.parametrize("nonce", ["", "5e" * 15, "5e" * 65, "5e" * 16 + "5", "zz" * 16, "5e" * 15 + " 5e"])
def test_a_nonce_is_16_to_64_bytes(tmk, tmp_path, nonce):
    with pytest.raises(InvalidInput, match="16 to 64 bytes"):
        new_claim(tmk, tmp_path / "bundle", owner_key(), suspect="s", nonce=nonce)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("suspect", ["", "x" * 501])
def test_a_suspect_has_a_name(tmk, tmp_path, suspect):
    with pytest.raises(InvalidInput, match="1 to 500 characters"):
        new_claim(tmk, tmp_path / "bundle", owner_key(), suspect=suspect, nonce=NONCE)


def test_only_the_owner_claims_and_opens(tmk, tmp_path, bundle):
    stranger = new_key()
    with pytest.raises(EvidenceError, match="give the owner's key"):
        new_claim(tmk, tmp_path / "other", stranger, suspect="s", nonce=NONCE)
    with pytest.raises(EvidenceError, match="give the owner's key"):
        opened(tmk, bundle, 4, key=stranger)
    assert not ledger_path(tmk).exists()


def test_a_bundle_that_exists_is_left_alone(tmk, bundle):
    before = contents(bundle)
    with pytest.raises(InvalidInput):
        new_claim(tmk, bundle, owner_key(), suspect="s", nonce=NONCE)
    assert contents(bundle) == before


@pytest.mark.parametrize(
    "burned", [((),), ((3, 1), ()), ((1, 1), ()), ((20,), ())], ids=["tiers", "order", "twice", "range"]
)
def test_burned_positions_are_those_of_the_tiers(burned):
    envelope = made_claim(registered(), owner_key(), suspect="s", nonce=NONCE, burned=burned)
    with pytest.raises(EvidenceError):
        read_claim(document_bytes(envelope), registered())


# The opening


def test_triggers_are_opened_in_the_order_of_the_nonce_and_can_be_made_anew(tmk, bundle):
    found = opened(tmk, bundle, 8)
    assert sum(found.given) == 8
    said = registered().said
    for tier, there in enumerate(positions(bundle)):
        assert there == list(order_of(said, nonce=NONCE, tier=tier)[: found.opened[tier]])
        assert set(there) <= set(said.tiers[tier].reserve)
    mark = two_tiers()
    for tier, triggers in enumerate(disclosed_in(bundle).triggers):
        for one in triggers:
            place = mark.public.stretches[tier].start + one.committed.position
            assert one.committed.label == mark.triggers.labels[place]
            np.testing.assert_array_equal(regenerated(one, said), mark.triggers.inputs(np.array([place])))


def test_an_opening_holds_neither_the_seed_nor_other_triggers(tmk, bundle):
    opened(tmk, bundle, 6)
    text = (bundle / opening_name(1)).read_bytes()
    payload = disclosed_in(bundle)
    known = {one.committed.words for tier in payload.triggers for one in tier}
    assert len(known) == 6
    import base64

    plain = base64.b64decode(json.loads(text)["payload"]).decode()
    assert two_tiers().seed.hex() not in plain
    from tellmark.evidence.commitments import committed_triggers

    for tier in committed_triggers(two_tiers(), DATA):
        for one in tier:
            assert (one.words in plain) == (one.words in known)
            assert (one.salt in plain) == (one.words in known)


def test_several_small_openings_open_what_one_large_one_opens(tmk, bundle, tmp_path):
    for _ in range(4):
        opened(tmk, bundle, 3)
    apart = positions(bundle)
    other = tmp_path / "other"
    (tmp_path / "second.tmk").write_bytes(registered().content)
    new_claim(tmp_path / "second.tmk", other, owner_key(), suspect="s", nonce=NONCE)
    opened(tmp_path / "second.tmk", other, 12)
    assert positions(other) == apart
    assert [part.name for part in sorted((bundle / "openings").iterdir())] == [f"000{n}.json" for n in range(1, 5)]


def test_what_one_claim_opened_serves_no_other(tmk, bundle, tmp_path):
    opened(tmk, bundle, 10)
    first = positions(bundle)
    appeal = tmp_path / "appeal"
    new_claim(tmk, appeal, owner_key(), suspect="s", nonce=OTHER_NONCE)
    opened(tmk, appeal, 10, nonce=OTHER_NONCE)
    assert [list(tier) for tier in disclosed_in(appeal).claim.said.burned] == [sorted(tier) for tier in first]
    for before, after in zip(first, positions(appeal), strict=True):
        assert not {*before} & {*after}


def test_a_claim_made_before_another_opened_is_refused(tmk, bundle, tmp_path):
    other = tmp_path / "other"
    new_claim(tmk, other, owner_key(), suspect="s", nonce=OTHER_NONCE)
    opened(tmk, other, 4, nonce=OTHER_NONCE)
    with pytest.raises(EvidenceError, match="make a new claim"):
        opened(tmk, bundle, 4)


def test_a_run_killed_after_the_ledger_burns_no_more_than_it_would_have_opened(tmk, bundle, monkeypatch):
    """It opens the same triggers when it is started again."""
    import tellmark.evidence.opening as module

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    monkeypatch.setattr(module, "_write", killed)
    with pytest.raises(Killed):
        opened(tmk, bundle, 5)
    burned = load_ledger(ledger_path(tmk), registered().said)
    monkeypatch.undo()
    assert read_openings(bundle) == []
    opened(tmk, bundle, 5)
    (entry,) = burned.entries
    assert positions(bundle) == [list(tier) for tier in entry.positions]
    assert load_ledger(ledger_path(tmk), registered().said) == burned


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"nonce": OTHER_NONCE}, InvalidInput, "one claim has one nonce"),
        ({"count": 0}, InvalidInput, "at least 1"),
        ({"count": 41}, InvalidInput, "are left to open"),
        ({"data": DATA.take(np.arange(50))}, Mismatch, "hold-out"),
    ],
    ids=["nonce", "none", "too many", "data"],
)
def test_what_cannot_be_opened_is_refused_and_burns_nothing(tmk, bundle, change, error, message):
    with pytest.raises(error, match=message):
        opened(tmk, bundle, **({"count": 4} | change))
    assert not ledger_path(tmk).exists()
    assert sorted(contents(bundle)) == [CLAIM, REGISTRATION]


def test_a_bundle_that_is_judged_opens_nothing_more(tmk, bundle):
    (bundle / "verdict.json").write_text("{}")
    with pytest.raises(InvalidInput, match="judged already"):
        opened(tmk, bundle, 4)


def test_a_lost_ledger_is_missed(tmk, bundle):
    opened(tmk, bundle, 4)
    ledger_path(tmk).unlink()
    with pytest.raises(EvidenceError, match="bring back the one"):
        opened(tmk, bundle, 4)


# Changed files


@pytest.mark.parametrize("name", [CLAIM, opening_name(1), opening_name(2)])
def test_every_changed_byte_is_found(tmk, bundle, name):
    opened(tmk, bundle, 3)
    opened(tmk, bundle, 3)
    raw = (bundle / name).read_bytes()
    random = np.random.default_rng(5)
    places = {*random.integers(0, len(raw), 120).tolist(), 0, len(raw) - 1}
    for place in places:
        for change in (1, 0x20, 0x80):
            (bundle / name).write_bytes(raw[:place] + bytes([raw[place] ^ change]) + raw[place + 1 :])
            with pytest.raises(EvidenceError):
                disclosed_in(bundle)
    for cut in (raw[:-1], raw + b"\n", b""):
        (bundle / name).write_bytes(cut)
        with pytest.raises(EvidenceError):
            disclosed_in(bundle)


def test_openings_removed_moved_or_from_another_claim_are_found(tmk, bundle, tmp_path):
    opened(tmk, bundle, 3)
    opened(tmk, bundle, 3)
    first, second = (bundle / opening_name(number) for number in (1, 2))
    raw = first.read_bytes(), second.read_bytes()
    first.write_bytes(raw[1])
    second.write_bytes(raw[0])
    with pytest.raises(EvidenceError):
        disclosed_in(bundle)
    first.unlink()
    with pytest.raises(EvidenceError, match="numbered from"):
        disclosed_in(bundle)
    second.rename(first)
    first.write_bytes(raw[1])
    with pytest.raises(EvidenceError, match="does not follow"):
        disclosed_in(bundle)
    foreign = tmp_path / "foreign"
    (tmp_path / "second.tmk").write_bytes(registered().content)
    new_claim(tmp_path / "second.tmk", foreign, owner_key(), suspect="another", nonce=NONCE)
    first.write_bytes(raw[0])
    (foreign / "openings").mkdir()
    (foreign / opening_name(1)).write_bytes(raw[0])
    with pytest.raises(EvidenceError, match="another claim"):
        disclosed_in(foreign)


# The ledger


def test_every_changed_byte_of_a_ledger_is_found(tmk, bundle):
    opened(tmk, bundle, 3)
    opened(tmk, bundle, 2)
    raw, said = ledger_path(tmk).read_bytes(), registered().said
    assert len(read_ledger(raw, said, where="ledger").entries) == 2
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(EvidenceError):
            read_ledger(changed, said, where="ledger")
    for cut in (raw[:-1], raw[:-20], b"", b"\n", b"{}\n"):
        with pytest.raises(EvidenceError):
            read_ledger(cut, said, where="ledger")


def test_a_ledger_opens_nothing_twice(tmk, bundle):
    opened(tmk, bundle, 3)
    ledger = load_ledger(ledger_path(tmk), registered().said)
    entry = ledger.entries[0]
    with pytest.raises(EvidenceError, match="twice"):
        ledger.plus(entry)
    beyond = Entry(created=entry.created, claim=entry.claim, positions=((20,), ()))
    with pytest.raises(EvidenceError, match="does not have"):
        Ledger(registered().said).plus(beyond)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.lists(st.dictionaries(st.sampled_from(["claim", "created", "format", "positions", "registration"]), JSON)))
def test_whatever_a_ledger_says_though_it_is_chained_is_read_or_refused(contents):
    said, place, raw = registered().said, Place(), b""
    for content in [{"format": "tellmark.opened/1", "registration": digest_bytes(document_bytes(said))}, *contents]:
        try:
            line, place = chained(content, place)
        except (ValueError, TypeError):  # what JSON cannot hold
            return
        raw += line + b"\n"
    try:
        read = read_ledger(raw, said, where="ledger")
    except EvidenceError:
        return
    assert len(read.entries) == len(contents)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_as_a_claim_an_opening_or_a_ledger(raw):
    claim = read_claim(document_bytes(made_claim_()), registered())
    for read in (
        lambda: read_claim(raw, registered()),
        lambda: disclosed(registered().said, claim, [raw]),
        lambda: read_ledger(raw, registered().said, where="ledger"),
    ):
        with pytest.raises(EvidenceError):
            read()


@cache
def made_claim_():
    return made_claim(registered(), owner_key(), suspect="s", nonce=NONCE, burned=((), ()))


def test_the_ledger_of_another_registration_is_refused(tmk, bundle):
    opened(tmk, bundle, 3)
    other = registered().said.model_copy(update={"tellmark": "another"})
    with pytest.raises(EvidenceError, match="of another registration"):
        load_ledger(ledger_path(tmk), other)


# The division over tiers


@given(st.data())
def test_openings_in_pieces_open_what_one_of_that_size_opens(data):
    takes = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
    left = [data.draw(st.integers(0, 30)) for _ in takes]
    pieces = data.draw(st.lists(st.integers(1, 12), max_size=6))
    done = [0] * len(takes)
    for piece in pieces:
        there = [room - before for room, before in zip(left, done, strict=True)]
        given = divided(piece, takes, opened=done, left=there)
        assert sum(given) == min(piece, sum(room for room, take in zip(there, takes, strict=True) if take))
        assert not any(more for more, take in zip(given, takes, strict=True) if not take)
        done = [before + more for before, more in zip(done, given, strict=True)]
    assert done == list(divided(sum(pieces), takes, opened=[0] * len(takes), left=left))


def test_tiers_are_filled_in_the_order_of_asking_each_with_what_a_decision_takes():
    assert divided(5, (10, 0, 120), opened=(0, 0, 0), left=(100, 100, 300)) == (5, 0, 0)
    assert divided(60, (10, 0, 120), opened=(0, 0, 0), left=(100, 100, 300)) == (10, 0, 50)
    assert divided(20, (10, 0, 120), opened=(10, 0, 120), left=(90, 100, 180)) == (10, 0, 10)
    assert divided(300, (10, 20), opened=(0, 0), left=(15, 30)) == (15, 30)


def test_what_a_decision_takes_supports_a_claim_against_thieves_of_every_tier():
    from tellmark.evidence.dividing import tier_test

    said = registered().said
    for committed, takes in zip(said.tiers, (tier.turn for tier in said.tiers), strict=True):
        test = tier_test(committed)
        assert 0 < takes <= committed.triggers
        assert test.null is not None
        matches = takes * (test.claim or 0) // test.triggers
        level = said.rule.alpha / len(said.tiers)
        reached = float(test.null.log_wealth(np.array([matches]), np.array([takes]))[0]) >= -np.log(level)
        assert reached or takes == committed.triggers
