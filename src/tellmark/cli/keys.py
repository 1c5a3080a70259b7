"""Passphrases, recipients and identities: where commands get them, and opening a mark with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tellmark.cli.options import PASSPHRASE_VARIABLE
from tellmark.errors import InvalidInput, WrongKey

if TYPE_CHECKING:
    from tellmark.triggers.mark import Mark, MarkFile

_LONGEST = 1 << 16
_WHERE = f"give --passphrase-file, or set {PASSPHRASE_VARIABLE}"


def opened(file: MarkFile, *, passphrase_file: Path | None, identities: Sequence[Path] | None) -> Mark:
    """The mark with its secrets.

    A passphrase comes from the file, else from the environment, else from whoever sits at the terminal.

    Raises
    ------
    WrongKey
        If what opens them is missing, or another.
    """
    if file.protection == "passphrase":
        passphrase = _given(passphrase_file) or _asked("Passphrase of the mark", confirm=False)
        if passphrase is None:
            raise WrongKey(f"the secrets of {file.path} are encrypted under a passphrase: {_WHERE}")
        return file.open(passphrase=passphrase)
    if file.protection == "recipients" and not identities:
        raise WrongKey(
            f"the secrets of {file.path} are encrypted to recipients: give the private key of one with --identity"
        )
    return file.open(identities=identities or ())


def new_passphrase(file: Path | None) -> str:
    """The passphrase for a new mark, from the same places; asked for twice at a terminal.

    Raises
    ------
    InvalidInput
        If there is none and no terminal to ask at.
    """
    passphrase = _given(file) or _asked("New passphrase", confirm=True)
    if passphrase is None:
        raise InvalidInput(f"--encrypt needs a passphrase: {_WHERE}")
    return passphrase


def _given(file: Path | None) -> str | None:
    if file is not None:
        return _first_line(file)
    try:
        text = os.environ.get(PASSPHRASE_VARIABLE)
        if text:
            text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"the passphrase in {PASSPHRASE_VARIABLE} is no UTF-8 text") from None
    return text


def _asked(question: str, *, confirm: bool) -> str | None:
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    return typer.prompt(question, hide_input=True, confirmation_prompt=confirm, err=True)


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline(_LONGEST).rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the passphrase file {path} cannot be read as text") from error
    if not line:
        raise InvalidInput(f"the passphrase file {path} is empty: put the passphrase into its first line")
    return line
