"""Tell the demonstration's story and write its table into README.md, between two marker lines.

Usage: python -m benchmarks.demo_table [--seed 3] [--readme README.md]
"""

from __future__ import annotations

import argparse
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from tellmark import __version__
from tellmark.demo.result import Row, Story
from tellmark.demo.story import tell
from tellmark.files import replacing

BEGIN, END = "<!-- demo:begin -->", "<!-- demo:end -->"
README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--readme", type=Path, default=README)
    arguments = parser.parse_args()
    with_section(arguments.readme.read_text(encoding="utf-8"), "")  # are the markers there? before the minute's work
    block = section(tell(seed=arguments.seed), command=f"python -m benchmarks.demo_table --seed {arguments.seed}")
    text = with_section(arguments.readme.read_text(encoding="utf-8"), block)
    with replacing(arguments.readme) as file:
        file.write(text.encode())


def with_section(text: str, block: str) -> str:
    """`text` with the lines between the markers replaced by `block`."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"the file has no lines {BEGIN} and {END} in this order")
    return f"{before}{begin}\n{block}\n{end}{after}"


def section(story: Story, *, command: str) -> str:
    """Table and provenance as Markdown; `tellmark demo` says in sentences what the table shows."""
    provenance = (
        f"Tellmark {__version__}, {datetime.now(UTC):%Y-%m-%d}, seed {story.seed}, {machine()}; made by `{command}`."
    )
    return f"{table(story)}\n\n{provenance}"


def table(story: Story) -> str:
    """One line for each network: how many of the triggers asked it matched in each tier, until the verdict."""
    tiers = [f"tier `{tier.recipe.name}`" for tier in story.mark.tiers]
    head = ("network", "kind", "accuracy", *tiers, "queries", "verdict")
    lines = [head, ("---", "---", *("--:" for _ in ("accuracy", *tiers, "queries")), "---"), *map(cells, story.rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(row: Row) -> tuple[str, ...]:
    """The line of one network."""
    found = row.verification
    tiers = (f"{tier.matches} of {tier.queries}" if tier.queries else "not asked" for tier in found.tiers)
    return (row.name, row.kind, f"{100 * row.accuracy:.1f} %", *tiers, str(found.queries), found.verdict)


def machine() -> str:
    """What kind of machine this is: processor and number of cores."""
    return f"{processor()}, {os.cpu_count()} cores, one of them used"


def processor() -> str:
    """The processor's name where the system tells it, else its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    main()
