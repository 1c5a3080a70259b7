"""The demonstration's outcome in sentences, all of them from its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tellmark.demo.result import Row

NOTABLE_LOSS = 0.05
"""A thief that lost this much accuracy paid a price that the reader should know of."""


def remarks(rows: Sequence[Row], *, constant_matches: int) -> tuple[str, ...]:
    """What the rows show and what they cannot show.

    Parameters
    ----------
    rows : sequence of Row
        One source, at least one twin, and thieves, each with a gap.
    constant_matches : int
        The most triggers that a network matches which gives the same answer to everything.
    """
    source = next(row for row in rows if row.kind == "source")
    twins = [row for row in rows if row.kind == "twin"]
    thieves = [(row, row.gap) for row in rows if row.gap is not None]
    return (
        _about_twins(twins),
        _about_constant_answers(constant_matches, source.verification.triggers),
        *(_about_thief(thief, gap, twins) + _about_loss(thief, source) for thief, gap in thieves),
        _about_strength(twins, [thief.name for thief, _ in thieves if thief.distinguishable]),
        *_about_verdicts(rows),
    )


def _about_twins(twins: Sequence[Row]) -> str:
    fewest, most = min(map(_matches, twins)), max(map(_matches, twins))
    asked = twins[0].verification.queries
    return (
        f"{_count(len(twins), 'twin')} that {'owes' if len(twins) == 1 else 'owe'} the source nothing matched "
        f"{most if fewest == most else f'{fewest} to {most}'} of {asked} triggers: "
        f"a matching rate says something only beside what innocent models match."
    )


def _about_constant_answers(matches: int, triggers: int) -> str:
    return (
        f"{matches} of {triggers} triggers bear one and the same label: a network that gave that answer to everything, "
        f"broken or not, would match them all."
    )


def _about_thief(thief: Row, gap: int, twins: Sequence[Row]) -> str:
    most = max(map(_matches, twins))
    spread = most - min(map(_matches, twins))
    asked = thief.verification.queries
    compared = f"The {thief.name} matched {_matches(thief)} of {asked} triggers, the closest twin {most}: "
    if gap <= 0:
        return compared + "on this data the method cannot tell it from an innocent model."
    if gap <= spread:
        return compared + f"{gap} more, but the twins differ by {spread} among themselves, so this may well be chance."
    return compared + f"{gap} more, where the twins differ by {spread} among themselves."


def _about_loss(thief: Row, source: Row) -> str:
    if source.accuracy - thief.accuracy < NOTABLE_LOSS:
        return ""
    return (
        f" This theft cost accuracy: {100 * thief.accuracy:.1f} % against the source's {100 * source.accuracy:.1f} %."
    )


def _about_strength(twins: Sequence[Row], above: Sequence[str]) -> str:
    innocents = _count(len(twins), "twin")
    return (
        f"{_subject(above) if above else 'No thief'} matched more often than "
        f"{'the twin' if len(twins) == 1 else 'every twin'}. This describes these networks and is no test: one more "
        f"twin would come out on top of {innocents} with probability up to 1/{len(twins) + 1}, "
        f"so {innocents} can support no level below that."
    )


def _about_verdicts(rows: Sequence[Row]) -> tuple[str, ...]:
    undecided = sum(row.verification.verdict == "inconclusive" for row in rows)
    if undecided < len(rows):
        return ()
    innocents = _count(sum(row.kind == "twin" for row in rows), "twin")
    sentence = (
        "Every verdict is inconclusive, because no limit of what independent models match was measured or stated; "
        f"a limit takes many more independent models than {innocents}."
    )
    return (sentence,)


def _matches(row: Row) -> int:
    return row.verification.matches


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _subject(names: Sequence[str]) -> str:
    """The names as the subject that begins a sentence."""
    *others, last = (f"the {name}" for name in names)
    subject = f"{', '.join(others)} and {last}" if others else last
    return subject[0].upper() + subject[1:]
