"""`tellmark verify`: ask a suspect the triggers."""

from __future__ import annotations

from typing import Annotated

import typer

from tellmark.cli.keys import opened
from tellmark.cli.options import AsJson, BatchSize, Device, Identity, MarkFile, PassphraseFile, Trust


def command(
    mark_file: MarkFile,
    suspect: Annotated[
        str, typer.Argument(metavar="SUSPECT", help="The model under examination, e.g. onnx:model.onnx.")
    ],
    tier: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask and test this tier only, settled before any answer; repeatable.", show_default="all tiers"
        ),
    ] = None,
    null_rate: Annotated[
        float | None,
        typer.Option(
            help="Matching rate that independent models do not exceed, as you measured it.",
            show_default="the limit in the mark",
        ),
    ] = None,
    fixed: Annotated[
        bool, typer.Option("--fixed", help="Ask the whole budget and test once, instead of stopping early.")
    ] = False,
    max_queries: Annotated[int | None, typer.Option(help="Query budget.", show_default="all triggers")] = None,
    alpha: Annotated[float, typer.Option(help="Level of the verdict 'supports'.")] = 0.01,
    beta: Annotated[float, typer.Option(help="Level at which asking is given up as futile.")] = 0.05,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    order_seed: Annotated[
        int | None, typer.Option(help="Fixes the order of the questions, to repeat a run.", show_default="fresh")
    ] = None,
    as_json: AsJson = False,
    identity: Identity = None,
    passphrase_file: PassphraseFile = None,
    trust: Trust = False,
    device: Device = None,
    batch_size: BatchSize = None,
) -> None:
    """Ask SUSPECT the triggers of MARK in random order, until the answers decide.

    Only labels are used. Where neither the mark nor --null-rate says how often innocent models match, every
    trigger is asked and the verdict is inconclusive. Ends with exit code 0 whatever the verdict.
    """
    from tellmark.api import load_model, verify
    from tellmark.cli.progress import progress_bars
    from tellmark.report.terminal import print_json, print_verification
    from tellmark.triggers.mark import read_mark_file

    mark = opened(read_mark_file(mark_file), passphrase_file=passphrase_file, identities=identity)
    model = load_model(suspect, trust=trust, device=device, batch_size=batch_size)
    with progress_bars() as progress:
        found = verify(
            mark,
            model,
            method="fixed" if fixed else None,
            tiers=tier or None,
            null_rate=null_rate,
            max_queries=max_queries,
            alpha=alpha,
            beta=beta,
            confidence=confidence,
            order_seed=order_seed,
            progress=progress,
        )
    if as_json:
        print_json(found.to_json())
    else:
        print_verification(found, suspect)
