"""Every model is measured; who failed to learn is left out by the rule; nobody is examined who prepared a detector."""

from __future__ import annotations

import resource
import signal
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tellmark.errors import InvalidInput, ModelError
from tellmark.locking import sole_run
from tellmark.theft.lab import grounds
from tellmark.theft.lab.configuration import Protocol
from tellmark.theft.lab.detectors.tellmark_mark import TellmarkMark
from tellmark.theft.lab.dossier import Dossier
from tellmark.theft.lab.making import Maker
from tellmark.theft.lab.plan import OWNERS
from tellmark.theft.lab.results import Results
from tellmark.theft.lab.skill import Skill, failed_to_learn, not_made
from tellmark.theft.lab.subjects import subjects_of
from tellmark.theft.lab.summary import summarise
from tellmark.theft.lab.worker import Worker
from tellmark.theft.lab.workplace import Workplace

UNTAUGHT = {"training": {"learning_rate": 1e-7, "epochs": 1}}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Networks that the tests of this file share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def workplace(lab, cache, tmp_path):
    """The little lab with some changes, and the worker who is at it."""

    def begin(**changes):
        Results(tmp_path / "results").begin(lab(training={"epochs": 10, "batch_size": 16}, **changes))
        place = Workplace.of(tmp_path / "results", cache)
        return place, Worker(place, lambda: None)

    return begin


def made_and_measured(place, worker, *, but=()):
    """Make and measure everybody but those whose name begins so; every errand goes well."""
    chosen = [job for job in place.plan.jobs() if not job.name.startswith(tuple(but) or "\n")]
    for job in chosen:
        assert "done" in worker.do({"make": job.address}), job.name
    for subject in subjects_of(place.plan):
        if place.zoo.has(subject.job.address):
            assert "done" in worker.do({"measure": subject.address}), subject.name


def thief(place, number=0):
    return place.plan.lineages[OWNERS].thieves[number]


def test_a_copy_agrees_with_the_source_and_costs_nothing(workplace):
    place, worker = workplace(thefts=[{"kind": "bf16"}, {"kind": "distill-soft"}])
    made_and_measured(place, worker)
    source = place.results.measured(place.plan.lineages[OWNERS].source.address)
    copy, student = (place.results.measured(thief(place, number).address) for number in (0, 1))
    assert (source.agreement, source.role) == (1.0, "source")
    assert copy.agreement > 0.97
    assert abs(copy.accuracy - source.accuracy) < 0.03
    assert (student.asked, copy.asked) == (160, None)


def test_a_thief_that_failed_to_learn_is_named_and_counts_nowhere(workplace):
    place, worker = workplace(
        thefts=[{"kind": "int8"}, {"kind": "distill-soft", "settings": UNTAUGHT}], protocol={"least_skill": 0.3}
    )
    made_and_measured(place, worker)
    worker.do({"examine": "source-errors"})
    result = summarise(place, command="", failures={})
    assert [one["name"] for one in result.settings["failed_to_learn"]] == ["thief distill-soft 1"]
    assert list(result.kinds) == ["int8"]
    assert place.results.finding("source-errors", thief(place, 1).address) is None
    assert [one.name for one in failed_to_learn(place, Skill.of(place))] == ["thief distill-soft 1"]
    assert "0.3 of what the source exceeds it by" in result.settings["rule_of_exclusion"]


def test_who_could_not_be_made_is_named_and_the_others_are_examined(workplace):
    place, worker = workplace(thefts=[{"kind": "int8"}, {"kind": "distill-soft", "settings": {"temperature": 9.0}}])
    made_and_measured(place, worker, but=["thief distill-soft"])
    assert "done" in worker.do({"examine": "source-errors"})
    result = summarise(place, command="", failures={"thief distill-soft 1": "its worker died 2 times"})
    assert [one.name for one in not_made(place)] == ["thief distill-soft 1"]
    assert result.settings["not_made"] == {"thief distill-soft 1": "its worker died 2 times"}
    assert list(result.kinds) == ["int8"]


def test_a_model_that_prepared_a_detector_is_not_examined(workplace):
    """Rounding is the same whoever does it: the two jobs differ, their weights do not."""
    place, worker = workplace(thefts=[{"kind": "int8"}], shadows=[{"kind": "int8", "family": "quantised"}])
    made_and_measured(place, worker)
    assert (
        "thief int8 1 has the very weights of shadow quantised int8 1"
        in worker.do({"examine": "source-errors"})["failed"]
    )


def test_what_was_found_with_another_panel_is_found_anew(workplace):
    """A reference that could not be made at first, and then can, calibrates every detector differently."""
    place, worker = workplace(seed=14, thefts=[{"kind": "int8"}])
    late = place.plan.references[0]
    made_and_measured(place, worker, but=[late.name])
    assert "done" in worker.do({"examine": "source-errors"})
    assert Dossier.of(place, "source-errors", Skill.of(place)).complete
    assert "done" in worker.do({"make": late.address})
    assert "done" in worker.do({"measure": late.address})
    dossier = Dossier.of(place, "source-errors", Skill.of(place))
    assert (dossier.findings(), dossier.terms) == ([], None)
    steps = []
    assert "done" in Worker(place, lambda: steps.append(1)).do({"examine": "source-errors"})
    assert len(dossier.findings()) == len(steps) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda place: {"lab": place.lab.model_copy(update={"protocol": Protocol(queries=20, alpha=0.02)})},
        lambda place: {
            "plan": replace(place.plan, detectors={"source-errors": replace(TellmarkMark(), triggers=3)}),
        },
        lambda place: {"data": replace(place.data, holdout=place.data.holdout.take(range(200)))},
        lambda place: {"data": replace(place.data, test=place.data.test.take(range(50)))},
    ],
    ids=["protocol", "detector", "hold-out", "test"],
)
def test_what_was_found_on_other_grounds_is_as_good_as_unknown(workplace, change):
    place, worker = workplace(thefts=[{"kind": "int8"}])
    made_and_measured(place, worker)
    worker.do({"examine": "source-errors"})
    skill = Skill.of(place)
    assert Dossier.of(place, "source-errors", skill).complete
    changed = replace(place, **change(place))
    assert not Dossier.of(changed, "source-errors", skill).findings()


def test_a_change_of_the_procedure_outdates_everything(workplace, monkeypatch):
    place, worker = workplace(thefts=[{"kind": "int8"}])
    made_and_measured(place, worker)
    assert place.measured(thief(place).address)
    monkeypatch.setattr(grounds, "PROCEDURE", grounds.PROCEDURE + 1)
    assert place.measured(thief(place).address) is None


def test_the_terms_of_every_detector_are_in_the_summary(workplace):
    place, worker = workplace(
        thefts=[{"kind": "int8"}, {"kind": "distill-soft"}],
        shadows=[{"kind": "distill-soft", "family": "distilled-soft", "count": 2}],
        detectors={"names": ["source-errors", "tellmark"]},
        protocol={"queries": 20, "least_skill": 0.05},
    )
    made_and_measured(place, worker)
    for name in place.plan.detectors:
        assert "done" in worker.do({"examine": name})
    result = summarise(place, command="", failures={})
    errors, ours = (result.detectors[name] for name in ("source-errors", "tellmark"))
    assert [tier.name for tier in ours.terms.tiers] == ["copy", "distilled"]
    assert (ours.terms.shadows, errors.terms.shadows) == ({"distilled-soft": 2}, {})
    assert (ours.kinds["distill-soft"].known, ours.kinds["int8"].known) == (True, False)
    assert not errors.kinds["distill-soft"].known
    for found in (errors, ours):
        assert (found.terms.alpha, found.terms.beta) == (0.01, 0.05)
        for tier in found.terms.tiers:
            assert (tier.content, tier.confidence, tier.references) == (0.95, 0.95, 2)
            assert 0 < tier.null_limit <= 1
    assert "averaged over the tiers" in result.settings["rule_of_verdicts"]
    assert list(errors.innocents.kinds) == ["same", "other-architecture"]


def test_a_source_that_learnt_nothing_ends_the_lab(workplace):
    place, worker = workplace(thefts=[{"kind": "int8"}])
    with pytest.raises(ModelError, match="the source was not measured"):
        Skill.of(place)
    made_and_measured(place, worker)
    address = place.plan.lineages[OWNERS].source.address
    place.results.keep_measured(address, place.results.measured(address).model_copy(update={"accuracy": 0.1}))
    with pytest.raises(ModelError, match="the source failed to learn: its accuracy is 0.100, and chance is 0.100"):
        Skill.of(place)


@pytest.mark.parametrize("relabelling", ["shuffled", "own"])
def test_a_thief_with_labels_of_its_own_is_read_in_those_of_the_source(workplace, relabelling):
    settings = {"relabelling": relabelling, "training": {"epochs": 10, "learning_rate": 0.01, "batch_size": 16}}
    place, worker = workplace(thefts=[{"kind": "new-labels", "settings": settings}])
    made_and_measured(place, worker)
    assert place.results.measured(thief(place).address).accuracy > 0.4


def test_a_network_that_another_run_is_making_is_left_to_it(workplace):
    place, worker = workplace(seed=11)
    source = place.plan.lineages[OWNERS].source
    with sole_run(place.zoo.lock(source.address)):
        assert worker.do({"make": source.address}) == {"busy": True}
    assert worker.do({"make": source.address})["done"] > 0
    assert worker.do({"make": source.address}) == {"done": 0.0}


def test_an_attack_that_does_not_suit_is_said_in_its_own_words(workplace, monkeypatch):
    place, worker = workplace(seed=12)

    def refuse(*arguments, **options):
        raise InvalidInput("it has no layer that can be told")

    monkeypatch.setattr(Maker, "make", refuse)
    assert worker.do({"make": place.plan.lineages[OWNERS].source.address}) == {
        "failed": "it has no layer that can be told"
    }


@contextmanager
def full_disk():
    """Writing beyond a few bytes of a file fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_stops_everybody_and_leaves_nothing_half_written(workplace):
    place, worker = workplace(seed=13)
    source = place.plan.lineages[OWNERS].source
    with full_disk():
        assert worker.do({"make": source.address})["fatal"].startswith("cannot write ")
    assert not place.zoo.has(source.address)
    assert not list(place.zoo.folder.rglob("*.tmp"))
    assert worker.do({"make": source.address})["done"] > 0
