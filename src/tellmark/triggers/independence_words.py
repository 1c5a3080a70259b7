"""Whether the models given are what they were given for, in words: what was found, and what is taken on trust."""

from __future__ import annotations

from tellmark.triggers.document import FEWEST_TO_CHECK, IndependenceRecord
from tellmark.triggers.limit_words import down, up


def independence_sentence(record: IndependenceRecord) -> str:
    """What was found, and what the owner vouched for."""
    if not record.checked:
        return f"not checked: {_too_few(record)}"
    parts = []
    if record.agreements and record.copies is not None:
        low, high = down(min(record.agreements)), up(max(record.agreements))
        parts.append(
            f"references answer {low if low == high else f'{low} to {high}'} of {record.candidates} untested "
            f"candidates as the source does; {down(record.copies)} would be a copy's share"
        )
    if record.alike or not record.unclear:
        parts.append(f"{_pairs(record)} all {record.candidates} alike")
    if record.unclear:
        parts.append(
            f"{_unclear_pairs(record)} all {record.candidates} the same labels, which does not show whether they are "
            f"one model"
        )
    if record.similar:
        parts.append(f"{_of_references(record)} like a copy of the source")
    if record.accepted:
        vouched = (
            "the owner vouched for them" if record.similar or record.alike or record.unclear else "nothing needed it"
        )
        parts.append(f"--accept-similar was given: {vouched}")
    return "; ".join(parts)


def independence_doubts(record: IndependenceRecord | None) -> tuple[str, ...]:
    """What a limit for independent models takes on trust, beyond that the next one is drawn like the references."""
    if record is None:
        return ()
    if not record.checked:
        unchecked = (
            f"It was not checked that no reference is a copy of the source, and that no model was given twice: "
            f"{_too_few(record)}. With such models the limits of this mark are wrong."
        )
        return (unchecked,)
    said = []
    if record.similar:
        said.append(
            f"{_of_references(record)} like a copy of the source; that it is independent all the same is the owner's "
            f"word (--accept-similar). If it is not, the limit for independent models is too high, and a model derived "
            f"from the source may stay below it."
        )
    if record.alike:
        said.append(
            f"{_pairs(record)} all {record.candidates} candidates of a check alike; that they are different models is "
            f"the owner's word (--accept-similar). If they are not, fewer models speak than are counted, and an "
            f"independent model is claimed more often than stated."
        )
    if record.unclear:
        said.append(
            f"{_unclear_pairs(record)} all {record.candidates} candidates of a check the same labels, which does not "
            f"show whether they are one model given twice: too few of these labels are answered otherwise by "
            f"any other, or both keep the source's weights. If they are one, fewer models speak than are counted, and "
            f"the limits are wrong."
        )
    return tuple(said)


def _too_few(record: IndependenceRecord) -> str:
    return (
        f"the hold-out data yield {record.candidates} candidates, and it takes {FEWEST_TO_CHECK} to tell models apart"
    )


def _of_references(record: IndependenceRecord) -> str:
    answers = "answers" if record.similar == 1 else "answer"
    return f"{record.similar} of {len(record.agreements)} references {answers}"


def _pairs(record: IndependenceRecord) -> str:
    count = record.alike
    return f"{count or 'no'} {'pair of models answers' if count < 2 else 'pairs of models answer'}"


def _unclear_pairs(record: IndependenceRecord) -> str:
    return "1 pair of models gives" if record.unclear == 1 else f"{record.unclear} pairs of models give"
