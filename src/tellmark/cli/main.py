"""The `tellmark` command."""

from __future__ import annotations

import sys

import typer

from tellmark._version import __version__
from tellmark.cli import demo, mark, questions, show, verify
from tellmark.errors import TellmarkError

BAD_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="tellmark",
    help="Prove that a machine-learning model was stolen from yours, without retraining or changing it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="mark", no_args_is_help=True)(mark.command)
app.command(name="show", no_args_is_help=True)(show.command)
app.command(name="verify", no_args_is_help=True)(verify.command)
app.command(name="questions", no_args_is_help=True)(questions.command)
app.command(name="demo")(demo.command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tellmark {__version__}")
        raise typer.Exit


@app.callback()
def _tellmark(
    version: bool = typer.Option(
        False,
        "--version",
        help="Print the version and stop.",
        callback=_print_version,
        is_eager=True,
    ),
) -> None:
    """Prove that a machine-learning model was stolen from yours, without retraining or changing it."""


def run() -> None:
    """Run the command line; what the user did wrong is said in one line, with exit code 2."""
    try:
        app()
    except TellmarkError as error:
        typer.echo(f"tellmark: {error}", err=True)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        typer.echo("tellmark: interrupted", err=True)
        sys.exit(INTERRUPTED)
