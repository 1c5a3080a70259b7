"""Which triggers were opened in which claim: a ledger beside the registration, ``my.tmk.opened.jsonl``.

A trigger that was opened is known to the judge, and may become known to the suspect: it serves no other claim. The
owner keeps the ledger, and every new claim states what it says. An entry is written before the opening that it speaks
of is handed out: a program that is killed in between has burned too much, never too little. As one claim has one
order, the same claim then opens the same triggers.

The lines are chained (`tellmark.models.wrappers.chain`) and each rewrite of the file takes the place of the old one
as a whole. Lines that were cut off at the end leave no trace in the file itself; they are missed by whoever opens
more for a claim that they belong to. Keep the ledger with the registration: without it a new claim does not know what
is burned, and whoever has the bundle of the earlier claim sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Literal

from tellmark.digests import canonical_json, digest_bytes
from tellmark.documents import Count, DigestText, Document, Malformed, Moment, as_json, document_bytes, parsed
from tellmark.errors import EvidenceError
from tellmark.evidence.predicates import RegistrationPredicate
from tellmark.files import open_to_read, replacing
from tellmark.models.wrappers.chain import BrokenChain, Place, TornLine, chained, read_chain
from tellmark.types import Digest

Positions = tuple[tuple[int, ...], ...]
"""For each tier, positions of triggers."""


class _Header(Document):
    """First line: whose triggers these are, by the digest of what the registration says."""

    format: Literal["tellmark.opened/1"] = "tellmark.opened/1"
    registration: DigestText


class Entry(Document):
    """Triggers that were about to be opened for one claim.

    Attributes
    ----------
    created : datetime
    claim : str
        Digest of the claim's envelope.
    positions : tuple of tuple of int
        For each tier those that no earlier entry has, in the order of opening.
    """

    created: Moment
    claim: DigestText
    positions: tuple[tuple[Count, ...], ...]


@dataclass(frozen=True)
class Ledger:
    """What was opened of one registration.

    Attributes
    ----------
    registration : RegistrationPredicate
    entries : tuple of Entry
    """

    registration: RegistrationPredicate
    entries: tuple[Entry, ...] = ()

    def opened_for(self, claim: Digest) -> Positions:
        """What was opened for one claim, in the order of opening."""
        return self._positions([entry for entry in self.entries if entry.claim == claim])

    def burned_for(self, claim: Digest | None) -> Positions:
        """What serves this claim no more, since another opened it; increasing. None stands for a claim not yet made."""
        burned = self._positions([entry for entry in self.entries if entry.claim != claim])
        return tuple(tuple(sorted(each)) for each in burned)

    def plus(self, entry: Entry) -> Ledger:
        """With one more entry.

        Raises
        ------
        EvidenceError
            If it opens what is open, or what the registration does not have.
        """
        _check_entry(self, entry, "the new entry")
        return replace(self, entries=(*self.entries, entry))

    def save(self, path: Path) -> None:
        """Write it to a file, whole or not at all.

        Raises
        ------
        FileError
            If that cannot be done.
        """
        place = Place()
        with replacing(path, mode=0o600) as file:
            for document in (_Header(registration=_named(self.registration)), *self.entries):
                line, place = chained(as_json(document), place)
                file.write(line + b"\n")

    def _positions(self, entries: Sequence[Entry]) -> Positions:
        tiers = range(len(self.registration.tiers))
        return tuple(tuple(one for entry in entries for one in entry.positions[tier]) for tier in tiers)


def ledger_path(registration: str | Path) -> Path:
    """Where the ledger of a registration file stands."""
    return Path(f"{registration}.opened.jsonl")


def load_ledger(path: Path, registration: RegistrationPredicate) -> Ledger:
    """Read a ledger; where there is no file, nothing was opened.

    Raises
    ------
    EvidenceError
        If it is not as it was written, or belongs to another registration.
    FileError
        If it cannot be read.
    """
    if not path.exists():
        return Ledger(registration)
    with open_to_read(path) as file:
        raw = file.read()
    return read_ledger(raw, registration, where=str(path))


def read_ledger(raw: bytes, registration: RegistrationPredicate, *, where: str) -> Ledger:
    """The ledger in a file's content; see `load_ledger`."""
    try:
        contents = [canonical_json(content) for content, _, _ in read_chain(BytesIO(raw))]
        if not contents or not raw.endswith(b"\n"):
            raise EvidenceError(f"{where} is cut off: {_BRING_BACK}")
        header, *entries = contents
        named = parsed(_Header, header).registration
        ledger = Ledger(registration, tuple(parsed(Entry, one) for one in entries))
    except (BrokenChain, TornLine, Malformed) as error:
        raise EvidenceError(f"{where} is not the ledger that was written: {error}") from None
    if named != _named(registration):
        raise EvidenceError(f"{where} is the ledger of another registration")
    for number, entry in enumerate(ledger.entries):
        _check_entry(replace(ledger, entries=ledger.entries[:number]), entry, f"{where}: line {number + 2}")
    return ledger


_BRING_BACK = "bring back the whole ledger, without it opened triggers could be opened again"


def _named(registration: RegistrationPredicate) -> Digest:
    return digest_bytes(document_bytes(registration))


def _check_entry(before: Ledger, entry: Entry, where: str) -> None:
    tiers = before.registration.tiers
    if len(entry.positions) != len(tiers):
        raise EvidenceError(f"{where} speaks of {len(entry.positions)} tiers, and the registration has {len(tiers)}")
    for tier, open_, new in zip(tiers, before.burned_for(None), entry.positions, strict=True):
        if len({*open_, *new}) < len(open_) + len(new) or any(one >= tier.triggers for one in new):
            raise EvidenceError(f"{where} opens a trigger of tier '{tier.name}' twice, or one that it does not have")
