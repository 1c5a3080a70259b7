"""What an envelope holds: an in-toto Statement, that says something (the predicate) of some files (the subjects).

References
----------
in-toto Attestation Framework. Statement layer specification, version 1.
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field, field_validator

from tellmark.documents import Document
from tellmark.evidence.predicates import ClaimPredicate, Hex32, OpeningPredicate, RegistrationPredicate
from tellmark.evidence.verdict_predicate import SummaryPredicate, VerdictPredicate
from tellmark.types import Digest

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

Predicate = RegistrationPredicate | ClaimPredicate | OpeningPredicate | VerdictPredicate | SummaryPredicate

PREDICATE_TYPES: dict[type[Document], str] = {
    RegistrationPredicate: "urn:tellmark:registration:1",
    ClaimPredicate: "urn:tellmark:claim:1",
    OpeningPredicate: "urn:tellmark:opening:1",
    VerdictPredicate: "urn:tellmark:verdict:1",
    SummaryPredicate: "https://in-toto.io/attestation/svr/v0.1",
}

AnyPredicate = TypeVar(
    "AnyPredicate", RegistrationPredicate, ClaimPredicate, OpeningPredicate, VerdictPredicate, SummaryPredicate
)


class DigestSet(Document):
    """Digests of a subject: SHA-256 alone, 64 hexadecimal digits."""

    sha256: Hex32


class Subject(Document):
    """A file, or other bytes, that a statement speaks of."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    digest: DigestSet

    @property
    def sha256(self) -> Digest:
        """The digest in Tellmark's notation."""
        return Digest(f"sha256:{self.digest.sha256}")


class Statement(Document, Generic[AnyPredicate]):
    """An in-toto Statement, version 1.

    Attributes
    ----------
    type_ : str
        ``_type`` in the file: the version of the layer.
    subject : tuple of Subject
    predicate_type : str
        ``predicateType`` in the file, which goes with the class of the predicate.
    predicate : Document
        What is said.
    """

    type_: Literal["https://in-toto.io/Statement/v1"] = Field(default=STATEMENT_TYPE, alias="_type")
    subject: Annotated[tuple[Subject, ...], Field(min_length=1)]
    predicate_type: str = Field(alias="predicateType")
    predicate: AnyPredicate

    @field_validator("predicate_type")
    @classmethod
    def _goes_with_the_predicate(cls, value: str) -> str:
        if value != _type_of(cls.model_fields["predicate"].annotation):
            raise ValueError("not that of the predicate expected")
        return value


def subject(name: str, digest: Digest | str) -> Subject:
    """A subject with a digest in Tellmark's notation, ``sha256:HEX``."""
    return Subject(name=name, digest=DigestSet(sha256=digest.removeprefix("sha256:")))


def statement(predicate: AnyPredicate, subjects: Sequence[Subject]) -> Statement[AnyPredicate]:
    """The statement that says `predicate` of the subjects, of which there is at least one."""
    return Statement[type(predicate)](
        subject=tuple(subjects), predicateType=PREDICATE_TYPES[type(predicate)], predicate=predicate
    )


def _type_of(kind: object) -> str | None:
    return next((name for known, name in PREDICATE_TYPES.items() if known is kind), None)
