"""Conditions on what was committed to: the test decides, its limits were measured, and the source answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tellmark.evidence.conditions.base import Condition
from tellmark.evidence.grounds import Grounds
from tellmark.evidence.limits import bases_of_limits, false_claim_bound, stated_tiers, sureness
from tellmark.evidence.verdict_words import odds
from tellmark.verification.wording import at_most_percent

MOST_OFTEN = 0.25
"""Largest stated probability that one more innocent model is claimed with which a claim is supported."""

LEAST_SURE = 0.75
"""Smallest confidence in all limits together with which a claim is supported."""

LEAST_RELABELLED = 0.95
"""Smallest share of all triggers that the source must give the committed label to in an audit.

All that are open it must give; near a tie a model may answer otherwise on another machine.
"""


@dataclass(frozen=True)
class RuleSupports(Condition):
    """The committed test on the suspect's answers supports the claim."""

    name = "RULE_SUPPORTS"

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
                f"{rule.alpha:g}). {_more(grounds)}"
            )


@dataclass(frozen=True)
class LimitsMeasured(Condition):
    """Every limit follows from references of the owner, and the levels leave a bound that says something.

    Where no tier has a limit the rule decides nothing, and `RuleSupports` says so.
    What the references matched is the owner's word; against a false one stand the judge's own models.
    """

    name = "LIMITS_MEASURED"

    def at_stake(self, grounds: Grounds) -> bool:
        """See `Condition`."""
        return bool(bases_of_limits(grounds.registration) or stated_tiers(grounds.registration))

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if stated := stated_tiers(grounds.registration):
            yield (
                f"How many triggers innocent models match in tier {', '.join(stated)} was stated by the owner, not "
                "measured: nothing bounds how often an innocent model is claimed."
            )
            return
        if not bases_of_limits(grounds.registration):
            return
        bound, sure = false_claim_bound(grounds.registration), sureness(grounds.registration)
        if bound > MOST_OFTEN or sure < LEAST_SURE:
            yield (
                f"By the committed levels an innocent model is claimed with probability at most "
                f"{at_most_percent(bound)}, and that with {100 * sure:.3g} % confidence: it takes at most "
                f"{100 * MOST_OFTEN:g} % with at least {100 * LEAST_SURE:g} %."
            )


@dataclass(frozen=True)
class SourceAnswers(Condition):
    """The source, told by the digest in the registration, gave the committed labels."""

    name = "SOURCE_ANSWERS_AS_COMMITTED"

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if not grounds.source_asked:
            yield (
                "The source model was not asked: that it gives the labels of the triggers is the owner's word. Give it "
                "with --source."
            )
        elif grounds.registration.source is None:
            yield (
                "The registration names no digest of the source, so the model that gave the committed labels need not "
                "be the one that was marked."
            )


@dataclass(frozen=True)
class AuditAgrees(Condition):
    """Where the whole trigger set was made anew and labelled by the source, the labels are those committed to."""

    name = "AUDIT_AGREES"

    def at_stake(self, grounds: Grounds) -> bool:
        """See `Condition`."""
        return grounds.audit is not None and grounds.audit.relabelled is not None

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        audit = grounds.audit
        if audit is None or audit.relabelled is None:
            return
        if audit.relabelled < math.ceil(LEAST_RELABELLED * audit.triggers):
            yield (
                f"Of all {audit.triggers} triggers the source gives the committed label to {audit.relabelled} only: "
                "the others are not what the mark says they are."
            )


def _more(grounds: Grounds) -> str:
    if grounds.openable:
        return "More triggers can be opened for the same claim: the rule goes on from here."
    return (
        f"No more can be asked: the committed budget of {grounds.registration.rule.budget} is spent, or all triggers "
        "are open or burned."
    )
