"""The claim: whom the owner accuses, under the judge's nonce, before any trigger is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from tellmark.documents import document_bytes, first_problem
from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence.burned import Positions, ledger_path, load_ledger
from tellmark.evidence.envelope import Envelope, opened, read_envelope, sealed
from tellmark.evidence.keys import SigningKey, public_key
from tellmark.evidence.layout import CLAIM, REGISTRATION
from tellmark.evidence.predicates import ClaimPredicate, RegistrationPredicate
from tellmark.evidence.registration import Registration, load_registration
from tellmark.evidence.statement import statement, subject
from tellmark.output_folder import new_folder, write_whole
from tellmark.types import Digest


@dataclass(frozen=True)
class Claim:
    """A claim that was read and found to be the owner's.

    Attributes
    ----------
    digest : str
        Of its envelope.
    said : ClaimPredicate
    """

    digest: Digest
    said: ClaimPredicate


def new_claim(file: str | Path, bundle: str | Path, key: SigningKey, *, suspect: str, nonce: str) -> Claim:
    """Make a bundle with the registration and a claim on it; no trigger is opened.

    What was opened in earlier claims is read from the ledger beside the registration (`tellmark.evidence.burned`).

    Parameters
    ----------
    file : str or Path
        The registration, ``.tmk``.
    bundle : str or Path
        A folder that does not exist yet.
    key : SigningKey
        The one that the registration names.
    suspect : str
        The suspect's name and where it is met.
    nonce : str
        From the judge, who drew it after taking the registration file.

    Raises
    ------
    EvidenceError
        If the key is another than the registration's, or registration or ledger were changed.
    InvalidInput
        If the bundle exists, the nonce is shorter than 16 bytes or no hexadecimal text, or the suspect has no name.
    FileError
        If something cannot be read or written; nothing is left behind.
    """
    registration = load_registration(file)
    ledger = load_ledger(ledger_path(file), registration.said)
    envelope = made_claim(registration, key, suspect=suspect, nonce=nonce, burned=ledger.burned_for(None))
    with new_folder(bundle) as folder:
        write_whole(folder / REGISTRATION, registration.content)
        write_whole(folder / CLAIM, document_bytes(envelope))
    return read_claim(document_bytes(envelope), registration)


def made_claim(registration: Registration, key: SigningKey, *, suspect: str, nonce: str, burned: Positions) -> Envelope:
    """The claim that the suspect's model is derived from the registered one; see `new_claim`.

    Parameters
    ----------
    burned : tuple of tuple of int
        Of each tier the positions that were opened in earlier claims, increasing.
    """
    check_owner(key, registration.said)
    try:
        said = ClaimPredicate(
            created=datetime.now(UTC),
            registration=registration.digest,
            suspect=suspect,
            nonce=nonce.lower(),
            burned=burned,
        )
    except ValidationError as error:
        raise InvalidInput(_advice(error)) from None
    return sealed(statement(said, [subject(REGISTRATION, registration.digest)]), key)


def check_owner(key: SigningKey, registration: RegistrationPredicate) -> None:
    """Check that a key is the one that the registration was signed with.

    Raises
    ------
    EvidenceError
        If it is another.
    """
    if key.public.record != registration.owner:
        raise EvidenceError(
            f"the registration is signed by the key {registration.owner.keyid}, not by {key.public.keyid}: "
            "give the owner's key"
        )


def read_claim(raw: bytes, registration: Registration) -> Claim:
    """The claim that these bytes hold.

    Parameters
    ----------
    raw : bytes
        Of ``claim.json``.
    registration : Registration
        That in the same bundle.

    Raises
    ------
    EvidenceError
        If the owner did not sign it, it speaks of another registration, or burned positions are none.
    """
    envelope = read_envelope(raw, CLAIM)
    signed = opened(envelope, ClaimPredicate, public_key(registration.said.owner))
    said, file = signed.predicate, registration.digest
    if said.registration != file or signed.subject != (subject(REGISTRATION, file),):
        raise EvidenceError("the claim is made on another registration than the one beside it")
    if len(said.burned) != len(registration.said.tiers):
        raise EvidenceError("the claim does not say of each tier which triggers were opened earlier")
    for tier, burned in zip(registration.said.tiers, said.burned, strict=True):
        if sorted({*burned}) != list(burned) or any(position >= tier.triggers for position in burned):
            raise EvidenceError(f"the positions that the claim calls burned in tier '{tier.name}' are none of its own")
    return Claim(envelope.digest, said)


def _advice(error: ValidationError) -> str:
    match error.errors()[0]["loc"]:
        case ("nonce",):
            return "the nonce is 16 to 64 bytes in hexadecimal digits, drawn by the judge after taking the registration"
        case ("suspect",):
            return "say whom the claim is made against, in 1 to 500 characters"
        case _:
            return f"this claim {first_problem(error)}"
