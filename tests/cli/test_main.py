"""The command as a whole: help, version, misuse in one line, terminals of every kind, no slow imports."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tellmark._version import __version__
from tellmark.cli.main import run

SRC = Path(__file__).parents[2] / "src"
COMMANDS = ("mark", "show", "verify", "questions", "demo")


def test_version(tellmark):
    assert tellmark("--version").out == f"tellmark {__version__}\n"


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_names_every_command(tellmark, words):
    ran = tellmark(*words)
    assert (ran.code, ran.err) == (0, "")
    assert "Usage: tellmark" in ran.out
    assert all(f" {command} " in ran.out for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["frobnicate"], "no such command 'frobnicate'; see tellmark --help"),
        (["mark"], "missing argument 'SOURCE'; see tellmark mark --help"),
        (["mark", "onnx:m.onnx", "-o", "x"], "missing option '--holdout'; see tellmark mark --help"),
        (["show", "x.mark", "--publi"], "no such option: --publi .*--public.*; see tellmark show --help"),
        (["verify", "x.mark", "y", "--alpha", "low"], "'--alpha': .*number.*; see tellmark verify --help"),
        (["show", "x.mark", "y.mark"], "unexpected extra argument.*y.mark.*; see tellmark show --help"),
    ],
)
def test_misuse_is_told_in_one_line(tellmark, here, words, says):
    ran = tellmark(*words)
    assert (ran.code, ran.out) == (2, "")
    assert re.fullmatch(f"tellmark: .*{says}\n", ran.err), ran.err


def test_a_name_cannot_steer_the_terminal(tellmark, here):
    ran = tellmark("show", "first\nsecond\x1b[2J\u202e.mark")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert r"first\nsecond\x1b[2J\u202e.mark" in ran.err


def test_a_terminal_without_the_signs_is_no_obstacle(tellmark, marks, monkeypatch):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    assert tellmark("show", marks["table"]).code == 0
    screen.seek(0)
    assert r"4 \xd7 weight noise, \u03c3 = 0.02" in screen.read()


def test_interruption_is_said_and_has_its_own_exit_code(tellmark, marks, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tellmark.report.terminal.print_mark", interrupted)
    ran = tellmark("show", marks["table"], "--public")
    assert (ran.code, ran.err) == (130, "tellmark: interrupted\n")


def test_a_full_disk_behind_standard_output_is_told_in_one_line(monkeypatch, capsys, marks):
    class Full(io.BytesIO):
        def write(self, *_: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Full(), encoding="utf-8"))
    monkeypatch.setattr(sys, "argv", ["tellmark", "show", str(marks["table"]), "--json"])
    with pytest.raises(SystemExit) as end:
        run()
    assert end.value.code == 2
    assert capsys.readouterr().err == "tellmark: standard output: No space left on device\n"


def python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a fresh process."""
    environment = os.environ | {"PYTHONPATH": str(SRC), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_reader_that_stops_reading_is_no_error(marks):
    script = (
        "import subprocess, sys\n"
        "call = [sys.executable, '-c', 'from tellmark.cli.main import run; run()', 'show', sys.argv[1], '--json']\n"
        "with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as show:\n"
        "    show.stdout.close()\n"
        "    print(show.stderr.read().decode())\n"
    )
    assert python(script, str(marks["table"])).stdout == "\n"


SLOW = {"numpy", "scipy", "torch", "PIL", "safetensors", "onnx", "sklearn"}
HELP = """
import json, sys
from tellmark.cli.main import run
try:
    run()
except SystemExit as end:
    assert not end.code
print()
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize("words", [["--help"], ["mark", "--help"]])
def test_help_needs_no_slow_library(words):
    ran = python(HELP, *words)
    assert set(json.loads(ran.stdout.splitlines()[-1])) & SLOW == set()
