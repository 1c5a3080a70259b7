"""A bundle of evidence: its files, and what they say once everything in them that can be checked has been.

Here is checked what the owner hands in: registration, claim and openings. The judge's part is read on top of it:
`tellmark.evidence.transcript` and `tellmark.evidence.verdict`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from tellmark.errors import EvidenceError, FileError
from tellmark.evidence.claiming import read_claim
from tellmark.evidence.disclosure import Disclosure, disclosed
from tellmark.evidence.layout import (
    CLAIM,
    MOST_OPENINGS,
    OPENINGS,
    REGISTRATION,
    SUMMARY,
    TRANSCRIPT,
    VERDICT,
    opening_name,
)
from tellmark.evidence.predicates import OpenedTrigger
from tellmark.evidence.regeneration import regenerated
from tellmark.evidence.registration import Registration, read_registration
from tellmark.files import open_to_read
from tellmark.types import Batch, Digest

_LONGEST = 1 << 28
"""Bytes of all files together."""

Files = Mapping[str, bytes]
"""Content by name, such as ``openings/0001.json``."""


@dataclass(frozen=True)
class Bundle:
    """What the owner hands in: signed by the key that the registration names, and each trigger made anew.

    Attributes
    ----------
    files : mapping of str to bytes
        All files, the judge's included.
    registration : Registration
    disclosure : Disclosure
    inputs : tuple of Batch
        Of each question one input.
    """

    files: Files = field(repr=False)
    registration: Registration = field(repr=False)
    disclosure: Disclosure = field(repr=False)
    inputs: tuple[Batch, ...] = field(repr=False, compare=False)

    @cached_property
    def questions(self) -> tuple[OpenedTrigger, ...]:
        """The opened triggers that a judge asks: in the order of opening, no more than the committed budget."""
        return _in_order(self.disclosure)[: self.registration.said.rule.budget]

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """How many questions there are after each opening."""
        return tuple(
            min(end, len(self.questions)) for end in accumulate(len(part.triggers) for part in self.disclosure.parts)
        )

    @property
    def openings(self) -> tuple[Digest, ...]:
        """Digests of the openings' envelopes, in order."""
        return tuple(part.digest for part in self.disclosure.parts)


def lock_of(folder: Path) -> Path:
    """What whoever writes to a bundle locks, beside its folder: in it there is nothing but the bundle's files."""
    real = Path(os.path.realpath(folder))
    return real.with_name(f"{real.name}.lock")


def bundle_files(path: str | Path) -> dict[str, bytes]:
    """The files of a bundle, each as it is.

    Raises
    ------
    FileError
        If there is no folder at `path`, or something in it cannot be read.
    EvidenceError
        If a file is missing, anything else is in it, a symbolic link included, or the files are too long.
    """
    folder, files, left = check_folder(path), {}, _LONGEST
    names = sorted(_names(folder))
    _check_names(names)
    for name in names:
        files[name] = _content(folder / name, left)
        left -= len(files[name])
    return files


def check_folder(path: str | Path) -> Path:
    """The path, if there is a folder at it.

    Raises
    ------
    FileError
        If there is none.
    """
    if not Path(path).is_dir():
        raise FileError(f"cannot read {path}: it is not a folder with evidence")
    return Path(path)


def read_bundle(files: Files) -> Bundle:
    """What the owner's files say, all of it checked but the dates of timestamps.

    Parameters
    ----------
    files : mapping of str to bytes
        From `bundle_files`.

    Raises
    ------
    EvidenceError
        If a file is missing, was changed or does not belong to the others, or if an opened trigger is not the one
        committed to, was not picked by the nonce, or is not what its random words and hold-out items yield.
    """
    _check_names(files)
    registration = read_registration(files[REGISTRATION], where=REGISTRATION)
    claim = read_claim(files[CLAIM], registration)
    names = sorted(name for name in files if name.startswith(f"{OPENINGS}/"))
    disclosure = disclosed(registration.said, claim, [files[name] for name in names])
    inputs = tuple(regenerated(trigger, registration.said) for trigger in _in_order(disclosure))
    return Bundle(files, registration, disclosure, inputs)


def _in_order(disclosure: Disclosure) -> tuple[OpenedTrigger, ...]:
    return tuple(trigger for part in disclosure.parts for trigger in part.triggers)


def _check_names(names: Collection[str]) -> None:
    for name in (REGISTRATION, CLAIM):
        if name not in names:
            raise EvidenceError(f"the bundle has no {name}: copy all of it")
    openings = [name for name in names if name not in (REGISTRATION, CLAIM, TRANSCRIPT, VERDICT, SUMMARY)]
    if len(openings) > MOST_OPENINGS:
        raise EvidenceError(f"the bundle has more than {MOST_OPENINGS} openings")
    expected = {opening_name(number) for number in range(1, len(openings) + 1)}
    strange = sorted(set(openings) - expected)
    if strange:
        raise EvidenceError(f"{strange[0]} is no file of a bundle, or an opening before it is missing")


def _names(folder: Path) -> Iterator[str]:
    """Names of the regular files; only the folder of the openings may stand beside them."""
    for entry in _entries(folder):
        if entry.name == OPENINGS and entry.is_dir(follow_symlinks=False):
            yield from (f"{OPENINGS}/{_regular(inner)}" for inner in _entries(folder / OPENINGS))
        else:
            yield _regular(entry)


def _regular(entry: os.DirEntry[str]) -> str:
    if not entry.is_file(follow_symlinks=False):
        raise EvidenceError(f"{entry.name} is no regular file: a bundle has nothing but its own files")
    return entry.name


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise FileError(f"cannot read {folder}: {(error.strerror or 'failed').lower()}") from error


def _content(path: Path, most: int) -> bytes:
    with open_to_read(path) as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise EvidenceError(f"the bundle is too long: with {path.name} it has more than {_LONGEST >> 20} MiB")
    return raw
