"""`tellmark plan`: what a verification would take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tellmark.cli.options import AsJson, MarkFile


def command(
    mark_file: MarkFile,
    tier: Annotated[
        list[str] | None,
        typer.Option(help="Plan for asking this tier only; repeatable.", show_default="all tiers"),
    ] = None,
    budget: Annotated[int, typer.Option(help="Queries that may be asked, at most.")] = 300,
    alpha: Annotated[float, typer.Option(help="Level of the verdict supports.")] = 0.01,
    beta: Annotated[float, typer.Option(help="Level at which asking is given up as futile.")] = 0.05,
    null_rate: Annotated[
        float | None,
        typer.Option(
            help="Matching rate that independent models do not exceed, as you measured it; in place of the mark's own.",
            show_default="as measured in the mark",
        ),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw the plan into this file, .svg or .png.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a verification with MARK would take: queries until a verdict, for thieves and for innocents.

    Only the public part of MARK is read, and nobody is asked. A mark without references needs --null-rate: how
    often innocent models match is then unknown, and nothing can be decided.
    """
    from tellmark.report.plan import print_plan
    from tellmark.report.plan_figure import check_figure, save_plan_figure
    from tellmark.report.terminal import print_json
    from tellmark.triggers.mark import read_public
    from tellmark.verification.planning import plan_verification

    if figure is not None:
        check_figure(figure)
    plan = plan_verification(
        read_public(mark_file), tiers=tier or None, budget=budget, alpha=alpha, beta=beta, null_rate=null_rate
    )
    if figure is not None:
        save_plan_figure(plan, figure)
    if as_json:
        print_json(plan.to_json())
    else:
        print_plan(mark_file, plan)
