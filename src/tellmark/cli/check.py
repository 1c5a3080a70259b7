"""`tellmark check`: check a bundle of evidence from its files alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tellmark.cli.options import AsJson, Bundle, TrustedRoots

INVALID = 1
"""Exit code for a bundle that is not what it should be."""


def command(
    bundle: Bundle,
    tsa_root: TrustedRoots = None,
    owner_key: Annotated[
        Path | None,
        typer.Option(
            "--owner-key", metavar="PUB", help="Public key that the owner must have signed with.", show_default=False
        ),
    ] = None,
    judge_key: Annotated[
        Path | None,
        typer.Option(
            "--judge-key",
            metavar="PUB",
            help="Public key that the judge must have signed with. Without it no claim is supported.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check BUNDLE: every signature, digest, date, trigger, answer and number of it, and the judge's verdict.

    Nothing but the files is needed: no model, no network. Whose keys signed has to be known from elsewhere: anybody can
    play the judge. Without --tsa-root the date of the registration is not proven to you. Ends with exit code 0 where
    BUNDLE is valid, whatever it shows, and 1 where it is invalid.
    """
    from tellmark.evidence.check import Pins, check_bundle
    from tellmark.evidence.keys import load_public
    from tellmark.evidence.tsa_certificates import read_roots
    from tellmark.report.finding import finding_json, print_finding

    pins = Pins(
        owner=None if owner_key is None else load_public(owner_key),
        judge=None if judge_key is None else load_public(judge_key),
    )
    found = check_bundle(bundle, read_roots(tsa_root or ()), pins)
    if as_json:
        from tellmark.report.terminal import print_json

        print_json(finding_json(found))
    else:
        print_finding(bundle, found)
    if found.outcome == "invalid":
        raise typer.Exit(INVALID)
