"""`tellmark show`: what is in a mark."""

from __future__ import annotations

from typing import Annotated

import typer

from tellmark.cli.keys import opened
from tellmark.cli.options import AsJson, Identity, MarkFile, PassphraseFile


def command(
    mark_file: MarkFile,
    public: Annotated[bool, typer.Option("--public", help="Leave out every secret: seed, triggers, labels.")] = False,
    as_json: AsJson = False,
    identity: Identity = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Show what is in MARK: where it comes from, how it was made, what it guarantees, and its triggers.

    With --public no secret is opened and none is shown.
    """
    from tellmark.report.mark_json import public_json, secret_json
    from tellmark.report.terminal import print_json, print_mark, print_secrets
    from tellmark.triggers.mark import read_mark_file

    file = read_mark_file(mark_file)
    if public:
        if as_json:
            print_json(public_json(file.public, file.protection))
        else:
            print_mark(mark_file, file.public, file.protection)
        return
    mark = opened(file, passphrase_file=passphrase_file, identities=identity)
    if as_json:
        print_json(public_json(file.public, file.protection) | secret_json(mark))
    else:
        print_mark(mark_file, file.public, file.protection)
        print_secrets(mark)
