"""`tellmark verify`: ask a suspect the triggers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tellmark.cli.keys import opened
from tellmark.cli.options import (
    CONDUCT,
    AsJson,
    BatchSize,
    Device,
    Identity,
    MarkFile,
    PassphraseFile,
    Sandbox,
    SandboxMemory,
    SandboxNetwork,
    SandboxSeconds,
    Trust,
)
from tellmark.cli.suspect import SandboxChoice, suspect_loaded
from tellmark.errors import ModelError

if TYPE_CHECKING:
    from tellmark.verification.result import Verification


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
    max_queries: Annotated[
        int | None, typer.Option(help="Query budget, for all kinds of queries.", show_default="all triggers")
    ] = None,
    alpha: Annotated[float, typer.Option(help="Level of the verdict 'supports'.")] = 0.01,
    beta: Annotated[float, typer.Option(help="Level at which asking is given up as futile.")] = 0.05,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    order_seed: Annotated[
        int | None, typer.Option(help="Fixes the order of the questions, to repeat a run.", show_default="fresh")
    ] = None,
    registration: Annotated[
        Path | None,
        typer.Option(metavar="TMK", help="The registration of MARK: its reserve is never asked.", show_default=False),
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option(
            help="Write the run down here while it goes on; stopped, the same command goes on from it.",
            show_default=False,
            rich_help_panel=CONDUCT,
        ),
    ] = None,
    cost_per_query: Annotated[
        float | None,
        typer.Option(
            help="What a query costs, in any currency.", show_default="as SUSPECT's file says", rich_help_panel=CONDUCT
        ),
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(help="What all queries may cost.", show_default="no limit", rich_help_panel=CONDUCT)
    ] = None,
    decoys: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of natural inputs among all queries, so that triggers do not stand out.",
            rich_help_panel=CONDUCT,
        ),
    ] = 0.0,
    decoy_data: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            help="Where natural inputs for decoys and controls come from.",
            show_default=False,
            rich_help_panel=CONDUCT,
        ),
    ] = None,
    repeats: Annotated[
        int,
        typer.Option(help="Triggers asked twice: do answers change from call to call?", rich_help_panel=CONDUCT),
    ] = 0,
    controls: Annotated[
        int,
        typer.Option(
            help="Natural inputs, at least 3, asked twice at the start, once at the end: did SUSPECT change meanwhile?",
            rich_help_panel=CONDUCT,
        ),
    ] = 0,
    as_json: AsJson = False,
    identity: Identity = None,
    passphrase_file: PassphraseFile = None,
    trust: Trust = False,
    device: Device = None,
    batch_size: BatchSize = None,
    sandbox: Sandbox = False,
    sandbox_network: SandboxNetwork = False,
    sandbox_memory: SandboxMemory = None,
    sandbox_seconds: SandboxSeconds = None,
) -> None:
    """Ask SUSPECT the triggers of MARK in random order, until the answers decide.

    Only labels are used. Where neither the mark nor --null-rate says how often innocent models match, every
    trigger is asked and the verdict is inconclusive. Ends with exit code 0 whatever the verdict. Where SUSPECT,
    asked one by one, fails after its first answers, what these are worth is printed all the same, and the exit
    code is 2.
    """
    from tellmark.api import load_data, verify
    from tellmark.cli.progress import progress_bars
    from tellmark.report.terminal import print_json, print_verification
    from tellmark.triggers.mark import read_mark_file

    choice = SandboxChoice(sandbox, sandbox_network, sandbox_memory, sandbox_seconds)
    mark = opened(read_mark_file(mark_file), passphrase_file=passphrase_file, identities=identity)
    loaded = suspect_loaded(suspect, choice, trust=trust, device=device, batch_size=batch_size)
    with loaded as model, progress_bars() as progress:
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
            registration=registration,
            transcript=transcript,
            cost_per_query=cost_per_query,
            max_cost=max_cost,
            decoys=decoys,
            decoy_data=None if decoy_data is None else load_data(decoy_data),
            repeats=repeats,
            controls=controls,
            progress=progress,
        )
    if as_json:
        print_json(found.to_json())
    else:
        print_verification(found, suspect)
    if found.failure is not None:
        raise ModelError(_cut_short(found, found.failure, transcript))


def _cut_short(found: Verification, failure: str, transcript: Path | None) -> str:
    """That the result ends where the suspect failed, and how to go on."""
    answers = "1 answer" if found.queries == 1 else f"{found.queries} answers"
    further = (
        f"--order-seed {found.order_seed} asks the same questions in the same order, from the first; with --transcript "
        f"a run goes on where it ended"
        if transcript is None
        else f"the same command goes on from {transcript}"
    )
    return f"the suspect failed after {answers} ({failure}), and the result is what these are worth: {further}"
