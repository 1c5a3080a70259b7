"""The defaults are the same everywhere, and no value out of range gets further."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace

import pytest

from tellmark.api import mark
from tellmark.cli.mark import command
from tellmark.errors import InvalidInput
from tellmark.triggers.settings import MarkSettings

IN_PYTHON = {"triggers": "n", "magnitude": "sigma", "tolerance": "tau", "confidence": "limit_confidence"}
"""Settings that `tellmark.mark` calls otherwise."""

IN_WORDS = {"n": "triggers", "recipes": "recipe", "kept_back": "calibrate"}
"""Parameters of `tellmark.mark` that the command line calls otherwise."""

CHOSEN_BY_THE_MODELS = {"recipes"}
"""Left out, these follow from the references and shadows that there are."""


def test_python_and_the_command_line_have_the_same_defaults():
    in_python, in_shell = inspect.signature(mark).parameters, inspect.signature(command).parameters
    for field in fields(MarkSettings):
        name = IN_PYTHON.get(field.name, field.name)
        default = None if field.name in CHOSEN_BY_THE_MODELS else getattr(MarkSettings(), field.name)
        assert in_python[name].default == default
        in_words = in_shell[IN_WORDS.get(name, name)].default
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
        ({"recipes": ()}, "at least one recipe, and none of them twice"),
        ({"recipes": ("copy", "copy")}, "at least one recipe, and none of them twice"),
        ({"recipes": ("theft",)}, "recipe 'theft' is unknown: choose among paper, copy, derived, distilled"),
        ({"pool": 99}, "a pool of 99 candidates cannot yield 100 triggers"),
        ({"fresh": -1}, "fresh proxies must be between 0 and"),
        ({"content": 1.0}, "the content of a limit lies between 0 and 1, not 1"),
        ({"confidence": 0.0}, "the confidence of a limit lies between 0 and 1, not 0"),
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
        {"pool": 100},
        {"fresh": 0},
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
        "recipes": ("copy", "distilled"),
        "pool": 500,
        "fresh": 5,
        "kept_back": 5,
        "content": 0.9,
        "confidence": 0.9,
    }
    assert set(others) == {field.name for field in fields(MarkSettings)}
    digests = {replace(MarkSettings(), **{name: value}).digest for name, value in others.items()}
    assert len(digests | {MarkSettings().digest}) == len(others) + 1


def test_tiers_stand_in_the_order_of_the_recipes_whatever_order_they_are_asked_for_in():
    assert MarkSettings(recipes=("distilled", "paper", "copy")).ordered_recipes == ("paper", "copy", "distilled")


def test_a_pool_has_many_candidates_for_each_trigger_unless_its_size_is_given():
    assert MarkSettings(triggers=7).pool_size == 140
    assert MarkSettings(triggers=7, pool=9).pool_size == 9
