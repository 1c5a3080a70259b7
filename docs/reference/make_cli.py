"""Writes the reference of the command line beside it: ``python docs/reference/make_cli.py``.

It is generated from the commands themselves; a test sees that it is up to date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import typer

from tellmark.cli.check import INVALID
from tellmark.cli.main import BAD_INPUT, INTERRUPTED, app
from tellmark.cli.options import KEY_PASSPHRASE_VARIABLE, PASSPHRASE_VARIABLE

PAGE = Path(__file__).parent / "cli.md"

_HEAD = """# Commands
`tellmark --help` names the commands, `tellmark COMMAND --help` says of each what this page says.

Results go to standard output; remarks, progress and errors to standard error. A progress bar appears only on a
terminal. How models are named (`SOURCE`, `SUSPECT`) is in [Models](models.md), what `DATA` can be in
[Hold-out data](data.md).
"""

_EXIT_CODES = {
    0: "Done. Of `verify` and `judge`: the suspect was asked, whatever the verdict; of `check`: the bundle is valid, "
    "whatever it shows.",
    INVALID: "Of `check`: the bundle is invalid; the output says why.",
    BAD_INPUT: "Something given is wrong. One line on standard error says what, where, and what to do. "
    "No output was written. Of `verify` also: the suspect failed after its first answers; what these are worth is "
    "on standard output, and the line says how to go on.",
    INTERRUPTED: "Interrupted by Ctrl-C. `mark` keeps its state beside the mark, as `MARK.partial`; the same command "
    "goes on from there. So do `judge` and `lab run`.",
}

_VARIABLES = {
    PASSPHRASE_VARIABLE: "The passphrase of a mark's secrets, where `--passphrase-file` is not given.",
    KEY_PASSPHRASE_VARIABLE: "The passphrase of a signing key, where no file or keyring is named.",
    "TELLMARK_CACHE": "Where the lab keeps its networks; `~/.cache/tellmark` when unset.",
    "TELLMARK_DATA": "Where the lab looks up relative paths of data.",
    "TMPDIR": "Where decrypted secrets of more than 64 MiB lie while they are in use, in a file without a name.",
}

_TYPES = {int: "integer", float: "number", str: "text", Path: "path"}


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            _HEAD,
            *(_section(name, command, function) for name, command, function in commands(app)),
            "## Exit codes",
            _table(["code", "meaning"], ([str(code), meaning] for code, meaning in _EXIT_CODES.items())),
            "Any other code is a fault of Tellmark's own.\n",
            "## Environment",
            _table(["variable", "meaning"], ([f"`{name}`", meaning] for name, meaning in _VARIABLES.items())),
        ]
    )


def commands(group: typer.Typer, above: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every command: its whole name, what typer made of it, and its function; those of groups last."""
    built: Mapping[str, Any] = typer.main.get_group(group).commands
    for each in group.registered_commands:
        name = each.name or each.callback.__name__  # pyright: ignore[reportOptionalMemberAccess]
        yield f"{above}{name}", built[name], each.callback
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, f"{above}{inner.name} ")


def _section(name: str, command: Any, function: Any) -> str:
    types = get_type_hints(function)
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    usage = " ".join(["tellmark", name, *(each.metavar for each in arguments), "[OPTIONS]"])
    parts = [f"## tellmark {name}", f"```\n{usage}\n```\n", f"{command.help}\n"]
    if arguments:
        parts.append(_table(["argument", "meaning"], ([f"`{each.metavar}`", each.help] for each in arguments)))
    if options:
        parts.append(_table(["option", "value", "default", "meaning"], _option_rows(options, types)))
    return "\n".join(parts)


def _option_rows(options: list[Any], types: dict[str, Any]) -> Iterator[list[str]]:
    """Panel by panel, as in the help; those of no panel first."""
    panels = list(dict.fromkeys(each.rich_help_panel for each in options))
    in_order = sorted(options, key=lambda each: (each.rich_help_panel is not None, panels.index(each.rich_help_panel)))
    for panel, members in groupby(in_order, key=lambda each: each.rich_help_panel):
        if panel is not None:
            yield [f"**{panel}**", "", "", ""]
        for each in members:
            names = ", ".join(f"`{name}`" for name in [*each.opts, *each.secondary_opts])
            yield [names, _value(each, types[each.name]), _default(each), each.help]


def _value(option: Any, annotation: Any) -> str:
    if option.is_flag:
        return ""
    if option.metavar:
        return f"`{option.metavar}`"
    return _TYPES[_plain(annotation)]


def _plain(annotation: Any) -> type:
    """What one value is: `int` for an optional integer, `str` for a list of texts."""
    inner = [each for each in get_args(annotation) if each is not NoneType]
    return _plain(inner[0]) if inner else annotation


def _default(option: Any) -> str:
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return option.show_default
    if option.is_flag:
        return f"`{option.opts[0]}`" if option.default else ""
    return "" if option.default is None else f"`{getattr(option.default, 'value', option.default)}`"


def _table(header: list[str], rows: Iterator[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
