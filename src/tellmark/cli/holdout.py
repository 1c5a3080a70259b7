"""Options that say how hold-out data is read, and what they mean."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

DATA = "Hold-out data"
"""Heading under which these options stand in the help."""

LabelColumn = Annotated[
    str | None,
    typer.Option(help="Label column, by name or by number from 0.", show_default="by its name", rich_help_panel=DATA),
]
Classes = Annotated[
    str | None,
    typer.Option(help="All class names in order, with commas.", show_default="those in the data", rich_help_panel=DATA),
]


def reading(label_column: str | None, classes: str | None) -> dict[str, Any]:
    """What the two options say, as keyword arguments of `tellmark.load_data`."""
    return {"label_column": _column(label_column), "classes": _names(classes)}


def _column(text: str | None) -> str | int | None:
    return int(text) if text is not None and re.fullmatch("-?[0-9]{1,9}", text) else text


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(","))
