"""`tellmark questions`: write the trigger inputs as files, for a suspect that is asked elsewhere."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from tellmark.cli.keys import opened
from tellmark.cli.options import Identity, MarkFile, PassphraseFile


def command(
    mark_file: MarkFile,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="A new folder for the questions.")],
    max_queries: Annotated[
        int | None, typer.Option(help="Query budget; so many of each tier are written.", show_default="all triggers")
    ] = None,
    order_seed: Annotated[
        int | None, typer.Option(help="Fixes the order of the questions, to repeat a run.", show_default="fresh")
    ] = None,
    registration: Annotated[
        Path | None,
        typer.Option(metavar="TMK", help="The registration of MARK: its reserve is not written.", show_default=False),
    ] = None,
    identity: Identity = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write the inputs of MARK, in random order and without their labels, for a suspect asked by other means.

    With a budget, so many of each tier are written that every verification within it finds its answers.
    Images become PNG files, rows and texts one CSV file; answers.csv has a line for each with an empty label.
    Fill in the labels and verify with recorded:FOLDER/answers.csv.
    """
    from tellmark.evidence.unasked import unasked
    from tellmark.models.spec import ModelSpec
    from tellmark.report.terminal import say
    from tellmark.triggers.mark import read_mark_file
    from tellmark.verification.questions import write_questions

    mark = opened(read_mark_file(mark_file), passphrase_file=passphrase_file, identities=identity)
    reserve = () if registration is None else unasked(registration, mark.public)
    written = write_questions(mark, output, max_queries=max_queries, order_seed=order_seed, reserve=reserve)
    answers = output / "answers.csv"
    say(f"{written.count} questions in {output}; fill in the column label of {answers}, then:")
    verify = ["tellmark", "verify", str(mark_file), str(ModelSpec("recorded", str(answers)))]
    if max_queries is not None:
        verify += ["--max-queries", str(max_queries)]
    if registration is not None:
        verify += ["--registration", str(registration)]
    # The order is settled before the answers are known: with these at hand, other orders cost nothing to try.
    verify += ["--order-seed", str(written.order_seed)]
    say(shlex.join(verify))
