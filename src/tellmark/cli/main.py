"""The `tellmark` command."""

from __future__ import annotations

import io
import sys
from typing import NoReturn

import typer

from tellmark._version import __version__
from tellmark.cli import (
    ask,
    check,
    claim,
    demo,
    judge,
    lab,
    mark,
    open_triggers,
    plan,
    questions,
    register,
    show,
    signing_keys,
    stamp,
    steal,
    verify,
)
from tellmark.errors import TellmarkError
from tellmark.report.text import printable

BAD_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="tellmark",
    help="Prove that a machine-learning model was stolen from yours, without retraining or changing it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="mark")(mark.command)
app.command(name="show")(show.command)
app.command(name="plan")(plan.command)
app.command(name="verify")(verify.command)
app.command(name="register")(register.command)
app.command(name="stamp")(stamp.command)
app.command(name="claim")(claim.command)
app.command(name="open")(open_triggers.command)
app.command(name="judge")(judge.command)
app.command(name="check")(check.command)
app.command(name="ask")(ask.command)
app.command(name="questions")(questions.command)
app.command(name="steal")(steal.command)
app.command(name="demo")(demo.command)
app.add_typer(signing_keys.app, name="keys")
app.add_typer(lab.app, name="lab")


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
    """Run the command line; what the user did wrong is said in one line on standard error, with exit code 2."""
    _show_every_character()
    try:
        status = app(sys.argv[1:] or ["--help"], prog_name="tellmark", standalone_mode=False)
    except TellmarkError as error:
        _fail(str(error))
    except typer.TyperException as error:
        _fail(_misuse(error))
    except OSError as error:
        _fail(f"{error.filename or 'standard output'}: {error.strerror or error}")
    except (typer.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    if status == INTERRUPTED:
        typer.echo("tellmark: interrupted", err=True)
    sys.exit(status)


def _show_every_character() -> None:
    """Where the terminal's encoding lacks a character, print its number instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _misuse(error: typer.TyperException) -> str:
    """What is wrong with the words of the command, and where to read how it is used."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "tellmark"
    return f"{message[:1].lower()}{message[1:]}; see {command} --help"


def _fail(message: str) -> NoReturn:
    typer.echo(f"tellmark: {printable(message)}", err=True)
    sys.exit(BAD_INPUT)
