"""A story told with small settings: who appears, that it repeats itself, that all of it is JSON."""

import importlib.util
import json

import pytest

from tellmark.demo import cast
from tellmark.demo import story as telling
from tellmark.demo.network import SmallConvNet
from tellmark.demo.settings import DemoSettings
from tellmark.demo.story import tell
from tellmark.errors import InvalidInput, MissingExtra
from tellmark.theft.distillation import Distil
from tellmark.theft.fine_tuning import FineTune
from tellmark.theft.pruning import MagnitudePrune
from tellmark.theft.quantisation import QuantiseWeights
from tellmark.theft.training import Training

BRIEF = Training(epochs=4)
TINY = SmallConvNet(width=4)
SMALL = DemoSettings(
    network=TINY,
    training=BRIEF,
    thefts={
        "fine-tuned copy": FineTune(Training(epochs=1, learning_rate=1e-3)),
        "pruned copy": MagnitudePrune(share=0.5),
        "int8 copy": QuantiseWeights(bits=8),
        "distilled copy": Distil(TINY, training=BRIEF),
    },
    twins=2,
    triggers=20,
    proxies=4,
)


@pytest.fixture(scope="module")
def told():
    stages = []
    story = tell(seed=5, settings=SMALL, progress=lambda *step: stages.append(step))
    return story, stages


def test_everyone_appears_in_order(told):
    story, _ = told
    assert [(row.name, row.kind) for row in story.rows] == [
        ("source", "source"),
        ("fine-tuned copy", "thief"),
        ("pruned copy", "thief"),
        ("int8 copy", "thief"),
        ("distilled copy", "thief"),
        ("twin 1", "twin"),
        ("twin 2", "twin"),
    ]
    assert story.rows[3].made_by == "QuantiseWeights(bits=8)"


def test_source_matches_all_and_learned_something(told):
    source = told[0].rows[0]
    assert source.verification.matches == source.verification.queries == 20
    assert source.accuracy > 0.8


def test_no_limit_no_verdict(told):
    assert {row.verification.verdict for row in told[0].rows} == {"inconclusive"}


def test_gap_and_distinguishable_follow_from_the_matches(told):
    rows = told[0].rows
    highest = max(row.verification.matches for row in rows if row.kind == "twin")
    for row in rows:
        if row.kind == "thief":
            assert row.gap == row.verification.matches - highest
            assert row.distinguishable is (row.verification.matches > highest)
        else:
            assert row.gap is row.distinguishable is None


def test_twins_differ_from_source_and_each_other(told):
    story, _ = told
    assert len({(row.accuracy, row.verification.matches) for row in story.rows if row.kind != "thief"}) == 3


def test_remarks_speak_of_every_thief(told):
    story, _ = told
    text = " ".join(story.remarks)
    for row in story.rows:
        if row.kind == "thief":
            assert f"The {row.name} matched {row.verification.matches} of 20 triggers" in text
    assert f"{story.constant_matches} of 20 triggers bear one and the same label" in text


def test_json_holds_all_of_it_and_no_secret(told):
    story, _ = told
    document = json.loads(json.dumps(story.to_json(), allow_nan=False))
    assert document["schema"] == "tellmark.demo/1"
    assert document["mark"]["recipe"]["triggers"] == 20
    assert [row["verification"]["matches"] for row in document["rows"]] == [r.verification.matches for r in story.rows]
    assert document["remarks"] == list(story.remarks)
    assert "labels" not in document["mark"]
    assert "created" not in document["mark"]


def test_same_seed_same_story(told):
    story, _ = told
    again = tell(seed=5, settings=SMALL)
    assert again == story
    assert again.to_json() == story.to_json()


def test_progress_names_the_stages_and_ends_each(told):
    _, steps = told
    last = {stage: (done, total) for stage, done, total in steps}
    order = list(last)
    own = [cast.SOURCE, cast.THIEVES, cast.TWINS, telling.VERIFYING]
    assert [stage for stage in order if stage in own] == own
    assert order.index(cast.SOURCE) < order.index("triggers") < order.index(cast.THIEVES)
    assert [last[stage] for stage in own] == [(4, 4), (4, 4), (8, 8), (7, 7)]


def test_story_without_twins_is_refused():
    with pytest.raises(InvalidInput, match="at least 1 twin"):
        DemoSettings(twins=0)


def test_without_pytorch_the_extra_is_named(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(telling, "find_spec", lambda name: None if name == "torch" else found(name))
    with pytest.raises(MissingExtra, match=r"tellmark\[demo\]"):
        tell()
