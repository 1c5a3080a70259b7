"""What the project says of itself in several places agrees."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

from tellmark import __version__

ROOT = Path(__file__).parents[1]


def test_citation_names_this_version():
    assert re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1] == __version__


def test_changelog_tells_of_this_version_or_of_what_is_to_come():
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] in {"Unreleased", __version__}


def test_all_is_the_union_of_the_extras_a_user_may_want():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = set(re.search(r"\[(.+)\]", extras["all"][0])[1].split(","))
    assert named == set(extras) - {"all", "dev", "docs"}


def test_every_pin_satisfies_a_stated_lower_bound():
    """The versions that the tests run with are among those that the package says it works with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(re.findall(r"^([\w.-]+)==([\d.]+)", (ROOT / "constraints.txt").read_text().lower(), re.MULTILINE))
    stated = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    bounds = [match.groups() for text in stated if (match := re.match(r"([\w.-]+)(?:\[\w+\])?>=([\d.]+)", text))]
    assert len(bounds) > 20
    for name, bound in bounds:
        assert name in pins, f"{name} has no pin in constraints.txt"
        assert [*map(int, pins[name].split("."))] >= [*map(int, bound.split("."))], name
