"""Bundles of every format that was released are checked as they were; the broken ones are found broken."""

from __future__ import annotations

import json

import pytest

from golden.make_bundles import FOLDER, GOOD, JUDGE, OWNER, ROOT, broken_files
from judged_bundles import written
from tellmark.evidence.bundle import bundle_files
from tellmark.evidence.check import Pins, check_bundle, check_files
from tellmark.evidence.tsa_certificates import read_roots

LISTED = json.loads((FOLDER / "broken.json").read_text(encoding="utf-8"))
PINS = Pins(OWNER.public, JUDGE.public)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_bundle_of_format_1_is_checked_as_it_was(name):
    found = check_bundle(FOLDER / name, read_roots([ROOT]), PINS)
    assert found.outcome == GOOD[name], found.reasons
    assert found.facts is not None
    assert found.facts.registered is not None


@pytest.mark.parametrize("name", LISTED)
def test_a_broken_bundle_of_format_1_is_invalid(name):
    found = check_files(broken_files(FOLDER, name), read_roots([ROOT]), PINS)
    assert found.outcome == "invalid"
    assert LISTED[name]["finding"] in found.reasons[0]


def test_a_folder_gives_what_its_files_give(tmp_path):
    for name in LISTED:
        folder = written(tmp_path / name, broken_files(FOLDER, name))
        assert check_bundle(folder).outcome == "invalid"


def test_the_list_is_the_folder():
    good = {path.name for path in FOLDER.iterdir() if path.is_dir()} - {"broken"}
    assert good == set(GOOD)
    changed = {path.name for path in (FOLDER / "broken").iterdir()}
    assert changed == {name for name in LISTED if broken_files(FOLDER, name).items() - bundle_files(of(name)).items()}


def of(name):
    return FOLDER / LISTED[name]["of"]


def test_numbers_of_the_golden_copy_are_those_of_its_models():
    found = check_bundle(FOLDER / "copy", read_roots([ROOT]))
    grounds = found.facts.grounds
    assert grounds.suspect.matches == (True,) * 10
    assert grounds.suspect.finding.tallies[0].asked < 10
    assert [one.finding.outcome for one in grounds.independents] == ["does not support"] * 2
    assert grounds.source_asked
    assert grounds.audit.triggers == grounds.audit.relabelled == 24
