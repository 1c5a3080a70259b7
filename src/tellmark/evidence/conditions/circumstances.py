"""Conditions on what was known when: nobody could choose triggers, or their order, to suit the suspect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tellmark.evidence.conditions.base import Condition
from tellmark.evidence.grounds import Grounds
from tellmark.evidence.verdict_words import moment


@dataclass(frozen=True)
class DateProven(Condition):
    """An authority that whoever looks trusts vouches for the date of the registration."""

    name = "REGISTRATION_DATED"

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if grounds.dates.registered is None:
            yield (
                "The date of the registration is not proven: no authority under a root certificate given with "
                "--tsa-root vouches for it. It could have been made after the suspect was known."
            )


@dataclass(frozen=True)
class SuspectYounger(Condition):
    """The suspect, and whatever it is shown to be made from, came into being after the registration.

    Models that are asked as bases need not: their answers show whether the triggers were fitted to them.
    """

    name = "SUSPECT_YOUNGER"

    def at_stake(self, grounds: Grounds) -> bool:
        """See `Condition`."""
        return grounds.dates.registered is not None

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        age, registered = grounds.dates.age, grounds.dates.registered
        if age is None:
            yield (
                "It is not stated since when the suspect, and the models that it is shown to be made from and that "
                "were not asked, exist: they may be older than the registration."
            )
        elif registered is not None and age.since <= registered:
            yield (
                f"The suspect, or a model that it is made from, exists since {moment(age.since)} ({age.source}), and "
                f"the registration is proven since {moment(registered)}: a mark made after them can be made to fit."
            )


@dataclass(frozen=True)
class NonceDrawn(Condition):
    """The judge drew the nonce that decides which triggers are opened, after he had taken this very registration."""

    name = "NONCE_DRAWN_BY_JUDGE"

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if not grounds.word.nonce_drawn:
            yield (
                "The judge does not say that he drew the nonce, after he had taken this registration: an owner who "
                "chooses one of them when he knows the other chooses which triggers are asked. They are given with "
                "--nonce and --registration."
            )


@dataclass(frozen=True)
class EarlierClaimsKnown(Condition):
    """The judge knows from elsewhere what was opened in earlier claims, or that there were none.

    Whoever may leave out triggers that the suspect is known not to match, or ask again what an earlier suspect has
    answered, decides what is asked.
    """

    name = "EARLIER_CLAIMS_KNOWN"

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if grounds.word.earlier_claims is None:
            left_out = f"leaves out {grounds.burned} triggers as opened" if grounds.burned else "leaves out none"
            yield (
                f"It is not stated how the judge knows of earlier claims on this registration, and this claim "
                f"{left_out}: by the owner's word alone he could leave out what does not suit him, or ask again what "
                "he knows the answers to. State it with --earlier-claims."
            )


@dataclass(frozen=True)
class JudgeKnown(Condition):
    """Whoever looks knows the key that signed the verdict to be that of a judge."""

    name = "JUDGE_KNOWN"

    def at_stake(self, grounds: Grounds) -> bool:
        """See `Condition`: a judge has nothing to say of whether he is known to whoever looks."""
        del grounds
        return False

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        if not grounds.judge_known:
            yield (
                "Whose key signed the verdict is not known to you: anybody can play the judge of a claim and sign "
                "whatever answers. Give the key that you know to be the judge's with --judge-key."
            )
