"""`tellmark open`: disclose the next triggers of a claim."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tellmark.cli.holdout import Classes, LabelColumn, reading
from tellmark.cli.keys import opened, signing_key
from tellmark.cli.options import (
    MODEL,
    BatchSize,
    Device,
    Identity,
    Key,
    KeyPassphraseFile,
    Nonce,
    PassphraseFile,
    RegistrationFile,
    Trust,
)


def command(
    registration: RegistrationFile,
    mark: Annotated[Path, typer.Option("--mark", metavar="MARK", help="The mark that was registered.")],
    key: Key,
    holdout: Annotated[Path, typer.Option("--holdout", metavar="DATA", help="The hold-out data of the mark.")],
    count: Annotated[int, typer.Option(min=1, help="How many triggers to open.")],
    nonce: Nonce,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="BUNDLE", help="The folder of the claim.")],
    source: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Your model, to label hold-out data that has no labels.",
            show_default=False,
            rich_help_panel=MODEL,
        ),
    ] = None,
    label_column: LabelColumn = None,
    classes: Classes = None,
    identity: Identity = None,
    passphrase_file: PassphraseFile = None,
    key_passphrase_file: KeyPassphraseFile = None,
    trust: Trust = False,
    device: Device = None,
    batch_size: BatchSize = None,
) -> None:
    """Open the next triggers of the claim in BUNDLE, in the order that its nonce decides.

    Each is shown with its own seed and the hold-out items that it is made of; the mark's seed and all other triggers
    stay secret. Tiers are filled in the order of asking, each with what a decision takes there. What is opened is
    written to the file TMK.opened.jsonl first, and serves no other claim: keep that file with TMK.
    """
    from tellmark.api import load_data, load_model
    from tellmark.evidence.opening import open_next
    from tellmark.evidence.registration import load_registration
    from tellmark.triggers.mark import read_mark_file
    from tellmark.triggers.preparing import labelled_by

    names = [tier.name for tier in load_registration(registration).said.tiers]
    secret = opened(read_mark_file(mark), passphrase_file=passphrase_file, identities=identity)
    data = load_data(holdout, **reading(label_column, classes))
    if data.labels is None and source is not None:
        data = labelled_by(load_model(source, trust=trust, device=device, batch_size=batch_size), data)
    signer = signing_key(key, passphrase_file=key_passphrase_file)
    found = open_next(registration, output, secret, data, signer, count=count, nonce=nonce)
    typer.echo(f"Opening: {found.path}, {sum(found.given)} triggers")
    for name, done, left in zip(names, found.opened, found.left, strict=True):
        typer.echo(f"Tier {name}: {done} opened for this claim, {left} left")
