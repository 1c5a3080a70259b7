"""`tellmark keys`: the keys that sign registrations, claims and verdicts."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tellmark.cli.keys import new_key_passphrase
from tellmark.cli.options import KEY_PASSPHRASE_VARIABLE
from tellmark.errors import InvalidInput

app = typer.Typer(
    name="keys",
    help="Make the keys that sign evidence.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


class Kind(StrEnum):
    """The kinds of key."""

    ed25519 = "ed25519"
    p256 = "p256"


@app.callback()
def _keys() -> None:
    """Make the keys that sign evidence."""


@app.command()
def new(
    path: Annotated[Path, typer.Argument(metavar="KEY", help="Where the key is written, such as owner.key.")],
    kind: Annotated[
        Kind, typer.Option(metavar="KIND", help="ed25519, or p256: ECDSA over P-256 with SHA-256.")
    ] = Kind.ed25519,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            help=f"File with the passphrase; else the variable {KEY_PASSPHRASE_VARIABLE}, or a question.",
            show_default=False,
        ),
    ] = None,
    keyring: Annotated[
        str | None,
        typer.Option(
            metavar="SERVICE/USER", help="Entry of the system's keyring with the passphrase.", show_default=False
        ),
    ] = None,
    unencrypted: Annotated[
        bool, typer.Option("--unencrypted", help="Write the key as it is: whoever reads the file can sign.")
    ] = False,
) -> None:
    """Make a key and write it to KEY, encrypted, and its public half beside it, to a file that ends in .pub.

    Neither file is ever overwritten. The public half, or its keyid, is what you give to others; who loses KEY or its
    passphrase can sign no further claim on what the key has registered.
    """
    from tellmark.evidence.keys import check_new, new_key, public_path, save_key

    check_new(path)
    if unencrypted and (passphrase_file or keyring):
        raise InvalidInput("choose either --unencrypted or a passphrase")
    passphrase = None if unencrypted else new_key_passphrase(passphrase_file, keyring)
    key = new_key(kind.value)
    save_key(key, path, passphrase)
    typer.echo(f"Key: {path}, {'not encrypted' if unencrypted else 'encrypted'}")
    typer.echo(f"Public key: {public_path(path)}")
    typer.echo(f"Keyid: {key.public.keyid}")
