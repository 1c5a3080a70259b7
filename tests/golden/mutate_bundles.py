"""Changes every byte of a golden bundle, one at a time, and sees that the check refuses each: ``make test-mutations``.

A change that passes, or a check that ends in anything but a finding, is printed and makes the exit code 1. It takes a
while; the tests take a sample.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from golden.make_bundles import FOLDER, ROOT
from tellmark.evidence.bundle import Files, bundle_files
from tellmark.evidence.check import check_files
from tellmark.evidence.layout import TRANSCRIPT, VERDICT
from tellmark.evidence.tsa_certificates import read_roots

MASKS = (0x01, 0x20, 0x80)
"""What a byte is changed by: another digit or letter, the other case, no ASCII."""

Mutation = tuple[str, int, int]
"""File, position, mask."""

STAGES = ("judged", "asked")
"""With a verdict over all files, and before it, where the transcript has to show its own changes."""


def files_at(stage: str) -> Files:
    """The files of the golden copy at a stage."""
    return {name: raw for name, raw in bundle_files(FOLDER / "copy").items() if stage == "judged" or name != VERDICT}


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


def main() -> None:
    """Try all of them."""
    roots, passed, tried = read_roots([ROOT]), [], 0
    for stage in STAGES:
        files = files_at(stage)
        assert check_files(files, roots).outcome != "invalid"
        for mutation in mutations(stage):
            tried += 1
            if check_files(mutated(files, mutation), roots).outcome != "invalid":
                passed.append((stage, *mutation))
    lines = [f"{tried} changes of one byte, {len(passed)} of them not refused", *map(str, passed)]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(bool(passed))


if __name__ == "__main__":
    main()
