"""Changes every byte of a golden bundle, one at a time, and sees that the check refuses each: ``make test-mutations``.

A change that passes, or a check that ends in anything but a finding, is printed and makes the exit code 1. It takes a
while; the tests take a sample.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache

import pytest

from golden.make_bundles import FOLDER, ROOT
from tellmark.evidence import bundle, check
from tellmark.evidence.bundle import Bundle, Files, bundle_files
from tellmark.evidence.dates import proven_time
from tellmark.evidence.layout import SUMMARY, TRANSCRIPT, VERDICT
from tellmark.evidence.registration import Registration
from tellmark.evidence.tsa_certificates import Roots, read_roots

MASKS = (0x01, 0x20, 0x80)
"""What a byte is changed by: another digit or letter, the other case, no ASCII."""

Mutation = tuple[str, int, int]
"""File, position, mask."""

STAGES = ("judged", "asked")
"""With a verdict over all files, and before it, where the transcript has to show its own changes."""


def files_at(stage: str) -> Files:
    """The files of the golden copy at a stage."""
    files = bundle_files(FOLDER / "copy")
    return {name: raw for name, raw in files.items() if stage == "judged" or name not in (VERDICT, SUMMARY)}


def mutations(stage: str) -> Iterator[Mutation]:
    """Every one that shows at this stage and was not tried at the one before."""
    names = [TRANSCRIPT] if stage == "asked" else list(files_at(stage))
    files = files_at(stage)
    return ((name, place, mask) for name in names for place in range(len(files[name])) for mask in MASKS)


def mutated(files: Files, mutation: Mutation) -> dict[str, bytes]:
    """The files with one byte changed."""
    name, place, mask = mutation
    raw = bytearray(files[name])
    raw[place] ^= mask
    return {**files, name: bytes(raw)}


@contextmanager
def remembering() -> Iterator[None]:
    """Let a check remember what it made of files that are not changed: all of it but what a change is seen by."""
    registration = cache(bundle.read_registration)
    whole = cache(lambda owners: bundle.read_bundle(dict(owners)))
    dates: dict[str, datetime | None] = {}

    def remembered_bundle(files: Files) -> Bundle:
        owners = tuple((name, raw) for name, raw in files.items() if name not in (TRANSCRIPT, VERDICT))
        return replace(whole(owners), files=files)

    def remembered_date(said: Registration, roots: Roots) -> datetime | None:
        if said.digest not in dates:
            dates[said.digest] = proven_time(said, roots)
        return dates[said.digest]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "read_registration", registration)
        patch.setattr(check, "read_bundle", remembered_bundle)
        patch.setattr(check, "proven_time", remembered_date)
        yield


def main() -> None:
    """Try all of them, one way to change a byte after the other."""
    roots, passed = read_roots([ROOT]), 0
    for mask in MASKS:
        tried = [(stage, each) for stage in STAGES for each in mutations(stage) if each[-1] == mask]
        files = {stage: files_at(stage) for stage in STAGES}
        with remembering():
            assert all(check.check_files(each, roots).outcome != "invalid" for each in files.values())
            through = [
                one for one in tried if check.check_files(mutated(files[one[0]], one[1]), roots).outcome != "invalid"
            ]
        lines = [f"bytes changed by {mask:#04x}: {len(tried)}, not refused: {len(through)}", *map(str, through)]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        passed += len(through)
    sys.exit(bool(passed))


if __name__ == "__main__":
    main()
