"""What the judge's signed verdict says, and its summary."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tellmark.documents import Count, DigestText, Document, Moment, Share
from tellmark.evidence.predicates import FileRecord, KeyRecord, Nonce

Outcome = Literal["supports", "does not support", "inconclusive"]


class ModelRecord(Document):
    """A model that the judge asked.

    Attributes
    ----------
    name : str
        ``suspect``, ``source``, ``base 1`` and so on, or ``independent 1`` and so on.
    described : str
        What the judge says it is.
    digest : str or None
        Of its file or weights, where the judge had them.
    """

    name: str
    described: str
    digest: DigestText | None


class TierTally(Document):
    """Answers of one model to the opened triggers of one tier."""

    asked: Count
    matched: Count


class ModelFinding(Document):
    """How one model answered, and what the committed rule makes of it.

    Attributes
    ----------
    model : ModelRecord
    tallies : tuple of TierTally
        One a tier, of the answers that the rule looked at.
    outcome : str
    p_value : float or None
    e_value : float or None
        None too where it exceeds what a double holds.
    """

    model: ModelRecord
    tallies: tuple[TierTally, ...]
    outcome: Outcome
    p_value: Share | None
    e_value: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None


class SuspectAge(Document):
    """Since when the suspect is known to exist, and how the judge knows.

    Attributes
    ----------
    since : datetime
        The earliest at which the suspect, or any model that it is shown to be made from (an earlier version, a base, a
        teacher), is known to exist: triggers that fit its forerunner fit a suspect too. The registered model does not
        count, nor do those that were asked as bases: whether triggers fit them, their answers show.
    source : str
    """

    since: Moment
    source: str = Field(min_length=1, max_length=500)


class AuditRecord(Document):
    """What the judge found with the whole mark, the hold-out data and the owner's model at hand.

    Attributes
    ----------
    triggers : int
        All triggers were made anew from the seed and found to be those committed.
    relabelled : int or None
        So many were answered by the owner's model as committed; None where it was not asked.
    proxies : int or None
        So many of the noisy copies of the recipe agreed on every trigger; None where they were not asked.
    """

    triggers: Count
    relabelled: Count | None
    proxies: Count | None


class VerdictPredicate(Document):
    """What the judge did and found.

    Attributes
    ----------
    tellmark : str
    created : datetime
    judge : KeyRecord
    files : tuple of FileRecord
        Every other file of the bundle.
    registered : datetime or None
        The earliest time that an authority under one of the judge's roots vouches for.
    roots : tuple of str
        Digests of the root certificates that the judge pinned, DER.
    age : SuspectAge or None
    nonce : str or None
        The one that the judge drew, after he had taken the registration; None where he did not draw the claim's.
    earlier_claims : str or None
        What the judge knows of earlier claims on the registration and of what they opened, and how; None where he does
        not.
    suspect : ModelFinding
    bases : tuple of ModelFinding
        Models that the source or the suspect may come from.
    independents : tuple of ModelFinding
    audit : AuditRecord or None
    outcome : str
    reasons : tuple of str
        Every reason why it is not more than that, and every assumption, in words.
    """

    tellmark: str
    created: Moment
    judge: KeyRecord
    files: tuple[FileRecord, ...]
    registered: Moment | None
    roots: tuple[DigestText, ...]
    age: SuspectAge | None
    nonce: Nonce | None
    earlier_claims: Annotated[str, Field(min_length=1, max_length=500)] | None
    suspect: ModelFinding
    bases: tuple[ModelFinding, ...]
    independents: tuple[ModelFinding, ...]
    audit: AuditRecord | None
    outcome: Outcome
    reasons: tuple[str, ...]


class Verifier(Document):
    """Who made a summary, as a URI."""

    id: str


class SummaryPredicate(Document):
    """A Simple Verification Result: what of the verdict other tools understand.

    Attributes
    ----------
    verifier : Verifier
    time_created : datetime
        ``timeCreated`` in the file; that of the verdict.
    properties : tuple of str
        The conditions that hold (`tellmark.evidence.conditions`), and ``TELLMARK_CLAIM_SUPPORTED`` if all do.

    References
    ----------
    in-toto Attestation Framework. Predicate type Simple Verification Result, version 0.1.
    https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md
    """

    verifier: Verifier
    time_created: Moment = Field(alias="timeCreated")
    properties: tuple[str, ...]
