"""`tellmark steal`: make a stolen model of one's own, to see whether it is found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tellmark.cli.options import AsJson, BatchSize, Device, Trust

if TYPE_CHECKING:
    from tellmark.theft.robbery import Robbery

_DATA, _THIEF = "Data", "Thief"


def _print_kinds(wanted: bool) -> None:
    if wanted:
        from tellmark.report.theft import print_kinds

        print_kinds()
        raise typer.Exit


def command(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Your model, for example onnx:model.onnx.")],
    attack: Annotated[str, typer.Option("--attack", metavar="NAME", help="How it is stolen; --list names the ways.")],
    data: Annotated[Path, typer.Option("--data", metavar="DATA", help="What the thief has: folder, zip, npz, csv, …")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="A new folder for the stolen model.")
    ],
    student: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Architecture of a network that is trained on answers, torch:package.module:factory.",
            show_default="a small network",
            rich_help_panel=_THIEF,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="A setting of the attack, such as temperature=2 or training.epochs=5; repeatable.",
            show_default="those of the reference",
            rich_help_panel=_THIEF,
        ),
    ] = None,
    independent: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="A model that owes nothing to SOURCE, for average-independent and ensemble-twin.",
            show_default=False,
            rich_help_panel=_THIEF,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides every random choice of the theft.", rich_help_panel=_THIEF)] = 0,
    label_column: Annotated[
        str | None,
        typer.Option(
            help="Label column, by name or by number from 0.", show_default="by its name", rich_help_panel=_DATA
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="All class names in order, with commas.", show_default="those in the data", rich_help_panel=_DATA
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Replace the stolen model that is in FOLDER already.")
    ] = False,
    as_json: AsJson = False,
    trust: Trust = False,
    device: Device = None,
    batch_size: BatchSize = None,
    list_kinds: Annotated[
        bool,
        typer.Option("--list", help="Name every way to steal, and stop.", callback=_print_kinds, is_eager=True),
    ] = False,
) -> None:
    """Steal your own model in a known way, to see whether a mark finds it again.

    FOLDER gets the stolen network as model.pt2, which loads without anybody's code, and theft.json, which says how
    it came about. Verify it as stolen:FOLDER. SOURCE is not changed. A fifth of DATA, at most 2000 items, is kept
    from the thief, to measure accuracy and agreement on.

    What trains on answers works against every SOURCE; what changes weights needs torch:; an evasion is put before a
    copy of torch:, export: or stolen:.
    """
    from tellmark.api import load_data, load_model
    from tellmark.cli.progress import progress_bars
    from tellmark.output_folder import new_folder
    from tellmark.report.terminal import print_json, say
    from tellmark.report.theft import print_theft
    from tellmark.theft.catalogue import kind_named
    from tellmark.theft.haul import carried_out, check_exportable
    from tellmark.theft.loot import is_loot, write_loot
    from tellmark.theft.robbery import planned

    del list_kinds  # where it is wanted the command has ended
    kind = kind_named(attack)
    options: dict[str, Any] = {"trust": trust, "device": device, "batch_size": batch_size}
    with new_folder(output, may_replace=is_loot if force else lambda folder: False) as folder, progress_bars() as bars:
        robbery = planned(
            kind,
            load_model(source, **options),
            load_data(data, label_column=_column(label_column), classes=_names(classes)),
            settings=settings or (),
            student=student,
            independent=None if independent is None else (independent, load_model(independent, **options)),
            seed=seed,
        )
        check_exportable(robbery)
        if robbery.held.labels is None:
            say(_unlabelled(robbery))
        record = write_loot(folder, robbery, carried_out(robbery, device=device, progress=bars), device=device)
    if as_json:
        print_json(record.to_json())
    else:
        print_theft(record, source=source, folder=output)


def _unlabelled(robbery: Robbery) -> str:
    """Why no accuracy is measured."""
    data = robbery.victim.own_labels
    if data.labels is None:
        return f"{data.name} has no labels: no accuracy is measured"
    return f"the classes of {data.name} are not those of the source: its labels are passed over"


def _column(text: str | None) -> str | int | None:
    return int(text) if text is not None and re.fullmatch("-?[0-9]{1,9}", text) else text


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(","))
