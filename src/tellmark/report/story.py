"""The demonstration on the terminal: one table, then what it shows and what it does not."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from tellmark.demo.result import Kind, Row, Story
from tellmark.report.layout import bullets, console, paragraph, print_lines, width_of
from tellmark.report.text import plural

_STYLES: dict[Kind, str] = {"source": "bold", "thief": "red", "twin": "green"}


def print_story(story: Story) -> None:
    """Print the table and the remarks."""
    target = console()
    title = (
        f"Handwritten digits: a source, marked with {story.mark.triggers} triggers in "
        f"{plural(len(story.mark.tiers), 'tier')}; copies stolen from it; twins, trained alike, that owe it nothing "
        f"(seed {story.seed})"
    )
    print_lines(target, paragraph(Text(), title, width=width_of(target)))
    target.print(Text(), story_table(story), Text(), sep="\n")
    print_lines(target, bullets(story.remarks, width=width_of(target), sign="•"))


def story_table(story: Story) -> Table:
    """One line for each network: how many of the triggers asked it matched in each tier, until the verdict."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("network", no_wrap=True)
    for heading in ("accuracy", *(tier.recipe.name for tier in story.mark.tiers), "queries"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in story.rows:
        table.add_row(*_cells(row), style=_STYLES[row.kind])
    return table


def _cells(row: Row) -> tuple[str, ...]:
    found = row.verification
    tiers = (f"{tier.matches} of {tier.queries}" if tier.queries else "-" for tier in found.tiers)
    return (row.name, f"{100 * row.accuracy:.1f} %", *tiers, str(found.queries), found.verdict)
