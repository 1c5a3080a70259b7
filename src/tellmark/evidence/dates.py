"""Since when a registration and a suspect are known to exist."""

from __future__ import annotations

from datetime import datetime, timedelta

from tellmark.errors import EvidenceError
from tellmark.evidence.registration import Registration
from tellmark.evidence.timestamps import verified_time
from tellmark.evidence.tsa_certificates import Roots
from tellmark.evidence.verdict_predicate import SuspectAge

_A_DAY = timedelta(days=1)
"""Dates are stated without regard to time zones."""


def check_age(age: SuspectAge | None, *, judged: datetime) -> None:
    """Check that a suspect is not said to exist since a day that comes after it was judged.

    Raises
    ------
    EvidenceError
        If it is.
    """
    if age is not None and age.since > judged + _A_DAY:
        raise EvidenceError(f"the suspect is said to exist since {age.since:%Y-%m-%d}, which is after it was judged")


def proven_time(registration: Registration, roots: Roots) -> datetime | None:
    """The earliest time at which an authority under one of the roots vouches for the registration.

    A timestamp that leads to none of the roots, or does not hold, proves nothing and is passed over: the owner may have
    asked authorities that whoever checks does not know.

    Parameters
    ----------
    roots : tuple of Certificate
        Those that the checker trusts.

    Returns
    -------
    datetime or None
        None if no timestamp proves a time, or there are no roots.
    """
    proven = []
    for record in registration.document.timestamps if roots else ():
        try:
            proven.append(verified_time(record, registration.stamped, roots))
        except EvidenceError:
            continue
    return min(proven, default=None)
