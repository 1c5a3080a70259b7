"""Results are kept in one form, whole or not at all, and their pages say what the files say."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from benchmarks import pages
from benchmarks.form import (
    RESULTS,
    Machine,
    Result,
    StolenKind,
    checked_out_commit,
    now,
    read_result,
    this_machine,
    write_result,
)

MACHINE = Machine(cpu="a processor", cores=2, memory_gib=8.0, system="Linux", python="3.11.7")


def result(**changes):
    fields = {
        "name": "toy",
        "command": "make bench-toy",
        "commit": "none",
        "date": now(),
        "machine": MACHINE,
        "seed": 1,
        "settings": {"triggers": 100},
        "figures": {"ratio": 2.5},
    }
    return Result(**(fields | changes))


def test_what_was_written_is_read_back(tmp_path):
    kind = StolenKind(models=8, transfer_mean=0.8, transfer_sd=0.1, auc=0.9, auc_ci95=(0.8, 1.0), tpr={"0.01": 0.5})
    written = result(kinds={"distill-soft": kind})
    path = write_result(written, tmp_path)
    assert path == tmp_path / "toy.json"
    assert read_result(path) == written
    assert json.loads(path.read_text())["schema"] == "tellmark.benchmark/1"


@pytest.mark.parametrize(
    "changes",
    [{"figures": {"ratio": float("nan")}}, {"figures": {"ratio": "fast"}}, {"name": "../toy"}, {"more": 1}],
)
def test_other_forms_are_refused(changes):
    with pytest.raises(ValidationError):
        result(**changes)


def test_a_file_with_an_unknown_field_is_refused(tmp_path):
    path = write_result(result(), tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rating": 5}))
    with pytest.raises(ValidationError, match="rating"):
        read_result(path)


def test_a_machine_has_no_name():
    machine = this_machine()
    assert machine.cores >= 1
    assert set(machine.model_dump()) == {"cpu", "cores", "memory_gib", "system", "python"}


def test_outside_a_repository_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert checked_out_commit(tmp_path) == "none"


def test_a_page_is_made_from_the_result(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "TEMPLATES", tmp_path)
    (tmp_path / "toy.md").write_text("{figures[ratio]:.1f} times, {settings[triggers]} triggers\n\n{provenance}\n")
    page = pages.write_page(write_result(result(), tmp_path / "out")).read_text()
    assert page.startswith("2.5 times, 100 triggers\n")
    assert "`make bench-toy`" in page
    assert "a processor with 2 cores" in page


@pytest.mark.parametrize("path", pages.results_with_template(), ids=lambda path: path.stem)
def test_every_page_is_that_of_its_result(path):
    assert path.with_suffix(".md").read_text(encoding="utf-8") == pages.page_of(read_result(path))


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_result_names_its_benchmark(path):
    assert json.loads(path.read_text(encoding="utf-8"))["name"] == path.stem
