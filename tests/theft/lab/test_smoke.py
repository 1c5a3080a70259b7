"""The whole lab, from a TOML file to a table: killed in the midst of it, gone on with, and looked at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tellmark.cli.main import app
from tellmark.errors import FileError, InvalidInput, Mismatch
from tellmark.theft.lab.making import Maker
from tellmark.theft.lab.plan import OWNERS
from tellmark.theft.lab.reading import read_configuration
from tellmark.theft.lab.results import Results
from tellmark.theft.lab.running import run_lab
from tellmark.theft.lab.subjects import subjects_of
from tellmark.theft.lab.workplace import Workplace
from tellmark.theft.lab.zoo import Zoo

SRC = Path(__file__).parents[3] / "src"
START = "import sys; sys.argv[0] = 'tellmark'; from tellmark.cli.main import run; run()"
LINES = [
    "distill-soft",
    "distill-hard vgg-6k",
    "fine-tune",
    "new-labels",
    "int8",
    "jpeg on copy",
    "jpeg on distill-soft",
    "ensemble-twin on copy",
]
TWINS = {"same": 2, "other-architecture": 1, "other-data": 1}
PATIENCE_S = 300


def killed_midway(words, zoo: Path) -> list[str]:
    """Start the command, kill it when a few networks are there, and say which."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SRC), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen([sys.executable, "-c", START, *words], env=environment)
    end = time.monotonic() + PATIENCE_S
    while len(list(zoo.glob("*.json"))) < 3 and time.monotonic() < end:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return sorted(path.stem for path in zoo.glob("*.json"))


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """The cache, the results, what there was after the kill, and what the command said in the end."""
    cache, results = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("results") / "smoke"
    words = ["lab", "run", "smoke", "-o", str(results)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TELLMARK_CACHE", str(cache))
        early = killed_midway(words, cache / "lab")
        said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    return cache, results, early, said.output


@pytest.fixture(scope="module")
def place(smoke):
    return Workplace.of(smoke[1], smoke[0])


@pytest.fixture(scope="module")
def result(smoke):
    return Results(smoke[1]).summary()


def test_every_network_was_made_measured_and_examined(place):
    assert all(place.zoo.has(job.address) for job in place.plan.jobs())
    for subject in subjects_of(place.plan):
        assert place.results.measured(subject.address).name == subject.name
    for detector in place.plan.detectors:
        assert all(place.results.finding(detector, suspect.address) for suspect in place.plan.suspects())


def test_the_killed_run_left_its_networks_and_nothing_half_made(smoke, place):
    _, _, early, _ = smoke
    assert 3 <= len(early) < len(place.plan.jobs())
    assert {path.suffix for path in place.zoo.folder.iterdir()} == {".json", ".safetensors"}


def test_the_networks_are_those_of_an_undisturbed_run(place, tmp_path):
    alone = Maker(place.data, Zoo(tmp_path))
    lineage = place.plan.lineages[OWNERS]
    for job in (lineage.source, lineage.thieves[0].job):
        assert alone.make(job).weights == place.zoo.card(job.address).weights


def test_the_summary_has_the_form_of_all_results(result):
    assert list(result.kinds) == LINES
    assert set(result.detectors) == {"tellmark", "tellmark-distilled", "source-errors", "natural-inputs"}
    assert result.kinds == result.detectors["tellmark"].kinds
    for found in result.detectors.values():
        assert found.innocents.models == 4
        assert {kind: one.models for kind, one in found.innocents.kinds.items()} == TWINS
        assert found.terms.alpha == 0.01
        assert all(tier.references == 2 for tier in found.terms.tiers)
        for kind in found.kinds.values():
            assert sum(kind.verdicts.values()) == kind.models
            assert set(kind.tpr) == {"0.01", "0.05"}
            assert kind.auc_ci95[0] <= kind.auc <= kind.auc_ci95[1]


def test_the_summary_names_no_folder_of_this_machine(smoke):
    """Results are published; where they lay while the lab ran is nobody's business."""
    text = (smoke[1] / "smoke.json").read_text()
    assert json.loads(text)["command"] == "tellmark lab run smoke"
    assert str(smoke[0]) not in text
    assert str(smoke[1]) not in text


def test_the_figures_are_plausible(result):
    assert result.figures["accuracy/source"] > 0.6
    assert result.detectors["natural-inputs"].kinds["int8"].transfer_mean > 0.9
    assert result.detectors["natural-inputs"].kinds["int8"].auc == 1
    assert result.figures["overhead"] > 0
    agreement = {one["name"]: one["agreement"] for one in result.settings["models"]}
    assert agreement["thief int8 1"] > max(agreement[name] for name in agreement if name.startswith("twin"))


def test_every_setting_is_in_the_summary(result):
    settings = result.settings
    assert settings["protocol"]["queries"] == 60
    assert settings["in_full"]["thefts"]["int8"] == {
        "class": "alteration",
        "attack": "QuantiseWeights(bits=8, clip=1.0)",
    }
    assert {one["name"] for one in settings["models"]} >= {"source", "twin same 1", "reference other-data 1"}
    assert all(0 <= one["accuracy"] <= 1 and 0 <= one["agreement"] <= 1 for one in settings["models"])


def test_what_is_printed_names_every_theft_and_where_it_is_written(smoke):
    output = " ".join(smoke[3].split())
    assert "Written to" in output
    assert "smoke.json, smoke.md, smoke.svg" in output
    assert "of 4 twins were claimed" in output


def test_going_on_with_what_is_through_changes_nothing(smoke, result, monkeypatch):
    monkeypatch.setenv("TELLMARK_CACHE", str(smoke[0]))
    said = CliRunner().invoke(app, ["lab", "run", "smoke", "-o", str(smoke[1])])
    assert said.exit_code == 0
    again = Results(smoke[1]).summary()
    assert again.detectors == result.detectors
    assert again.settings == result.settings


def test_a_folder_of_results_belongs_to_one_lab(smoke):
    other = read_configuration("smoke").model_copy(update={"seed": 2})
    with pytest.raises(Mismatch, match="results of another lab, or of other settings"):
        Results(smoke[1]).begin(other)


def test_when_time_is_up_the_lab_says_how_much_is_left(tmp_path):
    run = run_lab(read_configuration("smoke"), tmp_path / "results", tmp_path / "cache", minutes=1e-4)
    assert run.result is None
    assert run.missing == 17
    assert not list((tmp_path / "results").glob("smoke.*"))


@pytest.mark.parametrize("options", [{"workers": 0}, {"minutes": 0}])
def test_impossible_runs_are_refused(tmp_path, options):
    with pytest.raises(InvalidInput, match="at least 1 worker|more than 0 minutes"):
        run_lab(read_configuration("smoke"), tmp_path, tmp_path, **options)


def test_a_folder_that_cannot_be_written_to_is_named_before_anything_is_trained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot write .*file/results"):
        run_lab(read_configuration("smoke"), tmp_path / "file" / "results", tmp_path)


def test_the_table_is_to_be_had_in_every_form(smoke, tmp_path):
    result = Results(smoke[1]).summary()

    def said(*words):
        outcome = CliRunner().invoke(app, ["lab", "table", str(smoke[1]), *words])
        assert outcome.exit_code == 0, outcome.output
        return outcome.output

    assert json.loads(said("--json")) == result.model_dump(mode="json", by_alias=True)
    assert said("--markdown") == (smoke[1] / "smoke.md").read_text()
    plain = said("--figure", str(tmp_path / "lab.svg"))
    assert "twins: other-data" in plain
    assert (tmp_path / "lab.svg").read_bytes() == (smoke[1] / "smoke.svg").read_bytes()
