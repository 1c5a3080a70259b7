"""Check a bundle of evidence from its files alone: no model, no network, no framework for either.

Everything that can be worked out again is: every digest, signature and place in a chain, every leaf and path, every
input from its random words, every comparison of labels, and every number of the test. What the judge found is then
compared with it. Some things are the judge's own word, and said to be: which models were asked, since when the suspect
exists, that he drew the nonce, what he knows of earlier claims, and what came of an audit with the whole mark. The date
is proven under the roots that the checker gives.

Whoever has a key can sign a bundle of his own making. Whose keys these are has to be known from elsewhere: under a
judge's key that the checker does not know no claim is supported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from tellmark.errors import EvidenceError, TellmarkError
from tellmark.evidence.bundle import Bundle, Files, bundle_files, read_bundle
from tellmark.evidence.conditions.outcome import outcome_of
from tellmark.evidence.dates import check_age, proven_time
from tellmark.evidence.grounds import Dates, Grounds, JudgesWord, check_digests, check_source, grounds_of
from tellmark.evidence.keys import PublicKey
from tellmark.evidence.layout import SUMMARY, TRANSCRIPT, VERDICT
from tellmark.evidence.predicates import KeyRecord
from tellmark.evidence.summary import check_summary
from tellmark.evidence.transcript import read_transcript
from tellmark.evidence.tsa_certificates import Roots, root_digests
from tellmark.evidence.verdict import check_follows, read_verdict
from tellmark.evidence.verdict_predicate import VerdictPredicate
from tellmark.evidence.verdict_words import meaning, moment

CheckOutcome = Literal["supports", "does not support", "inconclusive", "invalid"]


@dataclass(frozen=True)
class Facts:
    """What a valid bundle says, as far as it goes.

    Attributes
    ----------
    bundle : Bundle
    registered : datetime or None
        Under the checker's roots.
    grounds : Grounds or None
        None where not every model was asked every question.
    verdict : VerdictPredicate or None
    """

    bundle: Bundle
    registered: datetime | None
    grounds: Grounds | None = None
    verdict: VerdictPredicate | None = None


@dataclass(frozen=True)
class Finding:
    """What came of a check.

    Attributes
    ----------
    outcome : str
        ``invalid``, or what the bundle shows to the checker. It may be less than what it showed to the judge: a date
        is proven under roots alone that the checker gave.
    reasons : tuple of str
        Why it is not more than that.
    remarks : tuple of str
        What it rests on, takes for granted, and does not say.
    facts : Facts or None
        None for an invalid bundle.
    """

    outcome: CheckOutcome
    reasons: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    facts: Facts | None = None


@dataclass(frozen=True)
class Pins:
    """The public keys that must have signed, where the checker knows them.

    Attributes
    ----------
    owner, judge : PublicKey or None
    """

    owner: PublicKey | None = None
    judge: PublicKey | None = None


def check_bundle(path: str | Path, roots: Roots = (), pins: Pins = Pins()) -> Finding:
    """Check a bundle.

    Parameters
    ----------
    path : str or Path
        The folder.
    roots : tuple of Certificate
        Of time-stamping authorities that the checker trusts; without any, no date is proven.
    pins : Pins

    Raises
    ------
    FileError
        If there is no folder, or something in it cannot be read. Whatever is wrong in it is a finding, not an error.
    """
    try:
        files = bundle_files(path)
    except EvidenceError as error:
        return _invalid(error)
    return check_files(files, roots, pins)


def check_files(files: Files, roots: Roots = (), pins: Pins = Pins()) -> Finding:
    """Check the files of a bundle; see `check_bundle`."""
    try:
        return _checked(files, roots, pins)
    except TellmarkError as error:
        return _invalid(error)


def _invalid(error: TellmarkError) -> Finding:
    return Finding("invalid", (f"{str(error).rstrip('.')}.",))


def _checked(files: Files, roots: Roots, pins: Pins) -> Finding:
    bundle = read_bundle(files)
    _check_key("owner", bundle.registration.said.owner, pins.owner)
    facts = Facts(bundle, proven_time(bundle.registration, roots))
    if VERDICT not in files:
        if SUMMARY in files:
            raise EvidenceError(f"the bundle has a {SUMMARY} and no {VERDICT} that it could be of")
        return _unjudged(facts)
    verdict = read_verdict(files)
    _check_judge(verdict, bundle)
    _check_key("judge", verdict.judge, pins.judge)
    _check_date(verdict, facts, roots)
    check_age(verdict.age, judged=verdict.created)
    by_the_judge = _grounds(bundle, Dates(verdict.registered, verdict.age), verdict)
    check_follows(verdict, by_the_judge)
    check_summary(files, verdict, by_the_judge)
    dates = Dates(facts.registered, verdict.age)
    grounds = replace(by_the_judge, dates=dates, judge_known=pins.judge is not None)
    outcome, missing = outcome_of(grounds)
    return Finding(outcome, missing, meaning(grounds), replace(facts, grounds=grounds, verdict=verdict))


def _grounds(bundle: Bundle, dates: Dates, verdict: VerdictPredicate) -> Grounds:
    if TRANSCRIPT not in bundle.files:
        raise EvidenceError(f"the bundle has a verdict and no {TRANSCRIPT} that it could rest on")
    transcript = read_transcript(bundle.files[TRANSCRIPT], bundle)
    if not transcript.complete or not bundle.questions:
        raise EvidenceError("the verdict was given before every model had answered every question")
    return grounds_of(transcript, dates, JudgesWord(verdict.nonce is not None, verdict.earlier_claims, verdict.audit))


def _unjudged(facts: Facts) -> Finding:
    """As far as it goes: what the owner handed in verifies, and so does what the judge has written down by now."""
    bundle, unjudged = facts.bundle, "No judge has given a verdict."
    opened = len(bundle.questions)
    if TRANSCRIPT not in bundle.files:
        asked = f"{opened} triggers are open, and no model was asked." if opened else "No trigger is open."
        return Finding("inconclusive", (unjudged, asked), facts=facts)
    transcript = read_transcript(bundle.files[TRANSCRIPT], bundle)
    check_source(transcript)
    check_digests(transcript)
    done = [
        f"{model.record.name} {len(answers)}"
        for model, answers in zip(transcript.models, transcript.answers, strict=True)
    ]
    return Finding("inconclusive", (unjudged, f"Of {opened} questions answered: {', '.join(done)}."), facts=facts)


def _check_key(whose: str, found: KeyRecord, pinned: PublicKey | None) -> None:
    if pinned is not None and pinned.record != found:
        raise EvidenceError(f"the {whose}'s key is {found.keyid}, and you expect {pinned.keyid}")


def _check_judge(verdict: VerdictPredicate, bundle: Bundle) -> None:
    """The judge is not the owner, and drew no other nonce than the one that was used."""
    if verdict.judge == bundle.registration.said.owner:
        raise EvidenceError("the owner signed the verdict on his own claim: it takes a judge with a key of his own")
    if verdict.nonce not in (None, bundle.disclosure.claim.said.nonce):
        raise EvidenceError("the judge drew another nonce than the one that the claim was made under")


def _check_date(verdict: VerdictPredicate, facts: Facts, roots: Roots) -> None:
    """Where the checker trusts all roots that the judge did, and no others, the two come to one date."""
    stamped = facts.bundle.registration.document.timestamps
    if verdict.registered is not None and not (stamped and verdict.roots):
        raise EvidenceError("the verdict states a proven date, and there is no timestamp or no root to prove it")
    if _same_roots(root_digests(roots), verdict.roots) and facts.registered != verdict.registered:
        dates = [("not proven" if each is None else moment(each)) for each in (verdict.registered, facts.registered)]
        raise EvidenceError(f"the verdict dates the registration {dates[0]}, and under the same roots it is {dates[1]}")


def _same_roots(own: Sequence[str], judges: Sequence[str]) -> bool:
    return bool(own) and set(own) == set(judges)
