"""With the mark at hand everything is made anew; a trigger, a limit or a recipe put in by hand is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from populations import DATA, source, twins
from registered_marks import registered, two_tiers
from tellmark.api import mark as mark_of
from tellmark.errors import EvidenceError, Mismatch
from tellmark.evidence.audit import audit
from tellmark.evidence.registering import RegistrationSettings, predicate_of
from tellmark.evidence.verdict_predicate import AuditRecord
from tellmark.models.base import Answers
from tellmark.triggers.trigger_set import TriggerSet


def test_an_honest_mark_is_what_its_seed_yields():
    found = audit(two_tiers(), DATA, registered().said)
    assert found == AuditRecord(triggers=40, relabelled=None, proxies=None)


def test_the_owners_model_gives_the_labels_and_its_noisy_copies_agree():
    found = audit(two_tiers(), DATA, registered().said, source=source())
    members = {one for tier in two_tiers().public.tiers for one in tier.selection.admitted}
    assert found.relabelled == 40
    assert found.proxies == len(members) > 0


def test_another_model_is_not_taken_for_the_owners():
    with pytest.raises(EvidenceError, match="not the one that the registration names"):
        audit(two_tiers(), DATA, registered().said, source=twins(1)[0].model)


class Forgetful:
    """The owner's model, which answers some inputs otherwise than it did."""

    def __init__(self, wrong: int) -> None:
        self.info = source().info
        self._wrong = wrong

    def query(self, batch):
        labels = source().query(batch).labels.copy()
        labels[: self._wrong] = (labels[: self._wrong] + 1) % len(DATA.classes)
        return Answers(labels)


def test_labels_that_the_owners_model_does_not_give_are_counted():
    found = audit(two_tiers(), DATA, registered().said, source=Forgetful(3))
    assert found.relabelled == 37
    assert found.proxies is None  # it yields no noisy copies


def tampered(**changes):
    """The mark with other triggers under the same public part."""
    mark, triggers = two_tiers(), two_tiers().triggers
    whole = {name: getattr(triggers, name) for name in ("indices", "items", "labels", "inputs")}
    return replace(mark, triggers=TriggerSet(**(whole | changes)))


def another_label():
    labels = two_tiers().triggers.labels.copy()
    labels[3] = (labels[3] + 1) % len(DATA.classes)
    return tampered(labels=labels)


def a_crafted_input():
    def inputs(positions):
        made = two_tiers().triggers.inputs(positions).copy()
        made[positions == 5] += 1
        return made

    return tampered(inputs=inputs)


def another_candidate():
    indices = two_tiers().triggers.indices.copy()
    indices[0] = max(0, indices[0] - 1) if indices[0] else indices[0] + 1
    return tampered(indices=indices)


@pytest.mark.parametrize("forged", [another_label, a_crafted_input, another_candidate])
def test_a_trigger_put_in_by_hand_is_found(forged):
    with pytest.raises(EvidenceError):
        audit(forged(), DATA, registered().said)


def test_a_mark_under_another_seed_is_found():
    with pytest.raises(EvidenceError):
        audit(replace(two_tiers(), seed=bytes(32)), DATA, registered().said)


def test_other_holdout_data_are_refused():
    with pytest.raises(Mismatch, match="hold-out"):
        audit(two_tiers(), DATA.take(np.arange(100)), registered().said)


def changed(**update):
    """The registration with other numbers of its first tier."""
    said = registered().said
    return said.model_copy(update={"tiers": (said.tiers[0].model_copy(update=update), *said.tiers[1:])})


@pytest.mark.parametrize(
    "registration",
    [
        changed(limit=0),
        changed(claim=1),
        changed(promising=1),
        changed(name="derived"),
        changed(turn=1),
        changed(recipe={}),
        changed(leaves=registered().said.tiers[0].leaves[::-1]),
        registered().said.model_copy(update={"source": None}),
        registered().said.model_copy(update={"doubts": ("None at all.",)}),
        registered().said.model_copy(update={"tiers": registered().said.tiers[:1]}),
        registered().said.model_copy(update={"mark": registered().said.secrets}),
        registered().said.model_copy(
            update={"holdout": registered().said.holdout.model_copy(update={"root": registered().said.mark})}
        ),
    ],
    ids="limit claim promising name turn recipe leaves source doubts tiers mark root".split(),
)
def test_a_registration_that_says_otherwise_is_found(registration):
    with pytest.raises(EvidenceError):
        audit(two_tiers(), DATA, registration)


# What the recipes promise, in marks whose seed does yield the triggers


def recipe_of(**update):
    """The mark as if its recipes had asked for something else of the candidates."""
    mark = two_tiers()
    tiers = []
    for tier in mark.public.tiers:
        candidates = tier.recipe.candidates.model_copy(update=update)
        tiers.append(tier.model_copy(update={"recipe": tier.recipe.model_copy(update={"candidates": candidates})}))
    return replace(mark, public=mark.public.model_copy(update={"tiers": tuple(tiers)}))


def committed_to(mark):
    """What its owner would have signed of it."""
    return predicate_of(mark, DATA, registered().said.owner, RegistrationSettings(), secrets=registered().said.secrets)


@pytest.mark.parametrize(
    ("update", "message"),
    [({"reuse_items": False}, "serves twice"), ({"max_label_share": 0.05}, "bear one label")],
    ids=["items", "labels"],
)
def test_triggers_that_their_recipe_rules_out_are_found_though_they_were_registered(update, message):
    mark = recipe_of(**update)
    with pytest.raises(EvidenceError, match=message):
        audit(mark, DATA, committed_to(mark))


def of_other_labels(label_of):
    """The mark with labels of the owner's invention, registered as it is."""
    triggers = two_tiers().triggers
    return tampered(labels=np.array([label_of(*each) for each in zip(triggers.items, triggers.labels, strict=True)]))


def test_a_label_of_a_parent_is_found_though_it_was_registered():
    mark = of_other_labels(lambda items, _: DATA.labels[items[0]])
    with pytest.raises(EvidenceError, match="a label that a hold-out item of it has"):
        audit(mark, DATA, committed_to(mark))


def test_one_candidate_in_two_places_is_found_though_it_was_registered():
    triggers = two_tiers().triggers
    twice = np.arange(len(triggers))
    twice[1] = 0
    mark = tampered(
        indices=triggers.indices[twice],
        items=triggers.items[twice],
        labels=triggers.labels[twice],
        inputs=lambda positions: triggers.inputs(twice[positions]),
    )
    with pytest.raises(EvidenceError, match="same input"):
        audit(mark, DATA, committed_to(mark))


def test_triggers_out_of_order_are_found_though_they_were_registered():
    triggers = two_tiers().triggers
    moved = np.arange(len(triggers))
    moved[:2] = 1, 0
    mark = tampered(
        indices=triggers.indices[moved],
        items=triggers.items[moved],
        labels=triggers.labels[moved],
        inputs=lambda positions: triggers.inputs(moved[positions]),
    )
    with pytest.raises(EvidenceError, match="order of their candidate numbers"):
        audit(mark, DATA, committed_to(mark))


def test_a_limit_that_the_owner_states_is_audited_as_such():
    """A mark of one tier, without references."""
    made = mark_of(source(), DATA, n=12, proxies=2, sigma=0.05, seed=7, reuse_items=True)
    said = predicate_of(
        made, DATA, registered().said.owner, RegistrationSettings(null_rate=0.4), secrets=registered().said.secrets
    )
    assert said.tiers[0].limit == 4
    assert audit(made, DATA, said).triggers == 12
    tier = said.tiers[0].model_copy(update={"limit": 12})
    with pytest.raises(EvidenceError):
        audit(made, DATA, said.model_copy(update={"tiers": (tier,)}))
