"""Feeds parsers many inputs: ``python tests/fuzz/run.py [--inputs N] [--seed S] [PARSER...]``.

Every input is a pure function of the seed and its number, so that a fault is repeated by
``--seed S --first NUMBER --inputs 1 PARSER``. Ends with exit code 1 if any parser raised what is no refusal.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

for place in ("src", "tests"):
    sys.path.insert(0, str(Path(__file__).parents[2] / place))

from fuzz.mutating import numbered  # noqa: E402
from fuzz.parsers import PARSERS, Parser  # noqa: E402


def faults_of(name: str, parser: Parser, *, seed: int, first: int, inputs: int) -> dict[str, tuple[int, str]]:
    """The faults by where they happened: number of the first such input, and the traceback."""
    found: dict[str, tuple[int, str]] = {}
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        for number in range(first, first + inputs):
            try:
                parser.holds(numbered(seed, number), Path(folder))
            except Exception as error:  # noqa: BLE001 - this is what is looked for
                last = traceback.extract_tb(error.__traceback__)[-1]
                key = f"{type(error).__name__} at {last.filename}:{last.lineno}"
                found.setdefault(key, (number, traceback.format_exc(limit=-6)))
    return found


def main() -> int:
    """Run, and print what was found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("parsers", nargs="*", metavar="PARSER", help=f"of {', '.join(PARSERS)}; all when left out")
    arguments.add_argument("--inputs", type=int, default=100_000, help="for each parser")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--first", type=int, default=0, help="number of the first input")
    chosen = arguments.parse_args()
    if unknown := set(chosen.parsers) - set(PARSERS):
        arguments.error(f"no such parser: {', '.join(sorted(unknown))}")
    warnings.simplefilter("ignore")
    total = 0
    for name in chosen.parsers or PARSERS:
        found = faults_of(name, PARSERS[name], seed=chosen.seed, first=chosen.first, inputs=chosen.inputs)
        total += len(found)
        print(f"{name}: {chosen.inputs} inputs, {len(found)} faults", flush=True)  # noqa: T201
        for key, (number, trace) in found.items():
            print(f"  {key}, first with --seed {chosen.seed} --first {number}\n{trace}", flush=True)  # noqa: T201
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
