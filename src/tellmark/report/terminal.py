"""What the command line shows: marks, triggers and verifications as plain, aligned text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tellmark.triggers.document import MarkDocument
from tellmark.triggers.mark import Mark
from tellmark.types import Json
from tellmark.verification.result import Verification

if TYPE_CHECKING:
    from tellmark.verification.verdict import Verdict

SHOWN_TRIGGERS = 10
_COLOURS: dict[Verdict, str] = {"supports": "bold red", "does not support": "bold green", "inconclusive": "bold yellow"}


def say(line: str) -> None:
    """One line on standard error: a remark beside the result."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(line))


def print_json(document: Json) -> None:
    """A JSON document on standard output, indented."""
    print(json.dumps(document, indent=2, ensure_ascii=False))  # noqa: T201


def print_mark(public: MarkDocument, path: Path) -> None:
    """The public part of a mark."""
    title = Text.assemble(("Mark ", "bold"), (str(path), "bold"), f": {_plural(public.recipe.triggers, 'trigger')}")
    _print(title, _facts(mark_facts(public)))


def print_secrets(mark: Mark) -> None:
    """Seed and first triggers of an opened mark."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("trigger", "candidate", "hold-out items", "label"):
        table.add_column(heading, justify="left" if heading == "label" else "right")
    triggers, classes = mark.triggers, mark.public.source.classes
    for position in range(min(len(triggers), SHOWN_TRIGGERS)):
        first, second = triggers.items[position].tolist()
        items = str(first) if first == second else f"{first}, {second}"
        label = classes[triggers.labels[position]]
        table.add_row(str(position), str(triggers.indices[position]), items, label)
    more = len(triggers) - SHOWN_TRIGGERS
    rest = [Text(f"… and {more} more; all of them with --json")] if more > 0 else []
    _print(Text("Secrets", style="bold"), _facts([("seed", mark.seed.hex())]), table, *rest)


def print_verification(found: Verification, suspect: str) -> None:
    """What a verification found."""
    headline, coverage, _, *reasons = str(found).splitlines()
    verdict = Text.assemble(("Verdict: ", "bold"), (found.verdict, _COLOURS[found.verdict]))
    _print(
        Text.assemble(("Suspect ", "bold"), (suspect, "bold")),
        Text(headline),
        Text(coverage),
        verdict,
        *(Text(reason) for reason in reasons),
    )


def mark_facts(public: MarkDocument) -> list[tuple[str, str]]:
    """The public part of a mark as (name, value) lines."""
    facts = [
        ("format", f"{public.format}, made by Tellmark {public.tellmark} on {public.created:%Y-%m-%d %H:%M} UTC"),
        ("source", _source(public)),
        ("classes", _classes(public.source.classes)),
        ("hold-out", _holdout(public)),
        ("candidates", _candidates(public)),
        ("proxies", _proxies(public)),
        ("selection", _selection(public)),
        ("recipe", f"{public.recipe.name}, {public.recipe_digest}"),
    ]
    statement = public.guarantee.statement if public.guarantee else "none: no proxy tested the triggers"
    facts.append(("guarantee", statement))
    if public.seed_guessable:
        facts.append(("warning", "the seed is a small number that can be guessed: good for experiments only"))
    return facts


def _source(public: MarkDocument) -> str:
    source = public.source
    accuracy = "" if source.accuracy is None else f", accuracy {source.accuracy:.3f} on the screen's items"
    return f"{source.kind} model, {source.digest or 'no digest'}{accuracy}"


def _classes(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:12])
    return f"{len(classes)}: {shown}{', …' if len(classes) > 12 else ''}"


def _holdout(public: MarkDocument) -> str:
    holdout = public.holdout
    labels = "" if holdout.labels_from == "file" else "; labels are the source's own answers"
    return f"{_plural(holdout.items, 'item')} ({holdout.space}), {holdout.digest}{labels}"


def _candidates(public: MarkDocument) -> str:
    recipe = public.recipe.candidates
    kinds = {
        "mixup": "blends of two items of different classes, answered as neither",
        "same-class-and-errors": "blends of two items of one class answered as the other, and the source's errors",
    }
    reuse = "items may be reused" if recipe.reuse_items else "each item serves once"
    share = f"{100 * recipe.max_label_share:g} % at most with one label"
    return f"{kinds[recipe.kind]}; {reuse}; margin to a tie at least {recipe.tie_margin:g}; {share}"


def _proxies(public: MarkDocument) -> str:
    recipe = public.recipe.proxies
    names = {
        "weight-noise-absolute": f"weight noise, σ = {recipe.magnitude:g}",
        "weight-noise-relative": f"weight noise, σ = {recipe.magnitude:g} of each parameter's scale",
        "weight-ball": f"uniform in a ball of radius {recipe.magnitude:g} around the weights",
    }
    if recipe.family == "none":
        return "none"
    found = " (found by the screen)" if recipe.magnitude_found else ""
    screen = "not screened"
    if recipe.screen is not None:
        screen = (
            f"accuracy within {recipe.screen.tolerance:g} of the source's on {_plural(recipe.screen.items, 'item')}"
        )
    tensors = _plural(len(public.source.perturbed), "parameter tensor")
    return f"{recipe.count} × {names[recipe.family]}{found}, on {tensors}; {screen}"


def _selection(public: MarkDocument) -> str:
    record = public.selection
    return (
        f"{record.drawn} candidates drawn, {record.asked} answered by the source, {record.kept} as neither parent, "
        f"{record.survived} alike by all proxies, {public.recipe.triggers} taken; "
        f"a model that answers everything alike can match {record.commonest_label}"
    )


def _facts(facts: list[tuple[str, str]]) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, Text(value))
    return table


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _print(title: Text, *rest: RenderableType) -> None:
    Console(highlight=False).print(Group(title, *(Padding(part, (0, 0, 0, 2)) for part in rest)))
