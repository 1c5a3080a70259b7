"""Progress is shown on a terminal, with rate and time left, and nowhere else."""

from __future__ import annotations

import re
import time

import pytest
from rich.progress import Progress as Bars

from tellmark.cli.progress import STAGES, _Display, progress_bars


def work():
    with progress_bars() as progress:
        for stage in (*STAGES, "another stage"):
            for done in (0, 1, 2, 3, 4, 0, 2, 4):
                progress(stage, done, None if stage == "magnitude" else 4)
                time.sleep(0.005)  # or no rate can be told


def test_nothing_is_shown_where_nobody_looks(capsys):
    work()
    assert capsys.readouterr() == ("", "")


def test_every_stage_is_named_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")  # a dumb one is told the end only
    monkeypatch.setenv("COLUMNS", "100")
    work()
    printed = capsys.readouterr()
    shown = re.sub("\x1b\\[[^a-zA-Z]*[a-zA-Z]", "", printed.err)
    assert printed.out == ""
    for name in (*STAGES.values(), "another stage"):
        assert name in shown
    assert "4/4" in shown
    assert " left " in shown


def test_the_rate_is_that_of_the_clock():
    now = [0.0]
    bars = Bars(disable=True, get_time=lambda: now[0])
    display = _Display(bars)
    for second, done in enumerate((0, 5, 10, 15)):
        now[0] = float(second)
        display("proxies", done, 20)
    assert bars.tasks[0].fields["rate"] == "5.0/s"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_ends_the_work_comes_through(error):
    with pytest.raises(error), progress_bars() as progress:  # noqa: PT012
        progress("screen", 0, 10)
        raise error
