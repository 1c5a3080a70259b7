"""What a verdict rests on: how each model answered, what the rule makes of it, and what is known of dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tellmark.errors import EvidenceError
from tellmark.evidence.bundle import Bundle
from tellmark.evidence.deciding import decided, finding
from tellmark.evidence.predicates import RegistrationPredicate
from tellmark.evidence.transcript import BASE, INDEPENDENT, ROLES, SOURCE, SUSPECT, Transcript, role_of
from tellmark.evidence.verdict_predicate import AuditRecord, ModelFinding, SuspectAge


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
class JudgesWord:
    """What is the judge's word, beside the dates.

    Attributes
    ----------
    nonce_drawn : bool
        Whether the judge drew the nonce of the claim, after he had taken the registration.
    earlier_claims : str or None
        What is known of earlier claims on the registration, and how.
    audit : AuditRecord or None
    """

    nonce_drawn: bool = False
    earlier_claims: str | None = None
    audit: AuditRecord | None = None


@dataclass(frozen=True)
class Grounds:
    """All that decides what a verdict may say.

    Attributes
    ----------
    registration : RegistrationPredicate
    dates : Dates
    word : JudgesWord
    suspect : Examined
    bases : tuple of Examined
        Models that the source or the suspect may come from.
    independents : tuple of Examined
    source_asked : bool
        Whether the source answered every question, which it then did as committed.
    burned : int
        Triggers that the claim leaves out, as opened in earlier claims.
    openable : int
        Further triggers that could be opened for the claim and asked.
    judge_known : bool
        Whether whoever looks knows the key of the verdict to be a judge's.
    """

    registration: RegistrationPredicate
    dates: Dates
    word: JudgesWord
    suspect: Examined
    bases: tuple[Examined, ...]
    independents: tuple[Examined, ...]
    source_asked: bool
    burned: int = 0
    openable: int = 0
    judge_known: bool = True

    @property
    def audit(self) -> AuditRecord | None:
        """What came of making the whole trigger set anew, where that was done."""
        return self.word.audit

    @property
    def examined(self) -> tuple[Examined, ...]:
        """The suspect, the base models and the independent ones, in this order."""
        return (self.suspect, *self.bases, *self.independents)

    @property
    def triggers(self) -> int:
        """How many there are in all tiers."""
        return sum(tier.triggers for tier in self.registration.tiers)


def grounds_of(transcript: Transcript, dates: Dates, word: JudgesWord) -> Grounds:
    """What a complete transcript shows.

    Raises
    ------
    EvidenceError
        If the source answered otherwise than committed, or by its digest a model called independent is another one.
    """
    check_source(transcript)
    check_digests(transcript)
    examined = {role: [] for role in ROLES}
    for number, model in enumerate(transcript.models):
        examined[role_of(model.record)].append(_examined(transcript, number))
    return Grounds(
        registration=transcript.bundle.registration.said,
        dates=dates,
        word=word,
        suspect=examined[SUSPECT][0],
        bases=tuple(examined[BASE]),
        independents=tuple(examined[INDEPENDENT]),
        source_asked=bool(examined[SOURCE]),
        burned=sum(map(len, transcript.bundle.disclosure.claim.said.burned)),
        openable=_openable(transcript.bundle),
    )


def _openable(bundle: Bundle) -> int:
    said = bundle.registration.said
    left = sum(bundle.disclosure.next_turns(sum(tier.triggers for tier in said.tiers)))
    return max(0, min(left, said.rule.budget - len(bundle.questions)))


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
        if other is not None and role_of(model.record) == INDEPENDENT:
            raise EvidenceError(f"{name} has the digest of {other}: name a model that owes it nothing")
        known.setdefault(digest, f"the {name}" if name in (SUSPECT, SOURCE) else name)


def _examined(transcript: Transcript, number: int) -> Examined:
    matches = transcript.matches(number)
    tiers = (trigger.committed.tier for trigger in transcript.bundle.questions)
    test = decided(transcript.bundle.registration.said, zip(tiers, matches, strict=True))
    return Examined(finding(transcript.models[number].record, test), matches)
