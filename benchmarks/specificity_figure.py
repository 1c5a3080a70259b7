"""The figure of the specificity benchmark: every model's share of matching triggers, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.form import Result
from tellmark.files import replacing

KINDS = ("twin", "distill-rgt", "distill-hard", "distill-soft", "prune-30", "finetune", "int4", "int8")
"""From bottom to top."""
LABELS = {
    "twin": "twins (innocent)",
    "distill-rgt": "70 % true labels",
    "distill-hard": "hard labels",
    "distill-soft": "soft labels",
    "prune-30": "pruned 30 %",
    "finetune": "fine-tuned 1 epoch",
    "int4": "int4",
    "int8": "int8",
}
PANELS = (
    ("paper", "the paper's selection"),
    ("natural errors", "natural errors alone"),
    ("distilled", "ranked against students"),
    ("copy", "ranked against copies"),
)
INNOCENT, STOLEN, LIMIT = "#0072B2", "#D55E00", "#555555"
MARKERS = {"resnet": "o", "vgg": "^"}


def draw(result: Result, path: Path) -> None:
    """Write the figure as SVG: a row for each source, a column for each trigger set."""
    sources = [name for name in ("weak", "strong") if name in result.settings]
    with mpl.rc_context(
        {"font.size": 9, "svg.hashsalt": "tellmark", "axes.spines.top": False, "axes.spines.right": False}
    ):
        figure = Figure(figsize=(11, 3.1 * len(sources)), layout="constrained")
        grid = figure.subplots(len(sources), len(PANELS), sharex=True, sharey=True, squeeze=False)
        for axes, (_, title) in zip(grid[0], PANELS, strict=True):
            axes.set_title(title, fontsize=10)
        for row, source in zip(grid, sources, strict=True):
            settings = result.settings[source]
            for axes, (recipe, _) in zip(row, PANELS, strict=True):
                _panel(axes, settings, recipe)
            row[0].set_ylabel(f"source of {100 * settings['accuracy']:.0f} % accuracy")
        for axes in grid[-1]:
            axes.set_xlabel("share of triggers matched")
        content = BytesIO()
        figure.savefig(content, format="svg", metadata={"Date": None})
    with replacing(path) as file:
        file.write(content.getvalue())


def _panel(axes: Axes, settings: dict[str, Any], recipe: str) -> None:
    for height, kind in enumerate(KINDS):
        some = [one for one in settings["suspects"] if one["kind"] == kind]
        for family, marker in MARKERS.items():
            rates = [one["rates"][recipe] for one in some if one["architecture"].startswith(family)]
            colour = INNOCENT if kind == "twin" else STOLEN
            axes.plot(rates, _spread(height, rates), marker, color=colour, markersize=5, alpha=0.8, linestyle="none")
    limit = settings["tiers"].get(recipe, {}).get("null_limit")
    if limit is not None:
        axes.axvline(limit, color=LIMIT, linestyle="--", linewidth=1)
        axes.annotate(
            "θ₀", (limit, len(KINDS) - 0.4), color=LIMIT, ha="left", xytext=(3, 0), textcoords="offset points"
        )
    axes.set_yticks(range(len(KINDS)), [LABELS[kind] for kind in KINDS])
    axes.set_xlim(0, 1.02)
    axes.set_ylim(-0.6, len(KINDS) + 0.1)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def _spread(height: int, rates: Sequence[float]) -> list[float]:
    """Heights a little apart, so that equal rates stay visible."""
    count = len(rates)
    return [height + 0.3 * ((index + 0.5) / count - 0.5) for index in range(count)]
