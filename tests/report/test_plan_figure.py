"""The picture of a plan shows its curves, is the same every time, and is written whole or not at all."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from planned_marks import plan_of
from tellmark.errors import FileError, InvalidInput
from tellmark.report.plan_figure import check_figure, draw_plan, save_plan_figure

pytest.importorskip("matplotlib")

PLAN = plan_of(2, budget=110)


def texts(axes):
    return [text.get_text().strip() for text in axes.texts]


def test_every_tier_has_a_panel_with_a_labelled_line_for_each_family_and_the_innocents():
    first, second = draw_plan(PLAN).axes
    for axes, planned in ((first, PLAN.tiers[0]), (second, PLAN.tiers[1])):
        assert planned.test.name in axes.get_title(loc="left")
        for forecast in planned.forecasts:
            if forecast.models.role == "thief":
                assert any(forecast.models.name in label for label in texts(axes))
        assert "innocent, at the null limit" in texts(axes)
        assert [line.get_linestyle() for line in axes.lines].count("--") == 1
    assert "budget 110 →" in texts(first)
    assert "budget 110" in texts(second)


def test_lines_are_the_probabilities_of_the_plan():
    (axes,) = draw_plan(plan_of(1, budget=60)).axes
    pruned = plan_of(1, budget=60).tiers[0].forecasts[1]
    expected = np.cumsum(pruned.times.refuted)
    assert any(np.allclose(line.get_ydata(), expected[: len(line.get_ydata())]) for line in axes.lines)
    assert all(np.all(np.diff(line.get_ydata()) >= 0) for line in axes.lines)
    assert any(list(line.get_xdata()) == [60, 60] for line in axes.lines)


def test_a_family_has_one_colour_in_all_panels():
    colours = [
        {text.get_text().split(" (")[0]: text.get_color() for text in axes.texts if "budget" not in text.get_text()}
        for axes in draw_plan(PLAN).axes
    ]
    assert colours[0] == colours[1]
    assert len(set(colours[0].values())) == len(colours[0]) == 4


def test_labels_do_not_overlap():
    figure = draw_plan(PLAN)
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
        assert all(box.x1 <= figure.bbox.x1 for box in boxes)


@pytest.mark.parametrize(("name", "start"), [("plan.png", b"\x89PNG"), ("plan.svg", b"<?xml"), ("PLAN.SVG", b"<?xml")])
def test_the_suffix_says_the_format_and_the_file_is_the_same_every_time(tmp_path: Path, name, start):
    save_plan_figure(PLAN, tmp_path / name)
    once = (tmp_path / name).read_bytes()
    assert once.startswith(start)
    save_plan_figure(PLAN, tmp_path / name)
    assert (tmp_path / name).read_bytes() == once
    assert not re.search(rb"<dc:date>", once)
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["plan.pdf", "plan", "plan.svg.txt"])
def test_other_formats_are_refused(tmp_path: Path, name):
    with pytest.raises(InvalidInput, match=r"\.svg or \.png"):
        check_figure(tmp_path / name)


def test_a_figure_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path):
    (tmp_path / "folder.svg").mkdir()
    for path in (tmp_path / "folder.svg", tmp_path / "missing" / "plan.svg"):
        with pytest.raises(FileError, match="cannot write"):
            save_plan_figure(PLAN, path)
    assert [each.name for each in tmp_path.iterdir()] == ["folder.svg"]


def test_there_is_no_picture_of_nothing_and_an_older_one_is_kept(tmp_path: Path):
    path = tmp_path / "plan.svg"
    path.write_text("older")
    with pytest.raises(InvalidInput, match="nothing to draw"):
        save_plan_figure(plan_of(0), path)
    assert path.read_text() == "older"
    assert len(list(tmp_path.iterdir())) == 1
