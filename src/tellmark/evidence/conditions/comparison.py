"""Conditions on other models that were asked: the triggers tell the suspect from models of another origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tellmark.evidence.conditions.base import Condition
from tellmark.evidence.grounds import Examined, Grounds
from tellmark.statistics.paired import sign_test_p_value
from tellmark.verification.wording import probability

APART = 0.01
"""Level of the sign test that the suspect matches more than a model it is compared with.

It guards against triggers that models match in general, and is no part of the stated bound.
"""


@dataclass(frozen=True)
class IndependentAsked(Condition):
    """At least one independent model of the judge was asked the same triggers."""

    name = "INDEPENDENT_MODELS_ASKED"

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if not grounds.independents:
            yield (
                "No independent model was asked the same triggers: that models which owe the source nothing match few "
                "of them is the owner's word alone."
            )


@dataclass(frozen=True)
class NoIndependentClaimed(Condition):
    """No independent model is claimed by the same rule."""

    name = "NO_INDEPENDENT_MODEL_CLAIMED"

    def at_stake(self, grounds: Grounds) -> bool:
        """See `Condition`."""
        return bool(grounds.independents)

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if claimed := _claimed(grounds.independents):
            yield (
                f"The same rule claims {claimed}: these triggers do not tell a model derived from the source from one "
                "that is not, or that model is derived from it too."
            )


@dataclass(frozen=True)
class NoBaseClaimed(Condition):
    """No model that the source or the suspect may come from is claimed by the same rule."""

    name = "NO_BASE_MODEL_CLAIMED"

    def at_stake(self, grounds: Grounds) -> bool:
        """See `Condition`."""
        return bool(grounds.bases)

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if claimed := _claimed(grounds.bases):
            yield (
                f"The same rule claims {claimed}: what the suspect has in common with the source it may have from "
                "there, or the source may."
            )


@dataclass(frozen=True)
class SuspectApart(Condition):
    """The suspect matches more of the opened triggers than every other model that was asked, and not by chance."""

    name = "SUSPECT_ABOVE_OTHERS"

    def at_stake(self, grounds: Grounds) -> bool:
        """See `Condition`."""
        return bool(grounds.bases or grounds.independents)

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        for other in (*grounds.bases, *grounds.independents):
            p_value = _not_above(grounds.suspect, other)
            if p_value > APART:
                more = " More triggers can show whether they differ." if grounds.openable else ""
                yield (
                    f"Of the {len(other.matches)} triggers that are open the suspect matches "
                    f"{sum(grounds.suspect.matches)} and {other.finding.model.name} {sum(other.matches)}: too few to "
                    f"tell them apart (sign test p = {probability(p_value)}, and at most {APART:g} is asked for).{more}"
                )


def _claimed(models: tuple[Examined, ...]) -> str:
    return ", ".join(one.finding.model.name for one in models if one.finding.outcome == "supports")


def _not_above(suspect: Examined, other: Examined) -> float:
    pairs = list(zip(suspect.matches, other.matches, strict=True))
    return sign_test_p_value(pairs.count((True, False)), pairs.count((False, True)))
