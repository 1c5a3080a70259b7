"""Make an opened trigger anew from what was opened of it, and compare: nothing of it was crafted.

All that is needed is the opened trigger and the registration: no model, no secret of the mark, no other trigger.
Shown is that a trigger is the one that was committed to, that the hold-out items it is made of are those that were
committed to, and that its random words and these items yield its input, bit by bit, and a label that the rule of its
sort allows. So whoever committed to it could choose among blends of the committed items, and craft no pixel.

Not shown is that its words are those that the mark's seed yields for its number, that the owner's model gives its
label, and that the recipe selects it and not others: for that the whole mark is needed (`tellmark.evidence.audit`).
The words of an item as it is choose nothing: by them the seed puts the items in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tellmark.candidates.blending import blend, chosen
from tellmark.digests import digest_input
from tellmark.errors import EvidenceError
from tellmark.evidence.encoded_inputs import decoded
from tellmark.evidence.leaves import holdout_leaf, leaf_of
from tellmark.evidence.merkle import verify_path
from tellmark.evidence.predicates import CommittedTrigger, OpenedItem, OpenedTrigger, RegistrationPredicate
from tellmark.randomness import words_of
from tellmark.types import Batch


def regenerated(trigger: OpenedTrigger, registration: RegistrationPredicate) -> Batch:
    """The input of the trigger, made anew and found to be the one committed to.

    Returns
    -------
    Batch
        One input, in the space of the hold-out data.

    Raises
    ------
    EvidenceError
        If the registration lists no such trigger, a hold-out item of it is not the one committed to, its words choose
        other items, its label is one that its sort excludes, or its input is another than these yield.
    """
    committed = trigger.committed
    name = _name(committed, registration)
    _check_leaf(committed, registration, name)
    parents = [_checked_item(item, registration, name) for item in trigger.items]
    _check_items(trigger, registration, name)
    _check_label(trigger, registration, name)
    made = parents[0] if committed.sort == "natural-error" else _blended(committed, parents, registration, name)
    opened = decoded(trigger.input, registration.holdout.space, where=f"the input of {name}")
    if not digest_input(made[0]) == digest_input(opened[0]) == committed.input:
        raise EvidenceError(f"{name} has another input than its random words and its hold-out items yield")
    return opened


def check_together(triggers: Sequence[OpenedTrigger]) -> None:
    """Check what no trigger shows alone: that several of one claim are different ones, in the order of their making.

    Raises
    ------
    EvidenceError
        If two have one input, which would count one answer twice, or if candidate numbers within a tier do not
        increase with the position.
    """
    if len({trigger.committed.input for trigger in triggers}) < len(triggers):
        raise EvidenceError("two opened triggers have the same input, and one answer would count twice")
    ordered = sorted((one.committed.tier, one.committed.position, one.committed.candidate) for one in triggers)
    for (tier, before, first), (following, position, second) in pairwise(ordered):
        if tier == following and not (before < position and first < second):
            raise EvidenceError(
                f"triggers {before} and {position} of tier {tier} do not stand in the order of their candidate numbers"
            )


def _name(committed: CommittedTrigger, registration: RegistrationPredicate) -> str:
    if committed.tier >= len(registration.tiers):
        raise EvidenceError(
            f"an opened trigger belongs to tier {committed.tier}, and the registration has {len(registration.tiers)}"
        )
    return f"trigger {committed.position} of tier '{registration.tiers[committed.tier].name}'"


def _check_leaf(committed: CommittedTrigger, registration: RegistrationPredicate, name: str) -> None:
    leaves = registration.tiers[committed.tier].leaves
    if committed.position >= len(leaves) or leaf_of(committed) != leaves[committed.position]:
        raise EvidenceError(f"{name} is not the one that the registration lists")


def _checked_item(item: OpenedItem, registration: RegistrationPredicate, name: str) -> Batch:
    holdout = registration.holdout
    one = decoded(item.input, holdout.space, where=f"hold-out item {item.position} of {name}")
    if item.label >= len(holdout.classes):
        raise EvidenceError(f"hold-out item {item.position} of {name} has a label beyond the {len(holdout.classes)}")
    leaf = holdout_leaf(digest_input(one[0]), label=item.label, salt=item.salt)
    verify_path(leaf, item.path, index=item.position, size=holdout.items, root=holdout.root)
    return one


def _check_items(trigger: OpenedTrigger, registration: RegistrationPredicate, name: str) -> None:
    committed, opened = trigger.committed, tuple(item.position for item in trigger.items)
    if committed.sort == "natural-error":
        fitting = len(opened) == 1 and committed.items == opened * 2
    else:
        items, _ = _choice(committed, registration)
        fitting = committed.items == opened == items
    if not fitting:
        raise EvidenceError(f"{name} is opened with other hold-out items than its random words choose")


def _check_label(trigger: OpenedTrigger, registration: RegistrationPredicate, name: str) -> None:
    committed, labels = trigger.committed, [item.label for item in trigger.items]
    if committed.label >= len(registration.holdout.classes) or committed.label in labels:
        raise EvidenceError(f"{name} has a label that its hold-out items have, or that is no class")
    if committed.sort == "mixup" and labels[0] == labels[1]:
        raise EvidenceError(f"{name} is called a blend of two classes, and its hold-out items are of one")
    if committed.sort == "same-class" and (labels[0] != labels[1] or committed.items[0] == committed.items[1]):
        raise EvidenceError(f"{name} is called a blend of two items of one class, and its hold-out items are not that")


def _blended(
    committed: CommittedTrigger, parents: Sequence[Batch], registration: RegistrationPredicate, name: str
) -> Batch:
    _, share = _choice(committed, registration)
    first, second = parents
    try:
        with np.errstate(all="ignore"):  # numbers beyond a double become none, and no input
            return blend(registration.holdout.space, first, second, np.array([share], dtype=np.uint32))
    except (OverflowError, ValueError):
        raise EvidenceError(f"{name} has hold-out items that cannot be blended") from None


def _choice(committed: CommittedTrigger, registration: RegistrationPredicate) -> tuple[tuple[int, int], int]:
    items, shares = chosen(words_of(bytes.fromhex(committed.words)), items=registration.holdout.items)
    return (int(items[0, 0]), int(items[0, 1])), int(shares[0])
