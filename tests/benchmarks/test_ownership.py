"""Results of a lab are kept under a name of their own, with page and figure."""

from __future__ import annotations

import pytest

from benchmarks.form import Machine, Result, StolenKind, now, read_result, write_result
from benchmarks.ownership import keep
from tellmark.errors import FileError
from tellmark.theft.lab.form import DetectorResult
from tellmark.theft.lab.reading import read_configuration
from tellmark.theft.lab.results import Results

KIND = StolenKind(models=1, transfer_mean=1.0, transfer_sd=0.0, auc=1.0, auc_ci95=(0.4, 1.0))


@pytest.fixture
def through(tmp_path):
    folder = tmp_path / "smoke"
    Results(folder).begin(read_configuration("smoke"))
    result = Result(
        name="smoke",
        command="tellmark lab run smoke",
        commit="none",
        date=now(),
        machine=Machine(cpu="a processor", cores=2, memory_gib=8.0, system="Linux", python="3.11.7"),
        seed=1,
        settings={"in_full": {"thefts": {"int8": {"class": "alteration"}}}},
        detectors={"tellmark": DetectorResult(kinds={"int8": KIND}, innocents=None)},
        figures={"accuracy/source": 0.9},
    )
    write_result(result, folder)
    return folder


def test_a_lab_that_is_through_becomes_a_benchmark(through, tmp_path):
    written = keep([through], tmp_path / "docs")
    assert [path.name for path in written] == [
        "ownership-smoke.json",
        "ownership-smoke.md",
        "ownership-smoke.svg",
    ]
    assert read_result(written[0]).name == "ownership-smoke"
    page = written[1].read_text()
    assert "](ownership-smoke.svg)" in page
    assert "## Where Tellmark loses" in page


def test_a_lab_that_is_not_through_is_refused(tmp_path):
    Results(tmp_path).begin(read_configuration("smoke"))
    with pytest.raises(FileError, match="holds no summary"):
        keep([tmp_path], tmp_path / "docs")
