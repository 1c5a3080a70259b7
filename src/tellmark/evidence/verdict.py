"""The judge's verdict: written once everything was asked, and read only together with all that it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from tellmark._version import __version__
from tellmark.digests import digest_bytes
from tellmark.errors import EvidenceError
from tellmark.evidence.bundle import Files
from tellmark.evidence.conditions.outcome import outcome_of
from tellmark.evidence.envelope import Envelope, opened_by_its_signer, read_envelope, sealed
from tellmark.evidence.grounds import Grounds
from tellmark.evidence.keys import SigningKey
from tellmark.evidence.layout import SUMMARY, VERDICT
from tellmark.evidence.predicates import FileRecord, KeyRecord
from tellmark.evidence.statement import statement, subject
from tellmark.evidence.verdict_predicate import AuditRecord, ModelFinding, VerdictPredicate
from tellmark.evidence.verdict_words import meaning
from tellmark.types import Digest

_CLOSE = 1e-6
"""Relative, of p-values and e-values: libraries of mathematics differ in the last digits."""


def said_of(
    files: Files, grounds: Grounds, roots: Sequence[Digest], judge: KeyRecord, *, nonce: str
) -> VerdictPredicate:
    """The verdict that follows from the grounds.

    Parameters
    ----------
    files : mapping of str to bytes
        Every other file of the bundle.
    grounds : Grounds
    roots : sequence of str
        Digests of the root certificates under which dates were verified.
    judge : KeyRecord
    nonce : str
        Of the claim.
    """
    outcome, missing = outcome_of(grounds)
    return VerdictPredicate(
        tellmark=__version__,
        created=datetime.now(UTC),
        judge=judge,
        files=_records(files),
        registered=grounds.dates.registered,
        roots=tuple(roots),
        age=grounds.dates.age,
        nonce=nonce if grounds.word.nonce_drawn else None,
        earlier_claims=grounds.word.earlier_claims,
        suspect=grounds.suspect.finding,
        bases=tuple(one.finding for one in grounds.bases),
        independents=tuple(one.finding for one in grounds.independents),
        audit=grounds.audit,
        outcome=outcome,
        reasons=(*missing, *meaning(grounds)),
    )


def made_verdict(said: VerdictPredicate, key: SigningKey) -> Envelope:
    """A verdict, signed by the judge's key, which it names."""
    return sealed(statement(said, [subject(file.name, file.digest) for file in said.files]), key)


def read_verdict(files: Files) -> VerdictPredicate:
    """The verdict in a bundle, found to be about the files beside it.

    Whether it follows from them is checked by `check_follows`.

    Raises
    ------
    EvidenceError
        If the key that it names did not sign it, or it speaks of other files.
    """
    envelope = read_envelope(files[VERDICT], VERDICT)
    signed = opened_by_its_signer(envelope, VerdictPredicate, lambda said: said.judge)
    said = signed.predicate
    records = _records({name: content for name, content in files.items() if name not in (VERDICT, SUMMARY)})
    if said.files != records:
        strange = [file.name for file in records if file not in said.files]
        known = f": it does not know {strange[0]} as it is" if strange else ""
        raise EvidenceError(f"{VERDICT} is a verdict on other files than those beside it{known}")
    if signed.subject != tuple(subject(file.name, file.digest) for file in records):
        raise EvidenceError(f"the statement of {VERDICT} speaks of other files than the verdict names")
    return said


def check_follows(said: VerdictPredicate, grounds: Grounds) -> None:
    """Check that a verdict says what follows from the files, if the judge's own words are taken as they are.

    These are the dates, what came of an audit, what is known of earlier claims, and that the judge drew the nonce.

    Parameters
    ----------
    said : VerdictPredicate
    grounds : Grounds
        With the dates and the audit that the verdict states.

    Raises
    ------
    EvidenceError
        If another result follows for a model, or another outcome.
    """
    if (len(said.bases), len(said.independents)) != (len(grounds.bases), len(grounds.independents)):
        raise EvidenceError("the verdict speaks of other models than were asked")
    for one, other in zip((said.suspect, *said.bases, *said.independents), grounds.examined, strict=True):
        if not _same(one, other.finding):
            raise EvidenceError(
                f"the verdict states of the {one.model.name} what does not follow from its recorded answers"
            )
    _check_audit(said.audit, grounds.triggers)
    outcome, _ = outcome_of(grounds)
    if outcome != said.outcome:
        raise EvidenceError(f"the verdict is '{said.outcome}', and '{outcome}' follows from what it rests on")


def _check_audit(audit: AuditRecord | None, triggers: int) -> None:
    if audit is not None and (audit.triggers != triggers or (audit.relabelled or 0) > triggers):
        raise EvidenceError("the verdict speaks of an audit of other triggers than the registration has")


def _records(files: Files) -> tuple[FileRecord, ...]:
    return tuple(FileRecord(name=name, digest=digest_bytes(content)) for name, content in sorted(files.items()))


def _same(one: ModelFinding, other: ModelFinding) -> bool:
    exact = {"p_value": None, "e_value": None}
    if one.model_copy(update=exact) != other.model_copy(update=exact):
        return False
    return _close(one.p_value, other.p_value) and _close(one.e_value, other.e_value)


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=1e-300)
