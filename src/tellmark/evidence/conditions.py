"""What must hold for a verdict to support a claim: one small object a condition, each with its sentence.

They are put together to one condition, which is missing whatever one of them is missing:

>>> SUPPORTED
AllOf(RuleSupports(), DateProven(), SuspectYounger(), BurnedKnown(), IndependentAsked(), NoIndependentClaimed())
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from tellmark.evidence.grounds import Grounds
from tellmark.evidence.predicates import Outcome
from tellmark.evidence.verdict_words import moment, odds


class Condition(Protocol):
    """Something that must hold."""

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """Each reason why it does not hold, as a sentence; none if it does."""
        ...


class AllOf:
    """Every one of several conditions.

    Parameters
    ----------
    *conditions : Condition
    """

    def __init__(self, *conditions: Condition) -> None:
        self._conditions = conditions

    def __repr__(self) -> str:
        return f"AllOf({', '.join(map(repr, self._conditions))})"

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        for condition in self._conditions:
            yield from condition.missing(grounds)


@dataclass(frozen=True)
class RuleSupports:
    """The committed test on the suspect's answers supports the claim."""

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        found, rule = grounds.suspect.finding, grounds.registration.rule
        if found.outcome == "does not support":
            yield (
                "By the committed rule the suspect matches too few triggers: that it matches as many as a model "
                f"derived from the source is refuted in every tier (beta {rule.beta:g}). This does not show that the "
                "suspect is independent."
            )
        if found.outcome == "inconclusive" and found.p_value is None:
            yield (
                "The committed rule can decide nothing: it was never measured how many triggers innocent models match."
            )
        elif found.outcome == "inconclusive":
            asked, triggers = sum(tally.asked for tally in found.tallies), grounds.triggers
            yield (
                f"The committed rule is undecided after {asked} of {triggers} triggers ({odds(found)}; alpha "
                f"{rule.alpha:g}). {_more(grounds, asked)}"
            )


@dataclass(frozen=True)
class DateProven:
    """An authority that whoever looks trusts vouches for the date of the registration."""

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if grounds.dates.registered is None:
            yield (
                "The date of the registration is not proven: no authority under a root certificate given with "
                "--tsa-root vouches for it. It could have been made after the suspect was known."
            )


@dataclass(frozen=True)
class SuspectYounger:
    """The suspect came into being after the registration."""

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        age, registered = grounds.dates.age, grounds.dates.registered
        if age is None:
            yield "It is not stated since when the suspect exists, so it may be older than the registration."
        elif registered is not None and age.since <= registered:
            yield (
                f"The suspect exists since {moment(age.since)} ({age.source}), and the registration is proven since "
                f"{moment(registered)}: a mark made after the suspect can be made to fit it."
            )


@dataclass(frozen=True)
class BurnedKnown:
    """What the claim leaves out was opened in earlier claims, and the judge knows it from elsewhere.

    Whoever may leave out triggers that the suspect is known not to match decides what is asked.
    """

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if grounds.burned and grounds.burned_known is None:
            yield (
                f"The claim leaves out {grounds.burned} triggers as opened in earlier claims, and nobody but the owner "
                "says so: with the choice of what is left out he could choose what is asked."
            )


@dataclass(frozen=True)
class IndependentAsked:
    """At least one independent model of the judge was asked the same triggers."""

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if not grounds.independents:
            yield (
                "No independent model was asked the same triggers: that models which owe the source nothing match few "
                "of them is the owner's word alone."
            )


@dataclass(frozen=True)
class NoIndependentClaimed:
    """No independent model is claimed by the same rule."""

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        claimed = [one.finding.model.name for one in grounds.independents if one.finding.outcome == "supports"]
        if claimed:
            yield (
                f"The same rule claims {', '.join(claimed)}: these triggers do not tell a model derived from the "
                "source from one that is not, or that model is derived from it too."
            )


SUPPORTED = AllOf(
    RuleSupports(), DateProven(), SuspectYounger(), BurnedKnown(), IndependentAsked(), NoIndependentClaimed()
)
"""What the verdict ``supports`` takes, beside a bundle in which everything verifies."""


def outcome_of(grounds: Grounds) -> tuple[Outcome, tuple[str, ...]]:
    """The outcome, and every reason why it is not ``supports``.

    ``does not support`` where the committed test gives the claim up, whatever else is missing; ``inconclusive`` where
    anything at all is missing.
    """
    if grounds.suspect.finding.outcome == "does not support":
        return "does not support", tuple(RuleSupports().missing(grounds))
    missing = tuple(SUPPORTED.missing(grounds))
    return ("inconclusive" if missing else "supports"), missing


def _more(grounds: Grounds, asked: int) -> str:
    budget = grounds.registration.rule.budget
    if asked >= budget:
        return f"The committed budget of {budget} is spent."
    return "More triggers can be opened for the same claim: the rule goes on from here."
