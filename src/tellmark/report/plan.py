"""A plan in the terminal: a table for each tier, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from tellmark.report.layout import INDENT, bullets, columns, console, paragraph, print_lines, width_of
from tellmark.report.text import printable
from tellmark.verification import plan_wording as wording
from tellmark.verification.forecasting import Forecast
from tellmark.verification.plan import Plan, TierPlan
from tellmark.verification.projecting import Projection

_LEGEND = (
    "expected and 95 %: queries until it is decided, on average within the budget, and at most with probability 0.95; "
    "detected: probability of the verdict supports within the budget, for an innocent model a false claim."
)
_NUMBERS = ("expected", "95 %", "detected")


def print_plan(path: Path, plan: Plan) -> None:
    """A plan, on standard output."""
    target = console()
    print_lines(target, plan_lines(path, plan, width=width_of(target)))


def plan_lines(path: Path, plan: Plan, *, width: int) -> Iterator[Text]:
    """A plan, its sentences wrapped at `width`."""
    yield Text.assemble(
        (f"Plan for {printable(str(path))}", "bold"),
        f": alpha {plan.alpha:g}, beta {plan.beta:g}, budget {plan.budget}",
    )
    if plan.decidable:
        yield from paragraph(Text(INDENT), _LEGEND, width=width)
    for tier in plan.tiers:
        yield Text()
        yield from _tier_lines(tier, width=width)
    if sum(tier.test.testable for tier in plan.tiers) > 1:
        yield Text()
        yield Text("All tiers, asked in this order", style="bold")
        yield from columns((*_NUMBERS, "model"), ([*_numbers(each), _name(each, ())] for each in plan.overall))
    yield Text()
    yield from bullets(plan.remarks, width=width)
    if any(tier.projections for tier in plan.tiers):
        yield from bullets([wording.PROJECTED], width=width)


def probability(value: float) -> str:
    """A probability to three digits that never rounds to certainty.

    Examples
    --------
    >>> probability(0.9996), probability(0.25), probability(1e-9)
    ('>0.999', '0.250', '<0.001')
    """
    if value > 0.999:
        return ">0.999"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _tier_lines(tier: TierPlan, *, width: int) -> Iterator[Text]:
    test = tier.test
    yield Text.assemble((f"Tier {test.name}", "bold"), f": {test.triggers} triggers, for {' and '.join(tier.classes)}")
    if tier.foundation is not None:
        yield from paragraph(Text(INDENT), tier.foundation, width=width)
    if tier.forecasts:
        rows = ([_matches(each, tier), *_numbers(each), _name(each, tier.classes)] for each in tier.forecasts)
        yield from columns(("matches", *_NUMBERS, "model"), rows)
    if tier.projections and tier.hardest is not None:
        lead = f"What more would buy (projected), for {tier.hardest.name}:"
        yield from paragraph(Text(INDENT), lead, width=width)
        yield from columns(("limit", *_NUMBERS, "with"), map(_projection_row, tier.projections))


def _numbers(forecast: Forecast) -> list[str]:
    likely = "never" if forecast.likely_queries is None else str(forecast.likely_queries)
    return [f"{forecast.expected_queries:.1f}", likely, probability(forecast.detection)]


def _matches(forecast: Forecast, tier: TierPlan) -> str:
    counts = forecast.models.matches[tier.test.name]
    return str(counts[0]) if min(counts) == max(counts) else f"{min(counts)}-{max(counts)}"


def _name(forecast: Forecast, classes: Sequence[str]) -> str:
    models = forecast.models
    if models.role == "innocent":
        return f"innocent: {models.name}"
    if models.role == "supposed":
        return models.name
    other = f"; {models.theft_class}" if classes and models.theft_class not in classes else ""
    return f"{models.name} ({forecast.members} fresh{other})"


def _projection_row(projection: Projection) -> list[str]:
    test, forecast = projection.test, projection.forecast
    numbers = ["-", "-", "-"] if forecast is None else _numbers(forecast)
    return [f"{test.limit}/{test.triggers}", *numbers, f"{projection.count} {_CHANGES[projection.change]}"]


_CHANGES = {"references": "references", "triggers": "triggers, same budget"}
