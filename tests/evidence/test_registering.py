"""A registration commits to all of a mark, and shows nothing of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from populations import DATA
from registered_marks import FILES, SECRETS, owner_key, registered, two_tiers
from tellmark.digests import digest_bytes, digest_input, digest_json
from tellmark.errors import InvalidInput, Mismatch
from tellmark.evidence.commitments import committed_triggers, holdout_leaves, mark_digest
from tellmark.evidence.encoded_inputs import encoded
from tellmark.evidence.leaves import item_salt, leaf_of, trigger_salt
from tellmark.evidence.merkle import paths
from tellmark.evidence.predicates import OpenedItem, OpenedTrigger
from tellmark.evidence.regeneration import check_together, regenerated
from tellmark.evidence.registering import RegistrationSettings, predicate_of, register
from tellmark.randomness import seed_from_int
from tellmark.triggers.independence_words import independence_doubts
from tellmark.triggers.mark import Mark
from tellmark.triggers.trigger_set import TriggerSet
from tellmark.verification.tier_limits import tier_tests

MARK = two_tiers()
SAID = registered().said


def said_with(**settings):
    return predicate_of(MARK, DATA, owner_key().public.record, RegistrationSettings(**settings), secrets=SECRETS)


def test_what_is_committed_is_the_marks_own():
    assert SAID.mark == mark_digest(MARK.public)
    assert SAID.source == MARK.public.source.digest
    assert (SAID.secrets, SAID.files) == (SECRETS, FILES)
    assert (SAID.holdout.digest, SAID.holdout.items) == (DATA.digest, len(DATA))
    assert SAID.holdout.classes == MARK.public.source.classes == DATA.classes
    assert SAID.owner == owner_key().public.record
    for tier, test, record in zip(SAID.tiers, tier_tests(MARK.public), MARK.public.tiers, strict=True):
        assert (tier.name, tier.triggers, tier.limit, tier.claim) == (test.name, test.triggers, test.limit, test.claim)
        assert tier.promising == test.promising
        assert digest_json(tier.recipe) == record.recipe_digest
        assert tier.null.matches == record.null.matches


def test_every_leaf_is_that_of_its_trigger():
    triggers = committed_triggers(MARK, DATA)
    for number, (tier, stretch) in enumerate(zip(SAID.tiers, MARK.public.stretches, strict=True)):
        assert tier.leaves == tuple(map(leaf_of, triggers[number]))
        assert [one.label for one in triggers[number]] == MARK.triggers.labels[stretch].tolist()
        assert [one.candidate for one in triggers[number]] == MARK.triggers.indices[stretch].tolist()
        assert [list(one.items) for one in triggers[number]] == MARK.triggers.items[stretch].tolist()
        inputs = MARK.triggers.inputs(np.arange(stretch.start, stretch.stop))
        assert [one.input for one in triggers[number]] == [digest_input(one) for one in inputs]
        assert [one.salt for one in triggers[number]] == [
            trigger_salt(MARK.seed, SAID.mark, tier=number, position=position) for position in range(tier.triggers)
        ]


def test_every_trigger_can_be_opened_and_made_anew():
    """From its own seed and two committed items, by somebody who has the registration and no key of the mark."""
    leaves = holdout_leaves(MARK, DATA)
    opened = []
    for committed in (one for tier in committed_triggers(MARK, DATA) for one in tier):
        items = list(dict.fromkeys(committed.items))
        whole = SAID.tiers[committed.tier]
        position = sum(tier.triggers for tier in SAID.tiers[: committed.tier]) + committed.position
        trigger = OpenedTrigger(
            committed=committed,
            input=encoded(MARK.triggers.inputs(np.array([position]))[0]),
            items=tuple(
                OpenedItem(
                    position=item,
                    label=int(DATA.labels[item]),
                    salt=item_salt(MARK.seed, SAID.mark, position=item),
                    input=encoded(DATA.inputs[item]),
                    path=path,
                )
                for item, path in zip(items, paths(leaves, items), strict=True)
            ),
        )
        assert leaf_of(committed) == whole.leaves[committed.position]
        regenerated(trigger, SAID)
        opened.append(trigger)
    check_together(opened)
    assert {one.committed.sort for one in opened} == {"mixup", "natural-error"}


def test_nothing_secret_is_in_it():
    """Not the seed, nor a salt, a trigger's own seed, an input, or its bare digest, by which it could be guessed."""
    written = registered().content.decode() + registered().document.envelope.payload
    written += bytes.hex(registered().content) + repr(registered()) + repr(SAID)
    secrets = {MARK.seed.hex()}
    for one in (one for tier in committed_triggers(MARK, DATA) for one in tier):
        secrets |= {one.salt, one.words, one.input.removeprefix("sha256:")}
    secrets |= {digest_input(one).removeprefix("sha256:") for one in DATA.inputs}
    secrets |= {item_salt(MARK.seed, SAID.mark, position=position) for position in range(len(DATA))}
    payload = SAID.model_dump_json()
    assert not any(secret in written or secret in payload for secret in secrets)


def test_the_reserve_is_the_share_that_was_asked_for():
    for share, expected in ((0.0, 0), (0.5, 10), (0.54, 10), (0.99, 19)):
        assert [len(tier.reserve) for tier in said_with(reserve=share).tiers] == [expected] * 2
    reserves = [tier.reserve for tier in SAID.tiers]
    assert reserves[0] != reserves[1], "each tier has a draw of its own"
    assert reserves == [tier.reserve for tier in said_with().tiers], "and the same leaves draw the same"


def test_doubts_of_the_mark_are_committed_to():
    record = MARK.public.references.independence
    assert SAID.doubts == independence_doubts(record) == ()
    vouched = record.model_copy(update={"alike": 1, "accepted": True})
    public = MARK.public.model_copy(
        update={"references": MARK.public.references.model_copy(update={"independence": vouched})}
    )
    (doubt,) = predicate_of(
        dataclasses.replace(MARK, public=public),
        DATA,
        owner_key().public.record,
        RegistrationSettings(),
        secrets=SECRETS,
    ).doubts
    assert "the owner's word (--accept-similar)" in doubt


def test_the_rule_is_what_was_settled():
    assert said_with().rule.budget == 40
    rule = said_with(alpha=0.02, beta=0.1, budget=15).rule
    assert (rule.alpha, rule.beta, rule.budget) == (0.02, 0.1, 15)
    assert said_with(budget=1000).rule.budget == 40


@pytest.mark.parametrize(
    "settings", [{"alpha": 0.6}, {"beta": 0}, {"budget": 0}, {"reserve": 1.0}, {"reserve": -0.1}, {"null_rate": 0.5}]
)
def test_settings_out_of_range_are_refused(settings):
    """A stated rate cannot speak for two tiers."""
    with pytest.raises(InvalidInput):
        said_with(**settings)


@pytest.mark.parametrize(
    "data",
    [
        DATA.take(np.arange(len(DATA))[::-1]),
        DATA.take(np.arange(len(DATA) - 1)),
        DATA.with_labels((DATA.labels + 1) % len(DATA.classes), DATA.classes),
        dataclasses.replace(DATA, labels=None),
    ],
    ids=["another order", "one item less", "other labels", "no labels"],
)
def test_other_data_is_refused(data):
    with pytest.raises(Mismatch, match="is not the hold-out data of this mark"):
        register(MARK, data, owner_key(), secrets=SECRETS)


def with_triggers(**changes):
    triggers = MARK.triggers
    parts = {name: getattr(triggers, name) for name in ("indices", "items", "labels", "inputs")}
    return Mark(MARK.public, MARK.seed, TriggerSet(**(parts | changes)))


def shifted_inputs(positions):
    inputs = MARK.triggers.inputs(positions).copy()
    inputs[positions == 33] += 0.01
    return inputs


@pytest.mark.parametrize(
    "crafted",
    [
        Mark(MARK.public, seed_from_int(8), MARK.triggers),
        with_triggers(indices=MARK.triggers.indices + 1),
        with_triggers(items=MARK.triggers.items[:, ::-1]),
        with_triggers(inputs=shifted_inputs),
    ],
    ids=["another seed", "other candidates", "items swapped", "one input crafted"],
)
def test_triggers_that_the_seed_does_not_yield_are_refused(crafted):
    """No judge would accept them: better said before than found out in court."""
    with pytest.raises(Mismatch, match=r"the triggers of tier '\w+' are not those that the mark's seed"):
        register(crafted, DATA, owner_key(), secrets=SECRETS)


def test_a_mark_labelled_by_its_source_asks_for_the_source():
    from tellmark.evidence.commitments import check_holdout

    public = MARK.public.model_copy(
        update={"holdout": MARK.public.holdout.model_copy(update={"labels_from": "source"})}
    )
    with pytest.raises(Mismatch, match="give the source with --source"):
        check_holdout(public, dataclasses.replace(DATA, labels=None))


def test_two_registrations_of_one_mark_show_the_same_leaves():
    """Salts derive from the seed: registering again gives an opponent no second digest to compare."""
    again = register(MARK, DATA, owner_key(), secrets=digest_bytes(b"saved again"))
    assert [tier.leaves for tier in again.said.tiers] == [tier.leaves for tier in SAID.tiers]
    assert again.said.holdout == SAID.holdout
