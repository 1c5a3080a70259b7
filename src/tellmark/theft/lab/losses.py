"""Where Tellmark loses, and what was to be reached, in words that follow from the results alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tellmark.theft.lab.comparison import DEFAULT, Goal, Standing, best_recipes, goals, recipes_of, standings
from tellmark.theft.lab.form import Result
from tellmark.theft.lab.table import Table, kinds_of


def where_tellmark_loses(result: Result) -> str:
    """Every kind of theft on which another detector is ahead, and every kind that is ranked but not claimed."""
    return "\n\n".join(_losses(result))


def goals_reached(result: Result) -> str:
    """Every goal, whether it is reached, and where not."""
    return "\n".join(_verdict(goal) for goal in goals(result))


def _losses(result: Result) -> Iterator[str]:
    recipes = recipes_of(result)
    if recipes:
        best = best_recipes(result)
        how = f"its recipe {recipes[0]}"
        if len(recipes) > 1:
            how = f"the best of its recipes for each theft ({', '.join(recipes)}), which is known with hindsight alone,"
        yield from _compared(f"With {how} Tellmark", standings(result, best), len(best))
    if DEFAULT in result.detectors:
        ours = {kind: DEFAULT for kind, one in result.detectors[DEFAULT].kinds.items() if one.auc is not None}
        yield from _compared(f"With a mark as it comes (`{DEFAULT}`) Tellmark", standings(result, ours), len(ours))
    if not recipes and DEFAULT not in result.detectors:
        yield "Tellmark is not among the detectors of this lab."
    yield from (_unclaimed(result, name) for name in (DEFAULT, *recipes) if name in result.detectors)


def _compared(who: str, found: Sequence[Standing], kinds: int) -> Iterator[str]:
    behind: dict[str, list[Standing]] = {}
    for one in found:
        if one.behind:
            behind.setdefault(one.kind, []).append(one)
    if not found:
        yield f"{who} was compared with no other detector."
    elif not behind:
        yield f"{who} is behind no other detector in AUC on any of {kinds} kinds of theft."
    else:
        yield f"{who} is behind another detector in AUC on {len(behind)} of {kinds} kinds of theft:"
        yield Table("", ("theft", "Tellmark", "ahead of it"), tuple(map(_row, behind.values()))).markdown()


def _row(behind: Sequence[Standing]) -> tuple[str, str, str]:
    one = behind[0]
    rivals = ", ".join(f"{each.rival} {each.rival_area:.3f}" for each in behind)
    return one.kind, f"{one.ours} {one.area:.3f}", rivals


def _unclaimed(result: Result, name: str) -> str:
    """Ranks are not verdicts."""
    kinds = result.detectors[name].kinds
    claimed = sum(one.verdicts.get("supports", 0) for one in kinds.values())
    models = sum(one.models for one in kinds.values())
    none = [kind for kind in kinds_of(result) if kind in kinds and not kinds[kind].verdicts.get("supports", 0)]
    said = f"`{name}` claims {claimed} of {models} stolen models"
    return f"{said}; none of {', '.join(none)}." if none else f"{said}, some of every kind."


def _verdict(goal: Goal) -> str:
    if goal.judged == 0:
        return f"- Not judged, as no such models or detectors are in this lab: {goal.words}."
    if not goal.misses:
        return f"- Reached: {goal.words}."
    return f"- Missed: {goal.words}. Not so for {'; '.join(goal.misses)}."
