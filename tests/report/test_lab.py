"""A lab on the terminal: nine detectors and long names of thefts fit into a hundred columns."""

from __future__ import annotations

import pytest

from tellmark.report.lab import print_markdown, print_results
from tellmark.theft.lab.form import DetectorResult, InnocentKind, Innocents, Machine, Result, StolenKind
from tellmark.theft.lab.page import markdown
from tellmark.theft.lab.provenance import now

KIND = StolenKind(models=2, transfer_mean=0.9, transfer_sd=0.1, auc=0.987, auc_ci95=(0.4, 1.0), accuracy_lost=0.1)
TWINS = InnocentKind(models=11, false_claims=1, rate_ci95=(0.01, 0.42))
THEFTS = ("knockoff-adaptive other-domain", "randomise-inputs on distill-soft", "int8")
NAMES = ("tellmark", *(f"tellmark-{name}" for name in ("copy", "derived", "distilled", "paper")), *"efgh")


@pytest.fixture
def result(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    twins = Innocents(**TWINS.model_dump(), kinds={"same": TWINS, "other-architecture": TWINS})
    found = DetectorResult(kinds=dict.fromkeys(THEFTS, KIND), innocents=twins)
    return Result(
        name="toy",
        command="",
        commit="none",
        date=now(),
        machine=Machine(cpu="a processor", cores=2, memory_gib=8.0, system="Linux", python="3.11.7"),
        seed=1,
        settings={"failed_to_learn": [{"name": "thief int8 2", "role": "thief", "accuracy": 0.1}]},
        detectors=dict.fromkeys(NAMES, found),
        figures={"accuracy/source": 0.9},
    )


def test_every_figure_is_on_its_line(result, capsys):
    print_results(result)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.startswith("knockoff-adaptive other-domain") and line.count("0.987") == 9 for line in lines)
    assert sum(line.count("1/11") for line in lines if line.startswith("twins: ")) == 27
    assert any("9 h" in line and "1 of 11 twins were claimed (95 %: 0.01-0.42)" in line for line in lines)


def test_it_says_where_to_read_on_and_who_is_missing(result, capsys):
    print_results(result)
    said = capsys.readouterr().out
    assert "Where Tellmark loses, and every figure: --markdown." in said
    assert "1 model was left out; --markdown says which and why." in said


def test_the_page_is_printed_as_it_is(result, capsys):
    print_markdown(result, figure="toy.svg")
    assert capsys.readouterr().out == markdown(result, figure="toy.svg")
