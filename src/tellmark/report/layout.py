"""Lines for a terminal of any width: paragraphs with a hanging indent, and columns; nothing is padded or cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tellmark.report.text import printable

INDENT = "  "
WIDEST = 100
"""Longer lines are hard to read."""
_NARROWEST = 20


def console(*, stderr: bool = False) -> Console:
    """Where the lines go. It guesses no markup in what it prints."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def width_of(target: Console) -> int:
    """At how many columns to wrap."""
    return min(target.width, WIDEST)


def print_lines(target: Console, lines: Iterable[Text]) -> None:
    """Print lines as they are."""
    for line in lines:
        target.print(line, soft_wrap=True)


def paragraph(lead: Text, body: str, *, width: int) -> Iterator[Text]:
    """The body, wrapped at `width`; its first line after `lead`, the others indented as far."""
    room = max(width - lead.cell_len, _NARROWEST)
    for number, line in enumerate(Text(printable(body)).wrap(console(), room)):
        line.rstrip()
        yield Text.assemble(lead if number == 0 else " " * lead.cell_len, line)


def bullets(sentences: Iterable[str], *, width: int, sign: str = "-") -> Iterator[Text]:
    """Each sentence as a paragraph behind a bullet."""
    for sentence in sentences:
        yield from paragraph(Text(f"{INDENT}{sign} "), sentence, width=width)


def definitions(facts: Sequence[tuple[str, str]], *, width: int) -> Iterator[Text]:
    """Names in one column, what they stand for in the other."""
    shown = [(printable(name), value) for name, value in facts]
    longest = max((cell_len(name) for name, _ in shown), default=0)
    for name, value in shown:
        padded = name + " " * (longest - cell_len(name))
        yield from paragraph(Text.assemble(INDENT, (padded, "cyan"), "  "), value, width=width)


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Text]:
    """A table without rules; all columns but the last are aligned to the right."""
    table = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    widths[-1] = 0
    for number, row in enumerate(table):
        cells = (" " * (width - cell_len(cell)) + cell for cell, width in zip(row, widths, strict=True))
        yield Text(INDENT + "  ".join(cells), style="bold" if number == 0 else "")
