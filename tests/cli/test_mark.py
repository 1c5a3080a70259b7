"""`tellmark mark`: what it writes, what it says, and that every option reaches the mark."""

from __future__ import annotations

import json
import stat

import pytest

from tellmark.triggers.mark import load_mark, read_mark_file


@pytest.fixture
def mark(tellmark, kinds, here):
    """Mark the classifier of rows, with few proxies and a given seed, as x.mark."""

    def call(*words, source=kinds["table"].source, holdout=kinds["table"].holdout, seed=("--seed", 5)):
        return tellmark("mark", source, "--holdout", holdout, "-o", "x.mark", "--proxies", 4, *seed, *words)

    return call


def recipe(tellmark):
    return json.loads(tellmark("show", "x.mark", "--public", "--json").out)["public"]["tiers"][0]["recipe"]


def test_a_mark_for_its_owner_only_and_nothing_else_is_written(mark, here):
    ran = mark("-n", 10)
    assert (ran.code, ran.err) == (0, "")
    assert [path.name for path in here.iterdir()] == ["x.mark"]
    assert stat.S_IMODE((here / "x.mark").stat().st_mode) == 0o600
    assert len(load_mark("x.mark")) == 10


def test_what_it_prints_is_what_show_prints_in_public(mark, tellmark):
    printed = mark("-n", 10).out
    assert printed == tellmark("show", "x.mark", "--public").out
    assert "Mark x.mark: 10 triggers" in printed


def test_defaults_are_those_of_the_python_function(tellmark, kinds, here):
    tellmark("mark", kinds["table"].source, "--holdout", kinds["table"].holdout, "-o", "x.mark", "--seed", 5)
    assert recipe(tellmark) == {
        "schema": "tellmark.recipe/1",
        "name": "paper",
        "triggers": 100,
        "candidates": {"kind": "mixup", "reuse_items": False, "tie_margin": 0.001, "max_label_share": 0.5},
        "proxies": {
            "family": "weight-noise-relative",
            "magnitude": 0.02,
            "magnitude_found": False,
            "count": 64,
            "screen": {"tolerance": 0.02, "items": 256, "data": None},
        },
        "discrimination": None,
    }


def test_every_option_reaches_the_recipe(mark, tellmark):
    words = "-n 7 --proxies 3 --sigma 0.00001 --noise absolute --tau 0.5 --screen-items 20 --reuse-items"
    assert mark(*words.split(), "--tie-margin", 0.02, "--max-label-share", 0.8).code == 0
    made = recipe(tellmark)
    assert made["triggers"] == 7
    assert made["candidates"] == {"kind": "mixup", "reuse_items": True, "tie_margin": 0.02, "max_label_share": 0.8}
    assert made["proxies"] == {
        "family": "weight-noise-absolute",
        "magnitude": 0.00001,
        "magnitude_found": False,
        "count": 3,
        "screen": {"tolerance": 0.5, "items": 20, "data": None},
    }


def test_noise_can_be_found_and_the_screen_left_out(mark, tellmark):
    mark("-n", 3, "--sigma", "auto", "--noise", "ball")
    found = recipe(tellmark)["proxies"]
    assert (found["family"], found["magnitude_found"]) == ("weight-ball", True)
    assert found["magnitude"] > 0
    mark("-n", 3, "--no-screen", "--force")
    assert recipe(tellmark)["proxies"]["screen"] is None


def test_the_same_seed_gives_the_same_triggers_and_none_a_fresh_one(mark):
    triggers = []
    for seed in (("--seed", 5), ("--seed", 5), (), ()):
        assert mark("-n", 10, "--force", "--no-screen", seed=seed).code == 0
        triggers.append(load_mark("x.mark").triggers.indices.tolist())
    assert triggers[0] == triggers[1]
    assert len({tuple(each) for each in triggers}) == 3


def test_an_existing_mark_is_replaced_only_by_force(mark):
    mark("-n", 3)
    assert mark("-n", 5).code == 2
    assert len(load_mark("x.mark")) == 3
    assert mark("-n", 5, "--force").code == 0
    assert len(load_mark("x.mark")) == 5


def test_data_without_labels_is_said_aloud(mark, files, kinds):
    ran = mark("-n", 3, "--tau", 0.1, source=kinds["image"].source, holdout=files / "unlabelled.npz")
    assert ran.code == 0
    assert ran.err == "unlabelled.npz has no labels: the source's own answers serve as labels\n"
    assert "it had no labels" in ran.out


@pytest.mark.parametrize("column", ["digit", "-1", "64"])
def test_the_label_column_by_name_or_number(mark, files, column):
    text = (files / "digits.csv").read_text().replace("label", "digit", 1)
    (files / "named.csv").write_text(text)
    assert mark("-n", 3, "--label-column", column, holdout=files / "named.csv").code == 0
    assert load_mark("x.mark").public.holdout.labels_from == "file"


def test_classes_that_the_data_lacks_can_be_named(mark, files):
    header, *rows = (files / "digits.csv").read_text().splitlines()
    (files / "nine.csv").write_text("\n".join([header, *(row for row in rows if not row.endswith(",9"))]))
    refused = mark("-n", 3, holdout=files / "nine.csv")
    assert (refused.code, "--classes" in refused.err) == (2, True)
    named = mark("-n", 3, "--classes", "0, 1,2,3,4,5,6,7,8,9", holdout=files / "nine.csv")
    assert named.code == 0, named.err
    assert read_mark_file("x.mark").public.source.classes == tuple("0123456789")


def test_a_source_without_weights_can_be_marked_without_proxies(mark, tellmark, files):
    (files / "cli_function.py").write_text(
        "def darkest(batch):\n    return (batch.reshape(len(batch), -1).sum(1) // 300 % 10).astype(int)\n"
    )
    ran = mark("-n", 3, "--proxies", 0, source="callable:cli_function:darkest")
    assert ran.code == 0, ran.err
    assert "none: no proxy tested the triggers" in ran.out
    assert "alike by all proxies" not in ran.out


def test_model_options_are_handed_on(mark, kinds, files):
    (files / "rows.pkl").write_bytes(b"")
    assert "is a pickle" in mark(source=f"sklearn:{files / 'rows.pkl'}").err
    assert "cannot be opened" in mark("--trust", source=f"sklearn:{files / 'rows.pkl'}").err
    image = {"source": kinds["image"].source, "holdout": kinds["image"].holdout}
    assert "nodevice" in mark("--device", "nodevice", **image).err
    assert mark("-n", 3, "--device", "cpu", "--batch-size", 5, **image).code == 0
