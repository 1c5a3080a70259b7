"""What a verdict rests on: how each model answered, what the rule makes of it, and what is known of dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tellmark.errors import EvidenceError
from tellmark.evidence.deciding import decided, finding
from tellmark.evidence.predicates import AuditRecord, ModelFinding, RegistrationPredicate, SuspectAge
from tellmark.evidence.transcript import SOURCE, Transcript


@dataclass(frozen=True)
class Examined:
    """A model that answered every question.

    Attributes
    ----------
    finding : ModelFinding
        By the committed rule, which may have decided before the last answer.
    matches : tuple of bool
        Of all answers, in the order of opening.
    """

    finding: ModelFinding
    matches: tuple[bool, ...]

    @property
    def rate(self) -> float:
        """Share of matches among all answers."""
        return sum(self.matches) / len(self.matches)


@dataclass(frozen=True)
class Dates:
    """What is known of the times of registration and suspect.

    Attributes
    ----------
    registered : datetime or None
        The earliest time that an authority trusted by whoever looks vouches for.
    age : SuspectAge or None
        Since when the suspect exists, as the judge states it.
    """

    registered: datetime | None
    age: SuspectAge | None


@dataclass(frozen=True)
class Grounds:
    """All that decides what a verdict may say.

    Attributes
    ----------
    registration : RegistrationPredicate
    dates : Dates
    suspect : Examined
    independents : tuple of Examined
    source_asked : bool
        Whether the source answered every question, which it then did as committed.
    audit : AuditRecord or None
    burned : int
        Triggers that the claim leaves out, as opened in earlier claims.
    burned_known : str or None
        How the judge knows that they were.
    """

    registration: RegistrationPredicate
    dates: Dates
    suspect: Examined
    independents: tuple[Examined, ...]
    source_asked: bool
    audit: AuditRecord | None
    burned: int = 0
    burned_known: str | None = None

    @property
    def triggers(self) -> int:
        """How many there are in all tiers."""
        return sum(tier.triggers for tier in self.registration.tiers)


def grounds_of(
    transcript: Transcript, dates: Dates, audit: AuditRecord | None, *, burned_known: str | None = None
) -> Grounds:
    """What a complete transcript shows.

    Raises
    ------
    EvidenceError
        If the source answered otherwise than committed, or a model called independent is not.
    """
    check_source(transcript)
    check_apart(transcript)
    suspect, *others = (_examined(transcript, number) for number in range(len(transcript.models)))
    return Grounds(
        registration=transcript.bundle.registration.said,
        dates=dates,
        suspect=suspect,
        independents=tuple(each for each in others if each.finding.model.name != SOURCE),
        source_asked=len(others) > 0 and others[0].finding.model.name == SOURCE,
        audit=audit,
        burned=sum(map(len, transcript.bundle.disclosure.claim.said.burned)),
        burned_known=burned_known,
    )


def check_source(transcript: Transcript) -> None:
    """Check that the source answers as committed, as far as it was asked.

    Raises
    ------
    EvidenceError
        If it does not: then the triggers are not what the owner says they are.
    """
    for number, model in enumerate(transcript.models):
        if model.record.name == SOURCE and not all(transcript.matches(number)):
            wrong = transcript.matches(number).index(False)
            committed = transcript.bundle.questions[wrong].committed
            raise EvidenceError(
                f"the source model does not answer question {wrong} (tier {committed.tier}, trigger "
                f"{committed.position}) as its owner committed to"
            )


def check_digests(transcript: Transcript) -> None:
    """Check by digests that the source is the one registered, and no independent model another one of those asked.

    Raises
    ------
    EvidenceError
        If it is not so.
    """
    registered = transcript.bundle.registration.said.source
    known = {registered: "the source"}
    for model in transcript.models:
        digest, name = model.record.digest, model.record.name
        if name == SOURCE and registered is not None and digest != registered:
            raise EvidenceError("the model given as the source is not the one that the registration names")
        other = known.get(digest) if digest is not None else None
        if other is not None and name.startswith("independent"):
            raise EvidenceError(f"{name} has the digest of {other}: name a model that owes it nothing")
        known.setdefault(digest, f"the {name}" if name in ("suspect", SOURCE) else name)


def check_apart(transcript: Transcript) -> None:
    """Check that no independent model is the suspect or the source, by digest or by its answers.

    Two models that match no trigger may well answer alike, where there are two classes; they are not taken for one.

    Raises
    ------
    EvidenceError
        If one is.
    """
    check_digests(transcript)
    others = [number for number, model in enumerate(transcript.models) if not _is_independent(model.record.name)]
    for number, model in enumerate(transcript.models):
        answers = transcript.answers[number]
        for other in others if _is_independent(model.record.name) and any(transcript.matches(number)) else ():
            if answers == transcript.answers[other]:
                raise EvidenceError(
                    f"{model.record.name} answers every question as the {transcript.models[other].record.name} does: "
                    "they are one model, or too few triggers are open to tell them apart"
                )


def _is_independent(name: str) -> bool:
    return name.startswith("independent")


def _examined(transcript: Transcript, number: int) -> Examined:
    matches = transcript.matches(number)
    tiers = (trigger.committed.tier for trigger in transcript.bundle.questions)
    test = decided(transcript.bundle.registration.said, zip(tiers, matches, strict=True))
    return Examined(finding(transcript.models[number].record, test), matches)
