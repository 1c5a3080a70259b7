"""A plan names every network once, in an order in which they can be made, and keeps roles apart."""

from __future__ import annotations

import pytest

from tellmark.errors import InvalidInput
from tellmark.theft.lab.describing import settings_of
from tellmark.theft.lab.plan import OWNERS, Plan
from tellmark.theft.lab.planning import plan_lab
from tellmark.theft.lab.zoo import Zoo


@pytest.fixture
def planned(lab, lab_data, tmp_path):
    return lambda **changes: plan_lab(lab(**changes), lab_data, Zoo(tmp_path))


def kinds(plan):
    return [suspect.kind for suspect in plan.lineages[OWNERS].thieves]


def test_everybody_is_there_once_and_after_what_they_are_made_from(planned):
    plan = planned(thefts=[{"kind": "distill-soft", "count": 2}, {"kind": "average-independent"}, {"kind": "jpeg"}])
    jobs = plan.jobs()
    assert len({job.address for job in jobs}) == len(jobs) == 1 + 1 + 3 + 2 + 3
    made = set()
    for job in jobs:
        assert set(job.task.needs) <= made
        made.add(job.address)


def test_the_same_lab_has_the_same_addresses_and_another_seed_has_others(planned):
    first, again, other = ({job.name: job.address for job in planned(seed=seed).jobs()} for seed in (3, 3, 4))
    assert first == again
    assert first.keys() == other.keys()
    assert not set(first.values()) & set(other.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"epochs": 3}},
        {"training": {"learning_rate": 0.02}},
        {"architectures": {"same": "vgg-6k", "other": ["resnet-5k"]}},
    ],
)
def test_whatever_changes_the_source_changes_every_address(planned, changes):
    before, after = ({job.address for job in planned(**some).jobs()} for some in ({}, changes))
    assert not before & after


def test_a_setting_of_one_theft_changes_its_address_alone(planned):
    plans = [planned(thefts=[{"kind": "prune-30", "settings": {"share": share}}]) for share in (0.3, 0.4)]
    jobs = [{job.name: job.address for job in plan.jobs()} for plan in plans]
    assert {name for name in jobs[0] if jobs[0][name] != jobs[1][name]} == {"thief prune-30 1"}


def test_an_architecture_may_be_trained_in_a_way_of_its_own_as_source_as_twin_and_as_student(planned):
    plan = planned(
        training={"epochs": 3},
        trainings={"vgg-6k": {"epochs": 5}},
        twins={"same": 1, "other_architecture": 1},
        thefts=[{"kind": "distill-soft", "architectures": ["same", "other"]}],
    )
    passes = {job.name: job.task.epochs for job in plan.jobs() if "reference" not in job.name}
    assert passes == {
        "source": 3,
        "twin same 1": 3,
        "twin other-architecture 1": 5,
        "thief distill-soft 1": 3,
        "thief distill-soft vgg-6k 1": 5,
    }


def test_thefts_are_rows_by_kind_architecture_and_data(planned):
    plan = planned(
        thefts=[
            {"kind": "distill-soft", "architectures": ["same", "other"]},
            {"kind": "distill-soft", "data": "other"},
            {"kind": "distill-soft", "name": "hot", "settings": {"temperature": 20.0}},
            {"kind": "blur", "on": ["copy", "hot"]},
        ]
    )
    assert kinds(plan) == [
        "distill-soft",
        "distill-soft vgg-6k",
        "distill-soft other",
        "hot",
        "blur on copy",
        "blur on hot",
    ]
    settings = settings_of(plan)["thefts"]
    assert "temperature=20.0" in settings["hot"]["attack"]
    assert settings["blur on hot"]["class"] == "evasion"


def test_an_evasion_needs_no_network_of_its_own_but_is_a_suspect_of_its_own(planned):
    plan = planned(thefts=[{"kind": "distill-soft"}, {"kind": "noise-inputs", "on": ["distill-soft"], "count": 2}])
    student, *noisy = plan.lineages[OWNERS].thieves
    assert {suspect.job.address for suspect in noisy} == {student.address}
    assert len({suspect.address for suspect in (student, *noisy)}) == 3


def test_independents_differ_in_architecture_and_data(planned, lab_data):
    plan = planned(references={"same": 1, "other_architecture": 1, "other_data": 2})
    assert [(job.task.network.architecture, job.data) for job in plan.references] == [
        ("resnet-5k", lab_data.part("owner").digest),
        ("vgg-6k", lab_data.part("owner").digest),
        ("resnet-5k", lab_data.part("other").digest),
        ("vgg-6k", lab_data.part("other").digest),
    ]


def test_a_theft_that_needs_unseen_data_gets_them(planned, lab_data):
    plan = planned(thefts=[{"kind": "fine-tune-new-data"}])
    assert plan.lineages[OWNERS].thieves[0].job.data == lab_data.part("other").digest
    with pytest.raises(InvalidInput, match="has not seen"):
        planned(thefts=[{"kind": "fine-tune-new-data", "data": "owner"}])


def test_a_watermark_has_a_source_and_thieves_of_its_own(planned):
    plan = planned(
        thefts=[{"kind": "distill-soft"}, {"kind": "int8"}],
        detectors={"names": ["source-errors", "backdoor-scratch"], "watermark_thefts": ["int8"]},
    )
    marked = plan.lineage_of("backdoor-scratch")
    assert marked is not plan.lineage_of("source-errors")
    assert [suspect.kind for suspect in marked.thieves] == ["int8"]
    assert marked.thieves[0].job.task.needs == (marked.source.address,)


def test_no_suspect_is_one_that_detectors_are_prepared_with(planned):
    plan = planned()
    with pytest.raises(InvalidInput, match="twin same 1 is to be examined with detectors that twin same 1"):
        Plan((*plan.references, plan.twins[0].job), plan.twins, plan.lineages, plan.detectors)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thefts": [{"kind": "distil-soft"}]}, "unknown theft 'distil-soft'; did you mean 'distill-soft'"),
        ({"thefts": [{"kind": "int8", "data": "outer"}]}, "unknown part of the data 'outer'; did you mean 'other'"),
        ({"thefts": [{"kind": "int8", "settings": {"bit": 4}}]}, "theft int8: .*'bit'; did you mean 'bits'"),
        ({"thefts": [{"kind": "int8", "settings": {"bits": "few"}}]}, "theft int8: bits is a whole number"),
        ({"thefts": [{"kind": "int8", "settings": {"bits": 99}}]}, "theft int8: weights are quantised to 2 to 16 bits"),
        ({"thefts": [{"kind": "int8", "architectures": ["other"]}]}, "int8 keeps the source's architecture"),
        ({"thefts": [{"kind": "int8"}, {"kind": "int8"}]}, "two thefts are called int8"),
        ({"thefts": [{"kind": "jpeg", "on": ["int8"]}]}, "unknown theft before jpeg in the list, 'int8'"),
        ({"shadows": [{"kind": "jpeg", "family": "quantised"}]}, "it cannot be a shadow"),
        ({"detectors": {"names": ["source-error"]}}, "did you mean 'source-errors'"),
        ({"detectors": {"names": ["source-errors"], "settings": {"x": {}}}}, "detector among those of this lab, 'x'"),
        ({"training": {"epoch": 1}}, "training: .*'epoch'; did you mean 'epochs'"),
        ({"trainings": {"resnet-5k": {"epoch": 1}}}, "training resnet-5k: .*'epoch'; did you mean 'epochs'"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_made(planned, changes, message):
    with pytest.raises(InvalidInput, match=message):
        planned(**changes)


def test_models_of_one_row_are_numbered_through(planned):
    plan = planned(thefts=[{"kind": "distill-soft", "name": "soft", "architectures": ["same", "other"], "count": 2}])
    assert [suspect.name for suspect in plan.lineages[OWNERS].thieves] == [f"thief soft {n}" for n in (1, 2, 3, 4)]
    assert len({suspect.job.seed for suspect in plan.lineages[OWNERS].thieves}) == 4
