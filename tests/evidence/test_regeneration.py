"""An opened trigger follows from its own seed and the committed items, and nothing else passes for it."""

import base64
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opened_triggers import DATA, SORTS, registered
from tellmark.candidates.blends import Mixup, SameClassBlends
from tellmark.digests import digest_input
from tellmark.documents import Malformed, document_bytes, parsed
from tellmark.errors import EvidenceError
from tellmark.evidence.leaves import leaf_of
from tellmark.evidence.predicates import EncodedInput, OpenedTrigger
from tellmark.evidence.regeneration import check_together, regenerated
from tellmark.randomness import seed_of, seed_words

FIRST_OF = {sort: position for position, sort in enumerate(SORTS)}


def trigger_of(sort, space="images"):
    registration, (opened,) = registered(space)
    return registration, opened[FIRST_OF[sort]]


def with_committed(registration, trigger, **changes):
    """An owner who commits to this from the beginning: the leaf is the right one."""
    changed = trigger.model_copy(update={"committed": trigger.committed.model_copy(update=changes)})
    return listed(registration, changed), changed


def listed(registration, trigger):
    tier = registration.tiers[0]
    leaves = list(tier.leaves)
    leaves[trigger.committed.position] = leaf_of(trigger.committed)
    return registration.model_copy(update={"tiers": (tier.model_copy(update={"leaves": tuple(leaves)}),)})


@pytest.mark.parametrize("space", DATA)
def test_honest_triggers_are_made_anew(space):
    registration, (opened,) = registered(space)
    for trigger in opened:
        made = regenerated(trigger, registration)
        registration.holdout.space.check(made)
        assert digest_input(made[0]) == trigger.committed.input


@pytest.mark.parametrize("kind", [Mixup, SameClassBlends])
def test_words_mean_what_they_mean_to_the_candidates_of_a_mark(kind):
    """The same 32 bytes, read by the marking and by the check, make the same input."""
    data, key = DATA["images"], b"k" * 32
    source = kind(data, data.labels, key)
    draws = source.draw(0, 200)
    words = seed_words(key, int(draws.indices[0]), 1)
    registration, trigger = trigger_of("mixup" if kind is Mixup else "same-class")
    items = {one.position: one for each in registered()[1][0] for one in each.items}
    first = next(n for n, pair in enumerate(draws.items.tolist()) if set(pair) <= items.keys())
    words = seed_words(key, int(draws.indices[first]), 1)
    pair = tuple(draws.items[first].tolist())
    made = source.make(draws.take(np.array([first])))[0]
    label = min(set(range(4)) - set(draws.excluded[first].tolist()))
    registration, trigger = with_committed(
        registration, trigger, words=seed_of(words[0]).hex(), items=pair, label=label, input=digest_input(made)
    )
    pixels = EncodedInput(pixels=base64.b64encode(made.tobytes()).decode())
    trigger = trigger.model_copy(update={"input": pixels, "items": tuple(items[one] for one in pair)})
    assert (regenerated(trigger, registration)[0] == made).all()


def test_what_is_not_listed_is_refused():
    registration, trigger = trigger_of("mixup")
    _, other = with_committed(registration, trigger, candidate=1)
    with pytest.raises(EvidenceError, match="trigger 0 of tier 'tier 0' is not the one that the registration lists"):
        regenerated(other, registration)
    for position, tier in [(12, 0), (0, 1)]:
        _, beyond = with_committed(registration, trigger, position=0)
        beyond = beyond.model_copy(
            update={"committed": trigger.committed.model_copy(update={"position": position, "tier": tier})}
        )
        with pytest.raises(EvidenceError):
            regenerated(beyond, registration)


def test_a_crafted_input_is_refused_though_its_leaf_is_right():
    registration, trigger = trigger_of("mixup")
    crafted = bytes([7]) * 16
    registration, trigger = with_committed(
        registration, trigger, input=digest_input(np.full((4, 4, 1), 7, dtype=np.uint8))
    )
    trigger = trigger.model_copy(update={"input": EncodedInput(pixels=base64.b64encode(crafted).decode())})
    with pytest.raises(EvidenceError, match="another input than its random words and its hold-out items yield"):
        regenerated(trigger, registration)


@pytest.mark.parametrize("sort", SORTS)
def test_an_opened_input_that_differs_in_one_bit_is_refused(sort):
    registration, trigger = trigger_of(sort)
    raw = bytearray(base64.b64decode(trigger.input.pixels))
    raw[3] ^= 1
    trigger = trigger.model_copy(update={"input": EncodedInput(pixels=base64.b64encode(raw).decode())})
    with pytest.raises(EvidenceError, match="another input"):
        regenerated(trigger, registration)


@pytest.mark.parametrize("sort", ["mixup", "same-class"])
def test_words_that_choose_other_items_are_refused(sort):
    registration, trigger = trigger_of(sort)
    registration, trigger = with_committed(registration, trigger, words="00" * 32)
    with pytest.raises(EvidenceError, match="other hold-out items than its random words choose"):
        regenerated(trigger, registration)


@pytest.mark.parametrize("sort", SORTS)
def test_a_label_of_a_parent_is_refused(sort):
    registration, trigger = trigger_of(sort)
    registration, trigger = with_committed(registration, trigger, label=trigger.items[-1].label)
    with pytest.raises(EvidenceError, match="a label that its hold-out items have"):
        regenerated(trigger, registration)


def test_a_label_that_is_no_class_is_refused():
    registration, trigger = trigger_of("mixup")
    registration, trigger = with_committed(registration, trigger, label=4)
    with pytest.raises(EvidenceError, match="no class"):
        regenerated(trigger, registration)


@pytest.mark.parametrize(
    ("sort", "called"),
    [(sort, called) for sort in SORTS for called in SORTS if sort != called],
)
def test_a_sort_cannot_pass_for_another(sort, called):
    registration, trigger = trigger_of(sort)
    registration, trigger = with_committed(registration, trigger, sort=called)
    with pytest.raises(EvidenceError):
        regenerated(trigger, registration)


def test_an_item_with_itself_is_no_blend_of_one_class():
    """Words exist that choose one item twice; the candidates leave them out."""
    registration, trigger = trigger_of("natural-error")
    words = seed_of(np.array([0, 0, 0, 0], dtype=np.uint64)).hex()
    first = next(one for each in registered()[1][0] for one in each.items if one.position == 0)
    registration, trigger = with_committed(
        registration, trigger, sort="same-class", words=words, items=(0, 0), label=(first.label + 1) % 4
    )
    trigger = trigger.model_copy(update={"items": (first, first)})
    with pytest.raises(EvidenceError, match="two items of one class"):
        regenerated(trigger, registration)


@pytest.mark.parametrize(
    "changes",
    [
        {"label": 3},
        {"salt": "00" * 32},
        {"path": ()},
        {"position": 39},
        {"label": 4},
        {"input": EncodedInput(text="a")},
    ],
    ids=str,
)
def test_an_item_that_was_not_committed_is_refused(changes):
    registration, trigger = trigger_of("natural-error")
    item = trigger.items[0]
    if changes == {"label": item.label}:
        changes = {"label": item.label - 1}
    trigger = trigger.model_copy(update={"items": (item.model_copy(update=changes),)})
    with pytest.raises(EvidenceError):
        regenerated(trigger, registration)


def test_one_item_does_not_open_a_blend():
    registration, trigger = trigger_of("mixup")
    with pytest.raises(EvidenceError, match="other hold-out items"):
        regenerated(trigger.model_copy(update={"items": trigger.items[:1]}), registration)


@pytest.mark.parametrize("decimals", [400, 10**30])
def test_columns_of_absurd_precision_are_refused(decimals):
    registration, trigger = trigger_of("mixup", "rows")
    space = registration.holdout.space
    columns = tuple(column.model_copy(update={"decimals": decimals}) for column in space.columns)
    holdout = registration.holdout.model_copy(update={"space": space.model_copy(update={"columns": columns})})
    with pytest.raises(EvidenceError):
        regenerated(trigger, registration.model_copy(update={"holdout": holdout}))


@pytest.mark.parametrize("space", DATA)
@given(data=st.data())
def test_no_changed_byte_of_an_opened_trigger_passes(space, data):
    registration, (opened,) = registered(space)
    raw = bytearray(document_bytes(data.draw(st.sampled_from(opened))))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        changed = parsed(OpenedTrigger, bytes(raw))
    except Malformed:
        return
    with pytest.raises(EvidenceError):
        regenerated(changed, registration)


def test_triggers_of_one_claim_differ_and_stand_in_order():
    _, tiers = registered(tiers=2)
    check_together([tiers[1][5], tiers[0][2], tiers[0][1], tiers[1][0]])
    with pytest.raises(EvidenceError, match="same input"):
        check_together([tiers[0][0], tiers[0][1], tiers[0][0]])
    late = tiers[0][3].model_copy(update={"committed": tiers[0][3].committed.model_copy(update={"candidate": 0})})
    with pytest.raises(EvidenceError, match="order of their candidate numbers"):
        check_together([late, tiers[0][1]])


def test_neither_a_framework_nor_the_makers_of_marks_are_needed():
    """Whoever checks has no model and no mark."""
    script = "import json, sys, tellmark.evidence.picking, tellmark.evidence.regeneration\n"
    script += "print(json.dumps(list(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)
    rooms = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("tellmark.")}
    assert not rooms & {"tellmark.triggers", "tellmark.data", "tellmark.models", "tellmark.proxies"}
    assert not {name for name in loaded if name.startswith(("torch", "sklearn", "onnx"))}
    assert {name for name in loaded if name.startswith("tellmark.candidates.")} == {"tellmark.candidates.blending"}
