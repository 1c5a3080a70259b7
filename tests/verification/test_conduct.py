"""What goes with a verification is said with its result, and never decides for it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tellmark.data.dataset import Dataset
from tellmark.digests import digest_input
from tellmark.errors import InvalidInput, Mismatch, SuspectUnreachable
from tellmark.models.base import Answers
from tellmark.models.loading import load_model
from tellmark.models.wrappers.contents import read_transcript
from tellmark.spaces import ImageSpace
from tellmark.verification.conduct import Choice, Conduct
from tellmark.verification.conducted import verify_with
from tellmark.verification.result import Verification
from tellmark.verification.session import verify


def natural(count=20) -> Dataset:
    """Images that are no triggers of a small mark."""
    pixels = (1_000_000 + np.arange(count, dtype="<u4")).view(np.uint8).reshape(-1, 1, 4, 1)
    return Dataset(pixels, None, (), ImageSpace(height=1, width=4, channels=1), "natural")


class Served:
    """Answers triggers as `rote` does; natural images 0, and from question number `change` on 1."""

    def __init__(self, rote, change=1 << 30) -> None:
        self._rote, self._change = rote, change
        self.info = rote.info
        self.asked = 0

    def query(self, batch):
        labels = []
        for one in batch:
            number = int(np.ascontiguousarray(one).reshape(-1).view("<u4")[0])
            known = number < 1_000_000
            labels.append(self._rote.query(one[None]).labels[0] if known else int(self.asked >= self._change))
            self.asked += 1
        return Answers(np.array(labels))


@pytest.fixture
def mark(make_mark):
    return make_mark(60)


def test_nothing_that_goes_with_it_touches_the_test(mark, rote, tmp_path):
    choice = Choice(null_rate=0.5, order_seed=3)
    plain = verify(mark, rote(mark, 50), null_rate=0.5, order_seed=3)
    conduct = Conduct(tmp_path / "run.jsonl", 0.5, None, decoys=0.5, repeats=3, controls=4, natural=natural())
    suspect = Served(rote(mark, 50))
    found = verify_with(mark, suspect, choice, conduct)
    assert found.model_copy(update={"conduct": None, "reasons": plain.reasons}) == plain
    assert found.reasons[: len(plain.reasons)] == plain.reasons
    record = found.conduct
    assert record.sent == suspect.asked == found.queries + record.decoys + record.repeats.asked + 12
    assert record.cost == record.sent / 2
    assert (record.repeats.changed, record.drift.changed, record.drift.p_value) == (0, 0, 1.0)
    assert Verification.model_validate_json(json.dumps(found.to_json())) == found
    lines = (tmp_path / "run.jsonl").read_bytes().splitlines()
    assert (record.transcript.lines, record.transcript.digest) == (len(lines), json.loads(lines[-1])["digest"])
    text = " ".join(found.reasons)
    assert f"{record.sent} queries went to the suspect, which cost {record.cost:g}" in text
    assert record.transcript.digest in text


def test_a_budget_is_for_queries_of_all_kinds(mark, rote):
    for method in ("sequential", "fixed"):
        suspect = Served(rote(mark, 30))
        conduct = Conduct(decoys=0.5, repeats=3, controls=3, natural=natural())
        found = verify_with(mark, suspect, Choice(method, null_rate=0.5, max_queries=40), conduct)
        assert found.queries <= 15
        assert suspect.asked <= 40
    paid = verify_with(mark, rote(mark, 30), Choice(null_rate=0.5), Conduct(cost_per_query=2, max_cost=9))
    assert (paid.queries, paid.verdict, paid.conduct.cost) == (4, "inconclusive", 8)


def test_a_suspect_that_changes_is_decided_nothing_about(mark, rote):
    suspect = Served(rote(mark, 60), change=20)
    conduct = Conduct(controls=8, natural=natural())
    found = verify_with(mark, suspect, Choice(null_rate=0.5), conduct)
    assert verify(mark, rote(mark, 60), null_rate=0.5).verdict == "supports"
    assert (found.verdict, found.conduct.drift.changed) == ("inconclusive", 8)
    assert "It changed during the run" in " ".join(found.reasons)


def test_a_transcript_replays_to_the_same_result_without_a_query(mark, rote, tmp_path):
    path = tmp_path / "run.jsonl"
    found = verify_with(mark, rote(mark, 45), Choice(null_rate=0.5), Conduct(path))
    assert not found.order_given
    replayed = verify(mark, load_model(f"recorded:{path}"), null_rate=0.5, order_seed=found.order_seed)
    assert (replayed.verdict, replayed.tiers) == (found.verdict, found.tiers)
    again = rote(mark, 45)
    assert verify_with(mark, again, Choice(null_rate=0.5), Conduct(path)).tiers == found.tiers
    assert again.asked == []


def test_a_larger_budget_goes_on_where_the_smaller_one_ended(mark, rote, tmp_path):
    first, second, path = rote(mark, 40), rote(mark, 40), tmp_path / "run.jsonl"
    verify_with(mark, first, Choice(null_rate=0.5, max_queries=4), Conduct(path))
    found = verify_with(mark, second, Choice(null_rate=0.5, max_queries=9), Conduct(path))
    assert (len(first.asked), len(second.asked), found.queries) == (4, 5, 9)
    assert not set(first.asked) & set(second.asked)


def test_another_mark_setting_or_order_is_refused_before_a_query(mark, make_mark, rote, tmp_path):
    path, suspect = tmp_path / "run.jsonl", rote(mark, 60)
    verify_with(mark, rote(mark, 60), Choice(null_rate=0.5), Conduct(path))
    for choice, conduct, what in (
        (Choice(null_rate=0.6), Conduct(path), "setting null_rate"),
        (Choice(null_rate=0.5, order_seed=1), Conduct(path), "in another order"),
        (Choice(null_rate=0.5), Conduct(path, repeats=2), "setting repeats"),
    ):
        with pytest.raises(Mismatch, match=what):
            verify_with(mark, suspect, choice, conduct)
    with pytest.raises(Mismatch, match="another mark"):
        verify_with(make_mark(59), suspect, Choice(null_rate=0.5), Conduct(path))
    assert suspect.asked == []


@pytest.mark.parametrize(
    "settings",
    [
        {"decoys": 1.0},
        {"decoys": -0.1},
        {"decoys": 0.5},
        {"controls": 3},
        {"repeats": -1},
        {"controls": 1, "natural": natural()},
        {"controls": 2, "natural": natural()},
    ],
)
def test_settings_that_mean_nothing_are_refused(settings):
    with pytest.raises(InvalidInput):
        Conduct(**settings)


def test_too_few_controls_are_refused_with_the_smallest_number_that_can_show_something():
    with pytest.raises(InvalidInput, match="2 controls cannot show a change.* at least 3"):
        Conduct(controls=2, natural=natural())
    assert Conduct(controls=3, natural=natural()).natural_needed == 3


def test_three_controls_that_all_change_are_enough(mark, rote):
    suspect = Served(rote(mark, 60), change=10)
    found = verify_with(mark, suspect, Choice(null_rate=0.5), Conduct(controls=3, natural=natural()))
    assert (found.verdict, found.conduct.drift.changed) == ("inconclusive", 3)


class Leaving(Served):
    """Hangs up at the first natural input after so many questions."""

    def query(self, batch):
        number = int(np.ascontiguousarray(batch[0]).reshape(-1).view("<u4")[0])
        if self.asked >= self._change and number >= 1_000_000:
            raise SuspectUnreachable("the suspect hung up.")
        return super().query(batch)


def test_controls_that_have_no_answer_at_the_end_are_said(mark, rote, tmp_path):
    path, conduct = tmp_path / "run.jsonl", Conduct(tmp_path / "run.jsonl", controls=3, natural=natural())
    found = verify_with(mark, Leaving(rote(mark, 60), change=6), Choice(null_rate=0.5), conduct)
    assert (found.verdict, found.conduct.drift) == ("supports", None)
    assert found.conduct.drift_unknown == "the suspect hung up"
    assert "not answered once more at the end (the suspect hung up): whether the suspect changed" in str(found)
    assert not read_transcript(path).ended
    again = verify_with(mark, Leaving(rote(mark, 60)), Choice(null_rate=0.5), conduct)
    assert (again.conduct.drift.changed, again.conduct.drift_unknown) == (0, None)
    assert read_transcript(path).ended


def test_controls_of_a_suspect_that_failed_before_are_said(mark, rote):
    class Failing(Served):
        def query(self, batch):
            if self.asked >= 8:
                raise SuspectUnreachable("no")
            return super().query(batch)

    conduct = Conduct(controls=3, natural=natural())
    found = verify_with(mark, Failing(rote(mark, 60)), Choice(null_rate=0.5), conduct)
    assert (found.queries, found.conduct.drift_unknown) == (2, "the suspect had failed before")
    assert "whether the suspect changed during the run is not known" in str(found)


def with_triggers(mark, count=20) -> Dataset:
    """Natural images among which every trigger of the mark is, and each image twice."""
    own = natural(count)
    pixels = np.concatenate([mark.triggers.inputs(np.arange(len(mark.triggers))), own.inputs, own.inputs])
    return Dataset(pixels, None, (), own.space, "mixed.npz")


class Listening(Served):
    def __init__(self, rote) -> None:
        super().__init__(rote)
        self.heard = []

    def query(self, batch):
        self.heard.extend(digest_input(one) for one in batch)
        return super().query(batch)


def test_no_trigger_is_a_decoy_or_a_control(mark, rote):
    suspect = Listening(rote(mark, 60))
    conduct = Conduct(decoys=0.8, controls=5, natural=with_triggers(mark))
    found = verify_with(mark, suspect, Choice("fixed", null_rate=0.5), conduct)
    heard = Counter(suspect.heard)
    triggers = {digest_input(one) for one in mark.triggers.inputs(np.arange(60))}
    assert [heard[one] for one in triggers] == [1] * 60
    assert found.conduct.decoys > 60
    controls = [one for one in heard if suspect.heard[:5].count(one)]
    assert [heard[one] for one in controls] == [3] * 5  # no decoy is one of them either


@pytest.mark.parametrize("method", ["sequential", "fixed"])
def test_no_trigger_of_the_reserve_is_a_decoy_a_control_or_repeated(mark, rote, method):
    suspect = Listening(rote(mark, 60))
    conduct = Conduct(decoys=0.8, repeats=9, controls=5, natural=with_triggers(mark))
    found = verify_with(mark, suspect, Choice(method, null_rate=0.5, reserve=(tuple(range(0, 60, 2)),)), conduct)
    assert found.conduct.decoys > 20
    reserve = {digest_input(one) for one in mark.triggers.inputs(np.arange(0, 60, 2))}
    assert not reserve & set(suspect.heard)


def test_of_the_hold_out_data_no_parent_of_a_trigger_is_asked(mark, rote):
    data = natural(130)
    holdout = mark.public.holdout.model_copy(update={"digest": data.digest, "items": 130})
    owner = replace(mark, public=mark.public.model_copy(update={"holdout": holdout}))
    suspect = Listening(rote(owner, 60))
    verify_with(owner, suspect, Choice("fixed", null_rate=0.5), Conduct(decoys=0.5, controls=3, natural=data))
    parents = {digest_input(data.inputs[item]) for item in np.unique(mark.triggers.items)}
    assert len(parents) == 120
    assert not parents & set(suspect.heard)
    with pytest.raises(InvalidInput, match=r"natural has 130 inputs, of which 10 differ.* need 11"):
        verify_with(owner, suspect, Choice(null_rate=0.5), Conduct(controls=11, natural=data))


def test_too_few_natural_inputs_are_refused_before_a_query_or_a_file(mark, rote, tmp_path):
    suspect, path = Listening(rote(mark, 60)), tmp_path / "run.jsonl"
    conduct = Conduct(path, decoys=0.5, controls=20, natural=with_triggers(mark))
    with pytest.raises(InvalidInput, match=r"mixed.npz has 100 inputs, of which 20 differ.* need 21"):
        verify_with(mark, suspect, Choice(null_rate=0.5), conduct)
    assert suspect.heard == []
    assert not path.exists()


def test_a_budget_that_leaves_no_trigger_is_refused(mark, rote):
    conduct = Conduct(controls=3, natural=natural())
    with pytest.raises(InvalidInput, match="leaves none for triggers"):
        verify_with(mark, rote(mark, 3), Choice(null_rate=0.5, max_queries=9), conduct)
