"""What Tellmark adds to ten thousand queries over a network: time and memory, with and without a transcript.

Run by ``make bench-queries``. Writes ``docs/benchmarks/queries.json`` and the page beside it.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from statistics import median

import httpx2

from benchmarks.form import Result, checked_out_commit, now, this_machine, write_result
from benchmarks.pages import write_page
from benchmarks.query_loop import COLUMNS, QUERIES, SETTLED, WAYS, Spent, spent_by
from benchmarks.query_server import serving
from benchmarks.running import progress, run

SEED = 1
ROUNDS = 3
SYNCS, LINE = 1_000, 400
"""Lines that are put on the disk one by one, and bytes of each: about what a transcript does for an answer."""


@dataclass(frozen=True)
class Race:
    """What was measured, round after round.

    Attributes
    ----------
    spent : dict of str to list of Spent
        By way of asking.
    disk : list of float
        Milliseconds until an appended line is on the disk.
    loads : list of float
        Processes that wanted a processor, in the mean of the minute before the round's end.
    """

    spent: dict[str, list[Spent]]
    disk: list[float]
    loads: list[float]


def raced() -> Race:
    """Ask in each way in turn, several times, so that a drift of the machine hits all; and what the disk takes."""
    race = Race({way: [] for way in WAYS}, [], [])
    spent = race.spent
    with serving() as port:
        for number in range(ROUNDS):
            for way in WAYS:
                spent[way].append(spent_by(way, port, seed=SEED + number))
                progress(f"round {number + 1} of {ROUNDS}, {way}: {spent[way][-1].wall:.1f} s")
            race.disk.append(milliseconds_to_disk())
            race.loads.append(os.getloadavg()[0])
            if len({spent[way][-1].labels for way in WAYS}) != 1:
                raise AssertionError("the ways got different answers")
    return race


def milliseconds_to_disk() -> float:
    """Mean wall time until a line that was appended to a file is on the disk."""
    with tempfile.NamedTemporaryFile() as file:
        start = time.perf_counter()
        for _ in range(SYNCS):
            os.write(file.fileno(), b"x" * LINE)
            os.fsync(file.fileno())
        return 1000 * (time.perf_counter() - start) / SYNCS


def figures_of(race: Race) -> dict[str, float]:
    """Medians over rounds: milliseconds a query beyond the bare library, and growth of memory in MiB."""
    spent = race.spent
    figures = {
        "bare_processor_ms": median(1000 * one.processor / QUERIES for one in spent["bare"]),
        "bare_wall_ms": median(1000 * one.wall / QUERIES for one in spent["bare"]),
        "bare_growth_mib": median(_growth(one) for one in spent["bare"]),
    }
    for way in WAYS[1:]:
        pairs = list(zip(spent[way], spent["bare"], strict=True))
        figures |= {
            f"{way}_processor_ms": median(1000 * (one.processor - bare.processor) / QUERIES for one, bare in pairs),
            f"{way}_wall_ms": median(1000 * (one.wall - bare.wall) / QUERIES for one, bare in pairs),
            f"{way}_growth_mib": median(_growth(one) for one in spent[way]),
        }
    return figures | {"disk_wall_ms": median(race.disk)}


def _growth(one: Spent) -> float:
    return (one.memory - one.memory_early) / 2**20


def main() -> None:
    """Run the benchmark."""
    commit = checked_out_commit()
    race = raced()
    result = Result(
        name="queries",
        command="make bench-queries",
        commit=commit,
        date=now(),
        machine=this_machine(),
        seed=SEED,
        settings={
            "adapter": "kserve, one row a request",
            "columns": COLUMNS,
            "queries": QUERIES,
            "settled": SETTLED,
            "rounds": ROUNDS,
            "httpx2": httpx2.__version__,
            "seconds": {
                way: {
                    "wall": [round(one.wall, 3) for one in rounds],
                    "processor": [round(one.processor, 3) for one in rounds],
                }
                for way, rounds in race.spent.items()
            },
            "line": LINE,
            "disk_ms": [round(each, 3) for each in race.disk],
            "memory_mib": {way: [round(one.memory / 2**20, 1) for one in rounds] for way, rounds in race.spent.items()},
            "load_average": [round(load, 1) for load in race.loads],
        },
        figures={name: round(value, 4) for name, value in figures_of(race).items()},
    )
    print(write_page(write_result(result)))


if __name__ == "__main__":
    run(main)
