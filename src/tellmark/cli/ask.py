"""`tellmark ask`: try a suspect with one input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tellmark.cli.keys import opened
from tellmark.cli.options import AsJson, Device, Identity, PassphraseFile, Trust

if TYPE_CHECKING:
    from tellmark.data.dataset import Dataset
    from tellmark.triggers.mark import Mark
    from tellmark.types import Indices


def command(
    suspect: Annotated[
        str, typer.Argument(metavar="SUSPECT", help="The model, e.g. suspect.toml or kserve:http://host/v2/models/m.")
    ],
    given: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="An image file, text:WORDS, row:1,2,3, or a file or folder of hold-out data."
        ),
    ],
    item: Annotated[int, typer.Option(min=0, help="Which item of the hold-out data to ask.")] = 0,
    learn: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Ask so many labelled items of the hold-out data, and learn what the suspect's class names mean.",
            show_default="ask one",
        ),
    ] = None,
    mark_file: Annotated[
        Path | None,
        typer.Option("--mark", metavar="MARK", help="A mark no trigger of which is to be asked.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    identity: Identity = None,
    passphrase_file: PassphraseFile = None,
    trust: Trust = False,
    device: Device = None,
) -> None:
    """Ask SUSPECT one input, and show the request, the raw answer and what was understood.

    Secrets are shown by the name of the variable or keyring entry they come from. With --learn, several items are asked
    instead, and the class names that SUSPECT uses are matched with those of the hold-out data; they are printed as the
    table to put into SUSPECT's file.

    Items of the data that a mark was made from may be triggers of it, or a trigger may have been blended from them.
    With --mark such an input is refused, and --learn leaves these items out: no trigger is spent.
    """
    from tellmark.api import load_model
    from tellmark.cli.given_input import given_input
    from tellmark.models.http.model import HttpModel
    from tellmark.models.http.trial import trial_of
    from tellmark.report.layout import console, print_lines, width_of
    from tellmark.report.terminal import print_json
    from tellmark.report.trial import answers_json, answers_lines, trial_json, trial_lines
    from tellmark.triggers.harmless import refuse_triggers

    model = load_model(_named(suspect), trust=trust, device=device)
    mark = None if mark_file is None else _opened(mark_file, passphrase_file, identity)
    if learn is not None:
        _learn(model, Path(given), learn, mark, as_json=as_json)
        return
    batch = given_input(given, item=item)
    if mark is not None:
        refuse_triggers(mark, batch)
    classes, target = model.info.classes, console()
    if not isinstance(model, HttpModel):
        answers = model.query(batch)
        if as_json:
            print_json(answers_json(answers, classes))
        else:
            print_lines(target, answers_lines(answers, classes, width=width_of(target)))
        return
    trial = trial_of(model, batch)
    if as_json:
        print_json(trial_json(trial, classes))
    else:
        print_lines(target, trial_lines(trial, classes, width=width_of(target)))
    if trial.error is not None:
        raise trial.error


def _named(suspect: str) -> str:
    """A description's file may be named by itself."""
    return f"rest:{suspect}" if suspect.endswith(".toml") and Path(suspect).is_file() else suspect


def _opened(path: Path, passphrase_file: Path | None, identities: list[Path] | None) -> Mark:
    from tellmark.triggers.mark import read_mark_file

    return opened(read_mark_file(path), passphrase_file=passphrase_file, identities=identities)


def _learn(model: object, path: Path, count: int, mark: Mark | None, *, as_json: bool) -> None:
    from tellmark.data.loading import load_data
    from tellmark.errors import InvalidInput
    from tellmark.models.http.class_map import learn_class_map
    from tellmark.models.http.model import HttpModel
    from tellmark.report.layout import console, print_lines
    from tellmark.report.terminal import print_json
    from tellmark.report.trial import map_lines

    if not isinstance(model, HttpModel):
        raise InvalidInput(
            "class names are learned from a suspect behind a network; name one such as rest:suspect.toml"
        )
    data = load_data(path)
    if data.labels is None:
        raise InvalidInput(f"{path} has no labels to learn class names from")
    chosen = _chosen(data, mark, count)
    found = learn_class_map(model.names(data.inputs[chosen]), data.labels[chosen], data.classes)
    if as_json:
        print_json({"aliases": found.aliases, "certainty": found.certainty, "missing": list(found.missing)})
        return
    print_lines(console(), map_lines(found))
    typer.echo("\n[aliases]")
    for name, meaning in found.aliases.items():
        typer.echo(f"{_quoted(name)} = {_quoted(meaning)}")


def _chosen(data: Dataset, mark: Mark | None, count: int) -> Indices:
    """Random positions, at most so many."""
    import numpy as np

    from tellmark.errors import InvalidInput
    from tellmark.triggers.harmless import harmless_items

    fit = np.arange(len(data)) if mark is None else harmless_items(mark, data)
    if len(fit) == 0:
        raise InvalidInput(f"every item of {data.name} is a trigger of the mark or belongs to one: give other data")
    return np.random.default_rng(0).permutation(fit)[:count]


def _quoted(text: str) -> str:
    """A TOML string; JSON writes the same."""
    import json

    from tellmark.report.text import printable

    return printable(json.dumps(text, ensure_ascii=False))
