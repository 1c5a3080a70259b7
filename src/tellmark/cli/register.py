"""`tellmark register`: commit to a mark, before anybody is accused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tellmark.cli.holdout import Classes, LabelColumn, reading
from tellmark.cli.keys import opened, signing_key
from tellmark.cli.options import (
    BatchSize,
    Device,
    Identity,
    Key,
    KeyPassphraseFile,
    Keyring,
    MarkFile,
    PassphraseFile,
    Trust,
    TsaRoots,
    TsaUrls,
)
from tellmark.cli.stamp import Authorities
from tellmark.errors import InvalidInput

_RULE, _MODEL = "What is settled", "The model"


def command(
    mark_file: MarkFile,
    key: Key,
    holdout: Annotated[Path, typer.Option("--holdout", metavar="DATA", help="The hold-out data of the mark.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="TMK", help="Where the registration is written.")],
    model: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            metavar="FILE",
            help="A file of your model, or the folder with all of them; repeatable.",
            show_default=False,
            rich_help_panel=_MODEL,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Your model, to label hold-out data that has no labels.",
            show_default=False,
            rich_help_panel=_MODEL,
        ),
    ] = None,
    tsa: TsaUrls = None,
    tsa_root: TsaRoots = None,
    reserve: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Share of each tier's triggers that no private check asks.", rich_help_panel=_RULE
        ),
    ] = 0.5,
    alpha: Annotated[float, typer.Option(help="Level of the verdict 'supports'.", rich_help_panel=_RULE)] = 0.01,
    beta: Annotated[
        float, typer.Option(help="Level at which asking is given up as futile.", rich_help_panel=_RULE)
    ] = 0.05,
    budget: Annotated[
        int | None,
        typer.Option(help="Triggers asked for one claim, at most.", show_default="all triggers", rich_help_panel=_RULE),
    ] = None,
    null_rate: Annotated[
        float | None,
        typer.Option(
            help="Matching rate that independent models do not exceed, as you measured it.",
            show_default="the limit in the mark",
            rich_help_panel=_RULE,
        ),
    ] = None,
    label_column: LabelColumn = None,
    classes: Classes = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite an existing registration.")] = False,
    identity: Identity = None,
    passphrase_file: PassphraseFile = None,
    key_passphrase_file: KeyPassphraseFile = None,
    keyring: Keyring = None,
    trust: Trust = False,
    device: Device = None,
    batch_size: BatchSize = None,
) -> None:
    """Commit to MARK and sign it, and have authorities vouch for the date.

    The registration is public and holds nothing secret. Register before your model is released, and before any
    suspect is known. Without --tsa nothing shows when that was.
    """
    from tellmark.api import load_data, load_model
    from tellmark.digests import digest_file
    from tellmark.evidence.model_files import model_files
    from tellmark.evidence.registering import RegistrationSettings, register
    from tellmark.files import check_replaceable
    from tellmark.report.registration import print_registration
    from tellmark.triggers.mark import read_mark_file
    from tellmark.triggers.preparing import labelled_by

    check_replaceable(output)
    if output.exists() and not force:
        raise InvalidInput(f"{output} exists: choose another name, or use --force")
    settings = RegistrationSettings(alpha=alpha, beta=beta, budget=budget, reserve=reserve, null_rate=null_rate)
    authorities = Authorities(tsa or (), tsa_root or ())
    files = model_files(model or ())
    mark = opened(read_mark_file(mark_file), passphrase_file=passphrase_file, identities=identity)
    data = load_data(holdout, **reading(label_column, classes))
    if data.labels is None and source is not None:
        data = labelled_by(load_model(source, trust=trust, device=device, batch_size=batch_size), data)
    signer = signing_key(key, passphrase_file=key_passphrase_file, keyring=keyring)
    made = register(mark, data, signer, settings, secrets=digest_file(mark_file), files=files)
    made = authorities.stamped(made)
    made.save(output)
    print_registration(output, made, guessable=mark.public.seed_guessable)
