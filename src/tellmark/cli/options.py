"""Options that several commands share, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PASSPHRASE_VARIABLE = "TELLMARK_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret
KEY_PASSPHRASE_VARIABLE = "TELLMARK_KEY_PASSPHRASE"  # noqa: S105

MODEL, SECRETS, CONDUCT, SANDBOX = "Models", "Secrets", "How the suspect is asked", "A suspect's file from a stranger"
DATE = "Proof of the date"
"""Headings under which shared options stand in the help."""

MarkFile = Annotated[Path, typer.Argument(metavar="MARK", help="A mark file.", show_default=False)]

Identity = Annotated[
    list[Path] | None,
    typer.Option(
        "--identity",
        "-i",
        help="File with the age identity or ssh private key that opens the secrets; repeatable.",
        show_default=False,
        rich_help_panel=SECRETS,
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help=f"File with the passphrase of the secrets; else the variable {PASSPHRASE_VARIABLE}, or a question.",
        show_default=False,
        rich_help_panel=SECRETS,
    ),
]
Key = Annotated[Path, typer.Option("--key", metavar="KEY", help="The key file that signs.", show_default=False)]
KeyPassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--key-passphrase-file",
        help=f"File with the passphrase of the key; else the variable {KEY_PASSPHRASE_VARIABLE}, or a question.",
        show_default=False,
        rich_help_panel=SECRETS,
    ),
]
Keyring = Annotated[
    str | None,
    typer.Option(
        "--keyring",
        metavar="SERVICE/USER",
        help="Entry of the system's keyring with the passphrase of the key.",
        show_default=False,
        rich_help_panel=SECRETS,
    ),
]
TsaUrls = Annotated[
    list[str] | None,
    typer.Option(
        "--tsa",
        metavar="URL",
        help="A time-stamping authority (RFC 3161) that vouches for the date; repeatable.",
        show_default=False,
        rich_help_panel=DATE,
    ),
]
TsaRoots = Annotated[
    list[Path] | None,
    typer.Option(
        "--tsa-root",
        metavar="PEM",
        help="Root certificate of such an authority; repeatable.",
        show_default=False,
        rich_help_panel=DATE,
    ),
]
TrustedRoots = Annotated[
    list[Path] | None,
    typer.Option(
        "--tsa-root",
        metavar="PEM",
        help="Root certificate of a time-stamping authority that you trust; repeatable. Without any no date is proven.",
        show_default=False,
        rich_help_panel=DATE,
    ),
]
RegistrationFile = Annotated[Path, typer.Argument(metavar="TMK", help="A registration.", show_default=False)]
Bundle = Annotated[Path, typer.Argument(metavar="BUNDLE", help="The folder of a claim.", show_default=False)]
Nonce = Annotated[
    str,
    typer.Option(
        metavar="HEX",
        help="The judge's: 16 to 64 bytes in hexadecimal digits, drawn after the judge had the registration.",
        show_default=False,
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Open model files that can run code when opened (pickle). Only for files you made yourself.",
        rich_help_panel=MODEL,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="cpu, cuda, cuda:1, …",
        show_default="a GPU where there is one",
        rich_help_panel=MODEL,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        min=1,
        help="Inputs asked at a time.",
        show_default="by memory",
        rich_help_panel=MODEL,
    ),
]
Sandbox = Annotated[
    bool,
    typer.Option(
        "--sandbox",
        help="Open SUSPECT's file in a process of its own, with limits and without network (Linux).",
        rich_help_panel=SANDBOX,
    ),
]
SandboxNetwork = Annotated[
    bool,
    typer.Option(
        "--sandbox-network",
        help="Accept a sandbox with network, where it cannot be cut off.",
        rich_help_panel=SANDBOX,
    ),
]
SandboxMemory = Annotated[
    float | None,
    typer.Option(
        "--sandbox-memory",
        metavar="GIB",
        help="What the file may take of memory.",
        show_default="half of what is free",
        rich_help_panel=SANDBOX,
    ),
]
SandboxSeconds = Annotated[
    int | None,
    typer.Option(
        "--sandbox-seconds",
        help="What loading and all answers may take of processor time.",
        show_default="3600",
        rich_help_panel=SANDBOX,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else.")]
