"""Results of a theft lab, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from tellmark.report.layout import console, definitions, paragraph, print_lines, width_of
from tellmark.report.text import printable
from tellmark.theft.lab.form import DetectorResult, Result
from tellmark.theft.lab.page import markdown
from tellmark.theft.lab.running import Run
from tellmark.theft.lab.table import Table, false_claims, overview


def print_results(result: Result) -> None:
    """All detectors side by side, under numbers, and what these stand for."""
    target = console()
    _print_table(target, overview(result), detectors=len(result.detectors))
    legend = [(f"{number} {name}", false_claims(found)) for number, (name, found) in _numbered(result)]
    print_lines(target, definitions(legend, width=width_of(target)))
    print_lines(target, [Text("Where Tellmark loses, and every figure: --markdown.")])
    left_out = len(result.settings.get("failed_to_learn", [])) + len(result.settings.get("not_made", {}))
    if left_out:
        some = f"{left_out} models were" if left_out > 1 else "1 model was"
        print_lines(target, [Text(f"{some} left out; --markdown says which and why.")])


def print_markdown(result: Result, *, figure: str | None = None) -> None:
    """The page, as it is; `figure` is where its figure lies."""
    console().print(Text(markdown(result, figure=figure)), soft_wrap=True, end="")


def print_run(run: Run, folder: Path, *, command: str) -> None:
    """What came of running a lab; what went wrong goes to standard error."""
    for name, reason in run.failures.items():
        print_lines(console(stderr=True), [Text(f"{printable(name)}: {printable(reason)}")])
    if run.result is None:
        text = f"Time is up, and {run.missing} networks are still to be made" if run.missing else "Time is up"
        print_lines(console(), [Text(f"{text}; to go on: {command}")])
        return
    print_results(run.result)
    print_lines(console(), [Text(f"Written to {folder}: {', '.join(path.name for path in run.written)}")])


def _numbered(result: Result) -> Iterator[tuple[int, tuple[str, DetectorResult]]]:
    return enumerate(result.detectors.items(), start=1)


def _print_table(target: Console, table: Table, *, detectors: int) -> None:
    print_lines(target, paragraph(Text(""), table.title, width=width_of(target)))
    grid = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column(table.header[0], overflow="fold")
    for name in table.header[1:-detectors]:
        grid.add_column(name.replace(" ", "\n"), justify="right")
    for number in range(1, detectors + 1):
        grid.add_column(str(number), justify="right", no_wrap=True)
    thefts = len(table.rows) - table.last
    for number, row in enumerate(table.rows):
        grid.add_row(*(Text(printable(cell)) for cell in row), style="" if number < thefts else "bold")
    target.print(grid)
