"""The state of a run survives in its file, belongs to its run only, and is readable by its owner only."""

import stat

import numpy as np
import pytest

from tellmark.errors import Mismatch
from tellmark.proxies.screen import Admission
from tellmark.randomness import seed_from_int
from tellmark.triggers.document import IndependenceRecord
from tellmark.triggers.journal import Accepted, Group, Journal, RunState, State, Tally
from tellmark.triggers.survival import Survival

PURPOSE = "sha256:" + "1" * 64
SEED = seed_from_int(12345)


def full_tier():
    return State(
        tally=Tally(100, 90, 80, 70),
        dry=Tally(1, 2, 3, 4),
        accepted=Accepted(
            np.array([3, 9]), np.array([[0, 1], [4, 5]]), np.array([2, 0]), np.array([2**63, 7], np.uint64)
        ),
        group=Group(
            np.array([101, 104]), np.array([1, 1]), np.array([0.5, 2.0], np.float32), np.array([0.1], np.float32), 17
        ),
        survival=Survival(np.array([0.25, 3.0], np.float32), np.array([False, True])),
        responses={
            "selection/reference/sha256:00": np.array([True, False]),
            "fresh/distilled/a student.with a dot": np.array([False, False]),
        },
    )


def full_state():
    return RunState(
        seed=SEED,
        magnitude=0.0123,
        admission=Admission(5, (0, 2, 3), (0.9, 0.91, 0.92), (0.1, 0.2)),
        independence=IndependenceRecord(
            candidates=400, copies=0.9, agreements=(1 / 3, 0.5), alike=0, unclear=0, accepted=False
        ),
        tiers={"copy": full_tier(), "distilled": State()},
    )


def assert_same(a, b):
    assert (a.seed, a.magnitude, a.admission) == (b.seed, b.magnitude, b.admission)
    assert a.independence == b.independence
    assert list(a.tiers) == list(b.tiers)
    for name in a.tiers:
        assert_same_tier(a.tiers[name], b.tiers[name])


def assert_same_tier(a, b):
    assert (a.tally, a.dry) == (b.tally, b.dry)
    for name in ("indices", "items", "labels", "names"):
        assert (getattr(a.accepted, name) == getattr(b.accepted, name)).all()
    assert (a.group is None) == (b.group is None)
    if a.group is not None:
        assert a.group.proxies_done == b.group.proxies_done
        assert a.group.indices.tolist() == b.group.indices.tolist()
        assert a.group.labels.tolist() == b.group.labels.tolist()
    assert list(a.responses) == list(b.responses)
    for name, matched in a.responses.items():
        assert matched.dtype == bool
        assert matched.tolist() == b.responses[name].tolist()


@pytest.mark.parametrize("state", [RunState(SEED), full_state()], ids=["fresh", "full"])
def test_a_state_comes_back_as_it_was(tmp_path, state):
    Journal(tmp_path / "s", PURPOSE).save(state)
    loaded = Journal(tmp_path / "s", PURPOSE).load(None)
    assert_same(loaded, state)


def test_a_tier_is_put_in_its_place_and_no_other_is_touched():
    run = full_state()
    moved = run.with_tier("distilled", State(tally=Tally(drawn=7)))
    assert moved.tiers["distilled"].tally.drawn == 7
    assert moved.tiers["copy"] is run.tiers["copy"]
    assert run.tiers["distilled"].tally.drawn == 0
    assert list(run.with_tier("paper", State()).tiers) == ["copy", "distilled", "paper"]


def test_triggers_of_two_tiers_are_joined_and_picked_in_order():
    accepted = full_tier().accepted
    both = accepted.plus(accepted.take(np.array([1])))
    assert both.indices.tolist() == [3, 9, 9]
    assert both.items.tolist() == [[0, 1], [4, 5], [4, 5]]
    assert both.names.dtype == np.uint64
    assert both.names.tolist() == [2**63, 7, 7]


def test_no_file_means_a_new_run(tmp_path):
    assert Journal(tmp_path / "s", PURPOSE).load(None) is None
    journal = Journal(None, PURPOSE)
    journal.save(full_state())
    assert journal.load(None) is None


def test_the_file_is_for_its_owner_only(tmp_path):
    Journal(tmp_path / "s", PURPOSE).save(full_state())
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


def test_saves_are_a_second_apart_and_flush_keeps_the_rest(tmp_path):
    now = [0.0]
    journal = Journal(tmp_path / "s", PURPOSE, clock=lambda: now[0])
    first, second = RunState(SEED), full_state()
    journal.save_if_due(first)
    now[0] = 0.5
    journal.save_if_due(second)
    assert_same(Journal(tmp_path / "s", PURPOSE).load(None), first)
    journal.flush()
    assert_same(Journal(tmp_path / "s", PURPOSE).load(None), second)


@pytest.mark.parametrize(("purpose", "seed"), [("sha256:" + "2" * 64, None), (PURPOSE, seed_from_int(1))])
def test_a_state_of_another_run_is_refused(tmp_path, purpose, seed):
    Journal(tmp_path / "s", PURPOSE).save(full_state())
    with pytest.raises(Mismatch, match="interrupted run with other settings") as caught:
        Journal(tmp_path / "s", purpose).load(seed)
    assert SEED.hex() not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a state", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_damaged_state_is_refused(tmp_path, content):
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(Mismatch, match="not a readable state file"):
        Journal(tmp_path / "s", PURPOSE).load(None)


def test_a_truncated_state_is_refused(tmp_path):
    Journal(tmp_path / "s", PURPOSE).save(full_state())
    whole = (tmp_path / "s").read_bytes()
    for length in range(0, len(whole), 37):
        (tmp_path / "s").write_bytes(whole[:length])
        with pytest.raises(Mismatch, match="not a readable state file"):
            Journal(tmp_path / "s", PURPOSE).load(None)


def test_the_seed_does_not_show(tmp_path):
    assert SEED.hex() not in repr(full_state())
    assert repr(SEED) not in repr(full_state())
