"""What the command line shows: marks, triggers and verifications as plain, aligned text."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from tellmark.report.layout import INDENT, bullets, columns, console, definitions, paragraph, print_lines, width_of
from tellmark.report.mark_facts import mark_digests, mark_facts
from tellmark.report.text import plural, printable
from tellmark.report.tier_facts import tier_facts
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.mark import Mark
from tellmark.triggers.records import Protection
from tellmark.types import Json
from tellmark.verification.result import Verification
from tellmark.verification.wording import verdict_line

if TYPE_CHECKING:
    from tellmark.verification.verdict import Verdict

SHOWN_TRIGGERS = 10
_COLOURS: dict[Verdict, str] = {"supports": "bold red", "does not support": "bold green", "inconclusive": "bold yellow"}


def say(line: str) -> None:
    """One line on standard error: a remark beside the result."""
    print_lines(console(stderr=True), [Text(printable(line))])


def print_json(document: Json) -> None:
    """A JSON document on standard output, indented."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(document, indent=2, ensure_ascii=not unicode), flush=True)  # noqa: T201


def print_mark(path: Path, public: MarkDocument, protection: Protection) -> None:
    """The public part of a mark."""
    target = console()
    print_lines(target, mark_lines(path, public, protection, width=width_of(target)))


def print_secrets(mark: Mark) -> None:
    """Seed and first triggers of an opened mark."""
    print_lines(console(), secret_lines(mark))


def print_verification(found: Verification, suspect: str) -> None:
    """What a verification found."""
    target = console()
    print_lines(target, verification_lines(found, suspect, width=width_of(target)))


def mark_lines(path: Path, public: MarkDocument, protection: Protection, *, width: int) -> Iterator[Text]:
    """The public part of a mark, wrapped at `width`."""
    tiers = public.tiers if len(public.tiers) > 1 else ()
    heading = plural(public.triggers, "trigger") + (f" in {len(tiers)} tiers" if tiers else "")
    yield Text.assemble((f"Mark {printable(str(path))}", "bold"), f": {heading}")
    yield from definitions(mark_facts(public, protection), width=width)
    for number, tier in enumerate(tiers, start=1):
        name = f"Tier {number}, {tier.recipe.name}"
        yield Text.assemble((name, "bold"), f": {plural(tier.recipe.triggers, 'trigger')}")
        yield from definitions(tier_facts(tier, public), width=width)
    yield Text("SHA-256", style="bold")
    yield from definitions(mark_digests(public), width=width)


def secret_lines(mark: Mark) -> Iterator[Text]:
    """The seed, and where the first triggers of each tier come from."""
    yield Text.assemble(("Secrets", "bold"), f": seed {mark.seed.hex()}")
    for tier, stretch in zip(mark.public.tiers, mark.public.stretches, strict=True):
        if len(mark.public.tiers) > 1:
            yield Text(f"Triggers of tier {tier.recipe.name}", style="bold")
        yield from _trigger_lines(mark, stretch)


def _trigger_lines(mark: Mark, stretch: slice) -> Iterator[Text]:
    """The first of the triggers at these positions."""
    triggers, classes = mark.triggers, mark.public.source.classes
    rows = []
    for position in range(stretch.start, min(stretch.stop, stretch.start + SHOWN_TRIGGERS)):
        first, second = triggers.items[position].tolist()
        items = str(first) if first == second else f"{first}, {second}"
        rows.append((str(position), str(triggers.indices[position]), items, classes[triggers.labels[position]]))
    yield from columns(("trigger", "candidate", "hold-out items", "label"), rows)
    more = stretch.stop - stretch.start - len(rows)
    if more:
        yield Text(f"{INDENT}… and {more} more; all of them with --json")


def verification_lines(found: Verification, suspect: str, *, width: int) -> Iterator[Text]:
    """What a verification found, wrapped at `width`."""
    yield Text(f"Suspect {printable(suspect)}", style="bold")
    for sentence in found.findings:
        yield from paragraph(Text(INDENT), sentence, width=width)
    for line in paragraph(Text(INDENT), verdict_line(found.verdict), width=width):
        line.highlight_words([found.verdict], _COLOURS[found.verdict])
        yield line
    yield from bullets(found.reasons, width=width)
