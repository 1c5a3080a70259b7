"""The verdict in the form that other tools for in-toto attestations read: a Simple Verification Result.

It says nothing that the verdict does not say, and nothing rests on it.
"""

from __future__ import annotations

from tellmark.digests import digest_bytes
from tellmark.errors import EvidenceError
from tellmark.evidence.bundle import Files
from tellmark.evidence.conditions.outcome import SUPPORTED, outcome_of
from tellmark.evidence.envelope import Envelope, opened, read_envelope, sealed
from tellmark.evidence.grounds import Grounds
from tellmark.evidence.keys import SigningKey, public_key
from tellmark.evidence.layout import SUMMARY, VERDICT
from tellmark.evidence.statement import Statement, statement, subject
from tellmark.evidence.verdict_predicate import SummaryPredicate, VerdictPredicate, Verifier

_PREFIX = "TELLMARK_"
_ALL = "CLAIM_SUPPORTED"


def made_summary(verdict: bytes, said: VerdictPredicate, grounds: Grounds, key: SigningKey) -> Envelope:
    """The summary of a verdict, signed.

    Parameters
    ----------
    verdict : bytes
        The file.
    said : VerdictPredicate
        What it says.
    grounds : Grounds
        The judge's.
    key : SigningKey
        The one that signed the verdict.
    """
    return sealed(_statement(verdict, said, grounds), key)


def check_summary(files: Files, said: VerdictPredicate, grounds: Grounds) -> None:
    """Check the summary in a bundle, if there is one, against the verdict that it is of.

    Raises
    ------
    EvidenceError
        If the judge did not sign it, or it says something else than the verdict.
    """
    if SUMMARY not in files:
        return
    signed = opened(read_envelope(files[SUMMARY], SUMMARY), SummaryPredicate, public_key(said.judge))
    if signed != _statement(files[VERDICT], said, grounds):
        raise EvidenceError(f"{SUMMARY} says something else than {VERDICT}")


def _statement(verdict: bytes, said: VerdictPredicate, grounds: Grounds) -> Statement[SummaryPredicate]:
    """On the verdict, and on the suspect where the judge had its digest."""
    subjects = [subject(VERDICT, digest_bytes(verdict))]
    suspect = said.suspect.model
    if suspect.digest is not None:
        subjects.append(subject(suspect.name, suspect.digest))
    summary = SummaryPredicate(
        verifier=Verifier(id=f"urn:tellmark:judge:1:{said.judge.keyid.removeprefix('sha256:')}"),
        timeCreated=said.created,
        properties=_properties(grounds),
    )
    return statement(summary, subjects)


def _properties(grounds: Grounds) -> tuple[str, ...]:
    names = [*SUPPORTED.holding(grounds), *([_ALL] if outcome_of(grounds)[0] == "supports" else [])]
    return tuple(_PREFIX + name for name in names)
