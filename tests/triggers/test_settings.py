"""The defaults are the same everywhere, and no value out of range gets further."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace

import pytest

from tellmark.api import mark
from tellmark.cli.mark import command
from tellmark.errors import InvalidInput
from tellmark.triggers.settings import MarkSettings

IN_PYTHON = {"triggers": "n", "magnitude": "sigma", "tolerance": "tau"}
"""Settings that `tellmark.mark` calls otherwise."""


def test_python_and_the_command_line_have_the_same_defaults():
    in_python, in_shell = inspect.signature(mark).parameters, inspect.signature(command).parameters
    for field in fields(MarkSettings):
        name = IN_PYTHON.get(field.name, field.name)
        default = getattr(MarkSettings(), field.name)
        assert in_python[name].default == default
        in_words = in_shell["triggers" if name == "n" else name].default
        assert (type(default)(in_words) if isinstance(default, float) else in_words) == default


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"triggers": 0}, "triggers must be between 1 and"),
        ({"triggers": 10**12}, "triggers must be between 1 and"),
        ({"proxies": -1}, "proxies must be between 0 and"),
        ({"proxies": 10**6}, "proxies must be between 0 and"),
        ({"noise": "pink"}, "'pink' is unknown: choose one of absolute, relative, ball"),
        ({"magnitude": -0.1}, "sigma must be"),
        ({"magnitude": float("nan")}, "sigma must be"),
        ({"magnitude": float("inf")}, "sigma must be"),
        ({"magnitude": "large"}, "sigma must be .*, or auto, not large"),
        ({"tolerance": -0.1}, "tau is a difference"),
        ({"tolerance": 1.1}, "tau is a difference"),
        ({"tolerance": float("nan")}, "tau is a difference"),
        ({"screen_items": 0}, "screen needs between 1 and"),
        ({"tie_margin": -1e-9}, "tie margin"),
        ({"tie_margin": float("inf")}, "tie margin"),
        ({"max_label_share": 0}, "share of a label"),
        ({"max_label_share": 1.01}, "share of a label"),
        ({"magnitude": "auto", "tolerance": None}, "give a tau, or give sigma as a number"),
    ],
)
def test_values_out_of_range_are_refused(change, says):
    with pytest.raises(InvalidInput, match=says):
        MarkSettings(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"triggers": 1},
        {"triggers": 10**6},
        {"proxies": 0, "magnitude": "auto", "tolerance": None},
        {"magnitude": 0},
        {"tolerance": 0},
        {"tolerance": None},
        {"tie_margin": 0},
        {"max_label_share": 1},
    ],
)
def test_the_ends_of_the_ranges_are_allowed(change):
    assert MarkSettings(**change).digest


def test_every_setting_counts_in_the_digest():
    others = {
        "triggers": 5,
        "proxies": 5,
        "noise": "ball",
        "magnitude": "auto",
        "tolerance": None,
        "screen_items": 5,
        "reuse_items": True,
        "tie_margin": 0.5,
        "max_label_share": 0.9,
    }
    assert set(others) == {field.name for field in fields(MarkSettings)}
    digests = {replace(MarkSettings(), **{name: value}).digest for name, value in others.items()}
    assert len(digests | {MarkSettings().digest}) == len(others) + 1
