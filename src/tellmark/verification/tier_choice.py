"""Which of a mark's tiers are asked: all of them, or those that the caller names before any answer."""

from __future__ import annotations

from collections.abc import Sequence

from tellmark.errors import InvalidInput
from tellmark.triggers.document import MarkDocument


def tier_positions(public: MarkDocument, names: Sequence[str] | None) -> tuple[int, ...]:
    """Positions of the tiers with these names, in the order of the mark; None names all.

    Raises
    ------
    InvalidInput
        If the mark has no tier of a name, or none is named.
    """
    known = [tier.recipe.name for tier in public.tiers]
    if names is None:
        return tuple(range(len(known)))
    wanted = {names} if isinstance(names, str) else set(names)
    if unknown := sorted(wanted.difference(known)):
        raise InvalidInput(f"the mark has no tier '{unknown[0]}': it has {', '.join(known)}")
    if not wanted:
        raise InvalidInput(f"no tier is named: name some of {', '.join(known)}, or none at all to have all asked")
    return tuple(position for position, name in enumerate(known) if name in wanted)


def only_tiers(public: MarkDocument, positions: Sequence[int]) -> MarkDocument:
    """The public part of a mark as if it had these tiers alone."""
    return public.model_copy(update={"tiers": tuple(public.tiers[position] for position in positions)})


def names_left_out(public: MarkDocument, positions: Sequence[int]) -> tuple[str, ...]:
    """Names of the tiers at all other positions."""
    return tuple(tier.recipe.name for position, tier in enumerate(public.tiers) if position not in positions)
