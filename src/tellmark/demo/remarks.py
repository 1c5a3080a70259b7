"""The demonstration's outcome in sentences, all of them from its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tellmark.triggers.document import MarkDocument
from tellmark.triggers.tier import TierRecord
from tellmark.triggers.tier_words import null_matches
from tellmark.verification.wording import at_most_percent

if TYPE_CHECKING:
    from tellmark.demo.result import Row

NOTABLE_LOSS = 0.05
"""A thief that lost this much accuracy paid a price that the reader should know of."""

_LUCK = (
    "The references were trained exactly as the twins were, and the students for practice as the distilled copy was. "
    "Real suspects are not so obliging: how networks of other making match is not in these figures."
)


def remarks(rows: Sequence[Row], mark: MarkDocument) -> tuple[str, ...]:
    """What the rows show and what they cannot show.

    Parameters
    ----------
    rows : sequence of Row
        One source, at least one twin, and thieves.
    mark : MarkDocument
        The source's mark, made with references.
    """
    source = next(row for row in rows if row.kind == "source")
    twins = [row for row in rows if row.kind == "twin"]
    return (
        *map(_about_limit, mark.tiers),
        *(_about_thief(row) + _about_loss(row, source) for row in rows if row.kind == "thief"),
        _about_twins(twins),
        *_about_risk(twins[0]),
        _LUCK,
    )


def _about_limit(tier: TierRecord) -> str:
    """How often the references matched, and what follows for innocent networks."""
    name, triggers, limit = tier.recipe.name, tier.recipe.triggers, null_matches(tier)
    if tier.null is None or limit is None:
        return f"How often innocent networks match the {triggers} triggers of the tier {name} was not measured."
    low, high = min(tier.null.matches), max(tier.null.matches)
    asked = f"{len(tier.null.matches)} references, which owe the source nothing, matched {low} to {high} of "
    if limit == triggers:
        return (
            f"{asked}the {triggers} triggers of the tier {name}: too few to say that one more matches not all of them."
        )
    return (
        f"{asked}the {triggers} triggers of the tier {name}; one more should match at most {limit}. A suspect is "
        "told from them only where it matches more."
    )


def _about_thief(thief: Row) -> str:
    asked = _questions(thief)
    match thief.verification.verdict:
        case "supports":
            return f"The {thief.name} was told from innocent networks by its answers to {asked}."
        case "does not support":
            return (
                f"The {thief.name} matched too rarely to be told from innocent networks; that was clear after {asked}."
            )
        case _:
            return f"The {thief.name} could not be told from innocent networks with {asked}."


def _about_loss(thief: Row, source: Row) -> str:
    if source.accuracy - thief.accuracy < NOTABLE_LOSS:
        return ""
    return (
        f" This theft cost accuracy: {100 * thief.accuracy:.1f} % against the source's {100 * source.accuracy:.1f} %."
    )


def _about_twins(twins: Sequence[Row]) -> str:
    accused = [row.name for row in twins if row.verification.verdict == "supports"]
    if accused:
        return f"Wrongly taken for derived from the source: {', '.join(accused)}."
    innocents = "The twin was not" if len(twins) == 1 else f"None of the {len(twins)} twins was"
    return f"{innocents} taken for derived from the source."


def _about_risk(twin: Row) -> tuple[str, ...]:
    bound = twin.verification.false_claim_bound
    if bound is None:
        return ()
    risk = f"If the limits hold, at most {at_most_percent(bound)} of networks like the references are so taken."
    return (risk,)


def _questions(row: Row) -> str:
    asked = row.verification.queries
    return f"{asked} question{'' if asked == 1 else 's'}"
