"""Since when a registration is known to exist."""

from __future__ import annotations

from datetime import datetime

from tellmark.errors import EvidenceError
from tellmark.evidence.registration import Registration
from tellmark.evidence.timestamps import verified_time
from tellmark.evidence.tsa_certificates import Roots


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
