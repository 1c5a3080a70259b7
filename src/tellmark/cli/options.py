"""Options that several commands share, and what they mean."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tellmark.errors import InvalidInput

PASSPHRASE_VARIABLE = "TELLMARK_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret

MODEL, SECRETS = "Models", "Secrets"
"""Headings under which shared options stand in the help."""

MarkFile = Annotated[Path, typer.Argument(metavar="MARK", help="A mark file.", show_default=False)]

Identity = Annotated[
    list[Path] | None,
    typer.Option(
        "--identity",
        "-i",
        help="age identity file that opens the secrets; repeatable.",
        show_default=False,
        rich_help_panel=SECRETS,
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help=f"File with the passphrase of the secrets; else the variable {PASSPHRASE_VARIABLE}, or a question.",
        show_default=False,
        rich_help_panel=SECRETS,
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Open model files that can run code when opened (pickle). Only for files you made yourself.",
        rich_help_panel=MODEL,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="cpu, cuda, cuda:1, … The first CUDA device when there is one.",
        show_default=False,
        rich_help_panel=MODEL,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        min=1,
        help="Inputs in one forward pass; chosen by memory.",
        show_default=False,
        rich_help_panel=MODEL,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else.")]


def passphrase_from_file(path: Path | None) -> str | None:
    """First line of the file, without its line end; None without a file.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is empty.
    """
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the passphrase file {path} cannot be read as text") from error
    lines = text.splitlines()
    if not lines or not lines[0]:
        raise InvalidInput(f"the passphrase file {path} is empty")
    return lines[0]


def passphrase_to_open(path: Path | None) -> str | None:
    """The passphrase from the file, else from the environment, else asked for at a terminal."""
    given = passphrase_from_file(path) or os.environ.get(PASSPHRASE_VARIABLE)
    if given or not sys.stdin.isatty():
        return given
    return typer.prompt("Passphrase of the mark", hide_input=True, err=True)


def passphrase_to_set(path: Path | None) -> str:
    """The passphrase for a new mark, from the same places; asked for twice at a terminal.

    Raises
    ------
    InvalidInput
        If there is none and no terminal to ask at.
    """
    given = passphrase_from_file(path) or os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise InvalidInput(f"--encrypt needs a passphrase: give --passphrase-file, or set {PASSPHRASE_VARIABLE}")
    return typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True)
