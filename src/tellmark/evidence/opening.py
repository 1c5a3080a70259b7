"""Open the next triggers of a claim: from the mark and its hold-out data to one more file of the bundle.

What is handed out of each trigger is its own seed, the hold-out items it is made of with the proof that these were
committed to, its label and its salt. Of the mark's seed and of other triggers that tells nothing. Before anything is
handed out, the triggers are entered in the ledger (`tellmark.evidence.burned`).

Natural inputs among the triggers, so that they do not stand out, are for whoever asks the suspect to mix in: the judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.documents import document_bytes
from tellmark.errors import EvidenceError, FileError, InvalidInput
from tellmark.evidence.bundle import lock_of
from tellmark.evidence.burned import Entry, Ledger, Positions, ledger_path, load_ledger
from tellmark.evidence.claiming import check_owner, read_claim
from tellmark.evidence.commitments import committed_triggers, holdout_leaves
from tellmark.evidence.disclosure import Disclosure, disclosed
from tellmark.evidence.encoded_inputs import encoded
from tellmark.evidence.envelope import sealed
from tellmark.evidence.keys import SigningKey
from tellmark.evidence.layout import CLAIM, MOST_OPENINGS, OPENINGS, REGISTRATION, SUMMARY, VERDICT, opening_name
from tellmark.evidence.leaves import item_salt, leaf_of
from tellmark.evidence.merkle import paths
from tellmark.evidence.predicates import CommittedTrigger, OpenedItem, OpenedTrigger, OpeningPredicate
from tellmark.evidence.registration import Registration, load_registration
from tellmark.evidence.statement import statement, subject
from tellmark.files import open_to_read, remove_partials, replacing
from tellmark.locking import sole_run
from tellmark.triggers.mark import Mark


@dataclass(frozen=True)
class Opening:
    """What was opened, tier by tier.

    Attributes
    ----------
    path : Path
        The new file.
    given, opened, left : tuple of int
        Triggers in this opening, in all openings of the claim, and those that the claim could open still.
    """

    path: Path
    given: tuple[int, ...]
    opened: tuple[int, ...]
    left: tuple[int, ...]


def open_next(
    file: str | Path, bundle: str | Path, mark: Mark, data: Dataset, key: SigningKey, *, count: int, nonce: str
) -> Opening:
    """Open the next `count` triggers of the claim in a bundle, in the order that its nonce decides.

    Which tiers they belong to, `tellmark.evidence.dividing` says.

    Parameters
    ----------
    file : str or Path
        The registration, ``.tmk``; its ledger stands beside it.
    bundle : str or Path
        From `tellmark.evidence.claiming.new_claim`.
    mark : Mark
    data : Dataset
        Its hold-out data, with labels.
    key : SigningKey
        The one that the registration names.
    count : int
        At least 1.
    nonce : str
        That of the claim.

    Raises
    ------
    InvalidInput
        If fewer triggers are left that can decide anything, the nonce is not that of the claim, or the bundle is judged
        already.
    Mismatch
        If the data is not that of the mark.
    EvidenceError
        If key or mark are not those registered, files were changed, or another claim has opened triggers since this
        one was made.
    FileError
        If something cannot be read or written.
    """
    if count < 1:
        raise InvalidInput(f"{count} triggers are nothing to open: give at least 1")
    registration, folder = load_registration(file), Path(bundle)
    check_owner(key, registration.said)
    with sole_run(Path(f"{ledger_path(file)}.lock")), sole_run(lock_of(folder)):
        remove_partials(folder / OPENINGS)
        before = _so_far(folder, registration, nonce)
        ledger = load_ledger(ledger_path(file), registration.said)
        _check_ledger(ledger, before)
        given = _given(before, count)
        new = tuple(
            order[done : done + more] for order, done, more in zip(before.orders, before.opened, given, strict=True)
        )
        triggers = _opened_triggers(mark, data, registration, new)
        _enter(ledger, before, new, ledger_path(file))
        path = folder / opening_name(before.openings + 1)
        _write(path, before, triggers, key)
    opened = tuple(done + more for done, more in zip(before.opened, given, strict=True))
    return Opening(path, given, opened, tuple(map(len, (o[n:] for o, n in zip(before.orders, opened, strict=True)))))


def read_openings(bundle: Path) -> list[bytes]:
    """The files of the openings in a bundle, in order.

    Raises
    ------
    EvidenceError
        If one is missing between others, or there is any other file among them.
    FileError
        If they cannot be read.
    """
    folder = bundle / OPENINGS
    if not folder.exists():
        return []
    names = sorted(f"{OPENINGS}/{each.name}" for each in folder.iterdir())
    if names != [opening_name(number) for number in range(1, len(names) + 1)]:
        raise EvidenceError(f"{folder} has other files than openings, numbered from 0001.json on")
    return [_content(bundle / name) for name in names]


def _content(path: Path) -> bytes:
    with open_to_read(path) as file:
        return file.read()


def _so_far(folder: Path, registration: Registration, nonce: str) -> Disclosure:
    if (folder / VERDICT).exists():
        raise InvalidInput(
            f"{folder} is judged already: open more in a copy without {VERDICT} and {SUMMARY}, and hand the judge the "
            f"new file in {OPENINGS}"
        )
    if _content(folder / REGISTRATION) != registration.content:
        raise EvidenceError(f"{folder} belongs to another registration")
    claim = read_claim(_content(folder / CLAIM), registration)
    if claim.said.nonce != nonce.lower():
        raise InvalidInput(f"the claim in {folder} was made under another nonce: one claim has one nonce")
    found = disclosed(registration.said, claim, read_openings(folder))
    if found.openings >= MOST_OPENINGS:
        raise InvalidInput(f"{folder} has {found.openings} openings, and no room for more")
    return found


def _check_ledger(ledger: Ledger, before: Disclosure) -> None:
    claim = before.claim
    if ledger.burned_for(claim.digest) != claim.said.burned:
        raise EvidenceError(
            "another claim has opened triggers since this one was made, or the ledger is not the one that it was made "
            "with: make a new claim, under a new nonce"
        )
    entered = ledger.opened_for(claim.digest)
    for tier, positions in enumerate(entered):
        done = tuple(trigger.committed.position for trigger in before.triggers[tier])
        if positions[: len(done)] != done or positions != before.orders[tier][: len(positions)]:
            raise EvidenceError(
                "the ledger does not list what the claim has opened: bring back the one that was kept with the "
                "registration"
            )


def _given(before: Disclosure, count: int) -> tuple[int, ...]:
    if not any(tier.turn for tier in before.registration.tiers):
        raise InvalidInput(
            "no tier of the registration can decide anything, as it is not known how many triggers innocent models "
            "match: nothing is opened"
        )
    given = before.next_turns(count)
    if sum(given) < count:
        raise InvalidInput(f"only {sum(given)} triggers that can decide anything are left to open, not {count}")
    return given


def _opened_triggers(
    mark: Mark, data: Dataset, registration: Registration, positions: Positions
) -> tuple[OpenedTrigger, ...]:
    committed = committed_triggers(mark, data)
    leaves = [tuple(map(leaf_of, tier)) for tier in committed]
    if leaves != [tier.leaves for tier in registration.said.tiers]:
        raise EvidenceError("the mark is not the one that was registered")
    chosen = [committed[tier][position] for tier, each in enumerate(positions) for position in each]
    items = _opened_items(mark, data, registration, sorted({item for one in chosen for item in one.items}))
    return tuple(
        OpenedTrigger(
            committed=one,
            input=encoded(mark.triggers.inputs(_place(mark, one))[0]),
            items=tuple(items[item] for item in dict.fromkeys(one.items)),
        )
        for one in chosen
    )


def _place(mark: Mark, one: CommittedTrigger) -> np.ndarray:
    return np.array([mark.public.stretches[one.tier].start + one.position])


def _opened_items(mark: Mark, data: Dataset, registration: Registration, items: Sequence[int]) -> dict[int, OpenedItem]:
    assert data.labels is not None, "committed_triggers sees to it"
    ways = paths(holdout_leaves(mark, data), items)
    return {
        item: OpenedItem(
            position=item,
            label=int(data.labels[item]),
            salt=item_salt(mark.seed, registration.said.mark, position=item),
            input=encoded(data.inputs[item]),
            path=way,
        )
        for item, way in zip(items, ways, strict=True)
    }


def _enter(ledger: Ledger, before: Disclosure, new: Positions, path: Path) -> None:
    """Write down what is about to be opened; what an opening that was never handed out has burned stands there."""
    entered = ledger.opened_for(before.claim.digest)
    missing = tuple(
        tuple(position for position in each if position not in there) for each, there in zip(new, entered, strict=True)
    )
    if any(missing):
        entry = Entry(created=datetime.now(UTC), claim=before.claim.digest, positions=missing)
        ledger.plus(entry).save(path)


def _write(path: Path, before: Disclosure, triggers: tuple[OpenedTrigger, ...], key: SigningKey) -> None:
    claim = before.claim.digest
    said = OpeningPredicate(created=datetime.now(UTC), claim=claim, previous=before.last, triggers=triggers)
    content = document_bytes(sealed(statement(said, [subject(CLAIM, claim)]), key))
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot write {path}: {(error.strerror or 'failed').lower()}") from error
    with replacing(path, mode=0o600) as file:
        file.write(content)
