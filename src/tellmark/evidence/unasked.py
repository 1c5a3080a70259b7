"""What a private check leaves to a judge, by the registration of its mark."""

from __future__ import annotations

from pathlib import Path

from tellmark.errors import Mismatch
from tellmark.evidence.commitments import mark_digest
from tellmark.evidence.registration import load_registration
from tellmark.triggers.document import MarkDocument


def unasked(registration: str | Path, public: MarkDocument) -> tuple[tuple[int, ...], ...]:
    """For each tier of the mark the positions that are in reserve.

    Parameters
    ----------
    registration : path
        A ``.tmk`` file.
    public : MarkDocument
        Of the mark that is checked with.

    Raises
    ------
    Mismatch
        If the registration is that of another mark.
    EvidenceError, FileError
        If it cannot be read.
    """
    said = load_registration(registration).said
    if said.mark != mark_digest(public):
        raise Mismatch(f"{registration} is the registration of another mark: give the one that was made of this mark")
    return tuple(tier.reserve for tier in said.tiers)
