"""The demonstration on the terminal: one table, then what it shows and what it does not."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from tellmark.demo.result import Kind, Row, Story
from tellmark.report.layout import bullets, console, paragraph, print_lines, width_of

_STYLES: dict[Kind, str] = {"source": "bold", "thief": "red", "twin": "green"}


def print_story(story: Story) -> None:
    """Print the table and the remarks."""
    target = console()
    title = (
        f"Handwritten digits: a source, marked with {story.mark.recipe.triggers} triggers; copies stolen from it; "
        f"twins, trained alike, that owe it nothing (seed {story.seed})"
    )
    print_lines(target, paragraph(Text(), title, width=width_of(target)))
    target.print(Text(), story_table(story), Text(), sep="\n")
    print_lines(target, bullets(story.remarks, width=width_of(target), sign="•"))


def story_table(story: Story) -> Table:
    """One line for each network; *vs twins* is a thief's matches less those of the closest twin."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("network", no_wrap=True)
    for heading in ("accuracy", "matched", "95 %", "vs twins"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in story.rows:
        table.add_row(*_cells(row), style=_STYLES[row.kind])
    return table


def _cells(row: Row) -> tuple[str, ...]:
    found = row.verification
    low, high = (f"{100 * end:.0f}" for end in found.interval)
    return (
        row.name,
        f"{100 * row.accuracy:.1f} %",
        f"{found.matches} of {found.queries}",
        f"{low}-{high} %",
        "" if row.gap is None else f"{row.gap:+d}",
        found.verdict,
    )
