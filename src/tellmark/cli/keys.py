"""Passphrases, recipients and identities: where commands get them, and opening a mark or a signing key with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tellmark.cli.options import KEY_PASSPHRASE_VARIABLE, PASSPHRASE_VARIABLE
from tellmark.errors import EvidenceError, InvalidInput, WrongKey
from tellmark.keyrings import keyring_entry

if TYPE_CHECKING:
    from tellmark.evidence.keys import SigningKey
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


def signing_key(path: Path, *, passphrase_file: Path | None, keyring: str | None = None) -> SigningKey:
    """The key in a key file, for which a passphrase is looked for in the same places if it is encrypted.

    Parameters
    ----------
    keyring : str or None
        An entry of the keyring, ``SERVICE/USER``, which comes before them.

    Raises
    ------
    EvidenceError
        If the passphrase is missing or wrong, or the file holds no key.
    """
    from tellmark.evidence.keys import is_encrypted, load_key

    if not is_encrypted(path):
        return load_key(path, None)
    passphrase = _of_key(passphrase_file, keyring) or _asked("Passphrase of the key", confirm=False)
    if passphrase is None:
        raise EvidenceError(
            f"the key {path} is encrypted: give --key-passphrase-file, or set {KEY_PASSPHRASE_VARIABLE}"
        )
    return load_key(path, passphrase)


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


def new_key_passphrase(file: Path | None, keyring: str | None) -> str:
    """The passphrase for a new signing key, from the places where `signing_key` looks for it.

    Raises
    ------
    InvalidInput
        If there is none and no terminal to ask at.
    """
    passphrase = _of_key(file, keyring) or _asked("New passphrase", confirm=True)
    if passphrase is None:
        raise InvalidInput(
            f"a key needs a passphrase: give --passphrase-file or --keyring, or set {KEY_PASSPHRASE_VARIABLE}"
        )
    return passphrase


def _of_key(file: Path | None, keyring: str | None) -> str | None:
    if keyring is None:
        return _given(file, KEY_PASSPHRASE_VARIABLE)
    if file is not None:
        raise InvalidInput("choose either a passphrase file or an entry of the keyring")
    passphrase = keyring_entry(keyring)
    if not passphrase:
        raise InvalidInput(f"the keyring has no entry {keyring}, or an empty one: put the passphrase there first")
    return passphrase


def _given(file: Path | None, variable: str = PASSPHRASE_VARIABLE) -> str | None:
    if file is not None:
        return _first_line(file)
    try:
        text = os.environ.get(variable)
        if text:
            text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"the passphrase in {variable} is no UTF-8 text") from None
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
