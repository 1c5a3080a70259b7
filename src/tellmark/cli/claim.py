"""`tellmark claim`: name a suspect, before any trigger is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tellmark.cli.keys import signing_key
from tellmark.cli.options import Key, KeyPassphraseFile, Nonce, RegistrationFile


def command(
    registration: RegistrationFile,
    key: Key,
    suspect: Annotated[str, typer.Option(metavar="NAME", help="Whom the claim is made against, and where it is met.")],
    nonce: Nonce,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="BUNDLE", help="A new folder for the evidence.")],
    key_passphrase_file: KeyPassphraseFile = None,
) -> None:
    """Claim that the model of a suspect is derived from the one in TMK.

    Give TMK to the judge first, who then draws the nonce. It decides which triggers `tellmark open` opens, and in
    which order; this command opens none. Triggers that earlier claims opened, as the file beside TMK says, serve this
    one no more.
    """
    from tellmark.evidence.claiming import new_claim

    signer = signing_key(key, passphrase_file=key_passphrase_file)
    made = new_claim(registration, output, signer, suspect=suspect, nonce=nonce)
    burned = sum(map(len, made.said.burned))
    typer.echo(f"Claim: {output}, no trigger is opened")
    typer.echo(f"Triggers opened in earlier claims: {burned}")
    typer.echo(f"Next: tellmark open {registration} … -o {output}")
