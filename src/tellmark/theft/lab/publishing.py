"""Write what a lab found: the summary as JSON, a page, and where Matplotlib is installed a figure."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tellmark.theft.lab.figure import save_figure
from tellmark.theft.lab.form import Result, write_result
from tellmark.theft.lab.page import write_page
from tellmark.theft.lab.table import kinds_of


def publish(result: Result, folder: Path) -> list[Path]:
    """Write ``NAME.json``, ``NAME.md`` and ``NAME.svg``, and say where.

    Raises
    ------
    FileError
        If one cannot be written.
    """
    summary = write_result(result, folder)
    page, figure = summary.with_suffix(".md"), summary.with_suffix(".svg")
    if find_spec("matplotlib") is None or not kinds_of(result):
        write_page(result, page)
        return [summary, page]
    save_figure(result, figure)
    write_page(result, page, figure=figure.name)
    return [summary, page, figure]
