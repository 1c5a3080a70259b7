"""A plan as a picture: how fast each kind of theft is detected, and how seldom an innocent model is claimed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import InvalidInput, MissingExtra
from tellmark.files import check_replaceable, replacing
from tellmark.verification.forecasting import Forecast
from tellmark.verification.plan import AT_LIMIT, Plan, TierPlan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png")

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933")
"""Told apart with every common kind of colour vision (Okabe and Ito; the last two of Tol)."""
_INNOCENT, _GREY = "#000000", "#666666"
_SETTLED = 0.995
"""Panels end where every line has come so close to its end."""
_APART = 0.088
"""Least distance of two labels, in heights of a panel."""


def check_figure(path: Path) -> None:
    """Raise unless a figure could be written there; nothing is changed.

    Raises
    ------
    InvalidInput
        If the suffix is neither .svg nor .png.
    FileError
        If the file could not be written.
    MissingExtra
        If Matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(f"a figure's file name ends in .svg or .png, which says its format; not '{path.name}'")
    if find_spec("matplotlib") is None:
        raise MissingExtra("drawing a figure", "report")
    check_replaceable(path)


def save_plan_figure(plan: Plan, path: Path) -> None:
    """Draw a plan into a file, whole or not at all; the same plan gives the same file.

    Raises
    ------
    InvalidInput, FileError, MissingExtra
        As `check_figure`; and if no tier can be tested, so that there is nothing to draw.
    """
    check_figure(path)
    import matplotlib as mpl

    format_ = path.suffix.lower().removeprefix(".")
    metadata = {"Date": None} if format_ == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "tellmark", "font.size": 10}), replacing(path) as file:
        draw_plan(plan).savefig(file, format=format_, dpi=160, metadata=metadata)


def draw_plan(plan: Plan) -> Figure:
    """A panel for each tier that can be tested.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    from matplotlib.figure import Figure

    tiers = [tier for tier in plan.tiers if tier.forecasts]
    if not tiers:
        raise InvalidInput("there is nothing to draw: no tier of this mark can be tested; plan without a figure")
    figure = Figure(figsize=(7.6, 0.6 + 2.9 * len(tiers)), layout="constrained")
    title = f"Probability of the verdict “supports” within so many queries, at alpha {plan.alpha:g}"
    if len(tiers) > 1:
        title += "; each tier's queries counted alone"
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=10, color=_GREY)
    styles = _styles(tiers)
    for axes, tier in zip(figure.subplots(len(tiers), squeeze=False)[:, 0], tiers, strict=True):
        _draw_tier(axes, tier, plan.budget, styles)
    return figure


@dataclass(frozen=True)
class _Line:
    label: str
    colour: str
    style: str
    width: float
    detected: NDArray[np.float64]


def _draw_tier(axes: Axes, tier: TierPlan, budget: int, styles: Mapping[str, tuple[str, str]]) -> None:
    last = _last_query(tier, budget)
    lines = sorted(_lines_of(tier, styles), key=lambda line: float(line.detected[: last + 1].sum()))
    for line in lines:
        axes.step(
            np.arange(last + 1),
            line.detected[: last + 1],
            where="post",
            color=line.colour,
            linestyle=line.style,
            linewidth=line.width,
        )
    for line, height in zip(lines, _spread([float(line.detected[last]) for line in lines]), strict=True):
        axes.text(
            1.015,
            height,
            line.label,
            transform=axes.get_yaxis_transform(),
            color=line.colour,
            verticalalignment="center",
        )
    _mark_budget(axes, budget, last, lines)
    axes.set_title(f"Tier {tier.test.name}, {tier.test.triggers} triggers", loc="left", fontweight="bold", fontsize=11)
    axes.set(xlim=(0, last), ylim=(-0.03, 1.03), xlabel="queries")
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0", "", "0.5", "", "1"])
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)


def _styles(tiers: Sequence[TierPlan]) -> dict[str, tuple[str, str]]:
    """Colour and dashes of each kind of thief, the same in every panel."""
    names = dict.fromkeys(each.models.name for tier in tiers for each in _thieves(tier))
    return {
        name: (_COLOURS[position % len(_COLOURS)], "-" if position < len(_COLOURS) else "-.")
        for position, name in enumerate(names)
    }


def _thieves(tier: TierPlan) -> list[Forecast]:
    return [each for each in tier.forecasts if each.models.role != "innocent"]


def _lines_of(tier: TierPlan, styles: Mapping[str, tuple[str, str]]) -> list[_Line]:
    """Thieves, those that the tier is made for drawn stronger; and the innocent model claimed most often."""
    lines = []
    for each in _thieves(tier):
        own = each.models.role == "supposed" or each.models.theft_class in tier.classes
        colour, style = styles[each.models.name]
        label = each.models.name if own else f"{each.models.name} ({each.models.theft_class})"
        lines.append(_Line(label, colour, style, 2.2 if own else 1.2, _detected(each)))
    worst = next(each for each in tier.forecasts if each.models.name == AT_LIMIT)
    return [*lines, _Line("innocent, at the null limit", _INNOCENT, "--", 1.4, _detected(worst))]


def _detected(forecast: Forecast) -> NDArray[np.float64]:
    """Probability of ``supports`` within 0 … N queries."""
    return np.minimum(np.cumsum(forecast.times.refuted), 1)


def _last_query(tier: TierPlan, budget: int) -> int:
    """Where the panel ends: when the thieves are decided, but not before the budget if that is near."""
    decided = [each.times.queries_to_decide(_SETTLED) for each in _thieves(tier)]
    settled = max((each or tier.test.triggers for each in decided), default=0)
    wanted = max(settled, budget) if budget <= 2 * settled else settled
    rounded = 10 * math.ceil(1.05 * wanted / 10)
    return max(1, min(rounded, tier.test.triggers))


def _mark_budget(axes: Axes, budget: int, last: int, lines: Sequence[_Line]) -> None:
    """A vertical line, or where the budget lies beyond the panel an arrow towards it; named where no curve runs."""
    beside = min(budget, last)
    side = "right" if beside > last / 4 else "left"
    stretch = (beside - last // 5, beside) if side == "right" else (beside, beside + last // 5)
    axes.text(
        beside,
        _free_height([line.detected[stretch[0] : stretch[1] + 1] for line in lines]),
        f" budget {budget} " if budget <= last else f"budget {budget} → ",
        horizontalalignment=side,
        verticalalignment="center",
        color=_GREY,
        fontsize=9,
    )
    if budget <= last:
        axes.axvline(budget, color=_GREY, linewidth=1)


def _free_height(curves: Sequence[NDArray[np.float64]]) -> float:
    """Of a few heights the one farthest from all curves."""

    def clearance(height: float) -> float:
        # A curve that crosses the height between two queries runs through it.
        return min(max(float(curve.min()) - height, height - float(curve.max()), 0) for curve in curves)

    return max((0.09, 0.3, 0.5, 0.7, 0.9), key=clearance)


def _spread(heights: Sequence[float]) -> list[float]:
    """Heights of labels, moved apart and kept in the panel; of labels for one height the later stands higher."""
    order = sorted(range(len(heights)), key=lambda each: (round(heights[each], 2), each))
    placed = [0.0] * len(heights)
    lowest = -math.inf
    for each in order:
        placed[each] = lowest = max(heights[each], lowest + _APART)
    highest = 1.0 + _APART
    for each in reversed(order):
        placed[each] = highest = min(placed[each], highest - _APART)
    return placed
