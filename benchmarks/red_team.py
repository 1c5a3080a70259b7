"""What comes of attacks on a verdict. Run by ``make bench-red-team``; writes ``docs/benchmarks/red-team.json``.

The attacks themselves are part of the tests (``tests/red_team.py``), which make sure that none is ever supported.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.form import ROOT, Result, checked_out_commit, now, this_machine, write_result
from benchmarks.pages import write_page
from benchmarks.running import progress, run

SEED = 7


def outcomes() -> list[dict[str, str]]:
    """Name, attacker's doing, outcome and first reason of each attack, the two controls first."""
    sys.path.insert(0, str(ROOT / "tests"))  # attacks, population and time-stamping authority are those of the tests
    attacks, tsa = importlib.import_module("red_team"), importlib.import_module("tsa")
    rows: list[dict[str, str]] = []
    with TemporaryDirectory() as name:
        authority, root = tsa.new_authority(Path(name))
        with authority.serving():
            court = attacks.Court(Path(name), authority, root)
            for attack in (*attacks.CONTROLS, *attacks.ATTACKS):
                rows.append(_row(attack, court))
                progress(f"{rows[-1]['name']}: {rows[-1]['outcome']}")
    return rows


def _row(attack: Callable[[Any], Any], court: object) -> dict[str, str]:
    found = attack(court)
    return {
        "name": attack.__name__.replace("_", " "),
        "doing": inspect.getdoc(attack) or "",
        "outcome": found.word,
        "reason": found.reason.replace(str(getattr(court, "folder", "")), "the folder"),
    }


def table_of(rows: list[dict[str, str]]) -> str:
    """The rows as a table."""
    lines = ["| | what is done | outcome | first reason |", "|---|---|---|---|"]
    lines += [f"| {row['name']} | {row['doing']} | `{row['outcome']}` | {row['reason'] or '-'} |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Run every attack."""
    commit, rows = checked_out_commit(), outcomes()
    attacks = rows[2:]
    result = Result(
        name="red-team",
        command="make bench-red-team",
        commit=commit,
        date=now(),
        machine=this_machine(),
        seed=SEED,
        settings={"table": table_of(rows), "rows": rows},
        figures={
            "attacks": len(attacks),
            "supported": sum(row["outcome"] == "supports" for row in attacks),
            "invalid": sum(row["outcome"] == "invalid" for row in attacks),
            "inconclusive": sum(row["outcome"] == "inconclusive" for row in attacks),
            "does_not_support": sum(row["outcome"] == "does not support" for row in attacks),
        },
    )
    print(write_page(write_result(result)))


if __name__ == "__main__":
    run(main)
