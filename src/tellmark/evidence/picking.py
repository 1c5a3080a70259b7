"""In which order the triggers of a tier are opened: the judge's nonce decides, and nobody else.

Every position has a key: SHA-256 of the registration's statement, the nonce, the tier and the position. The reserve
comes first, in the order of its keys, then the other positions in the order of theirs. Positions that were opened in
an earlier claim are left out, and leave the order of the others as it is.

**Why the first n of it are a uniform draw without replacement from all N triggers of the tier.** The reserve is a
random subset, drawn by the salted leaves of the registration before any suspect is known. To whoever has seen neither
leaves nor nonce each subset of that size is as likely as any other, and so is each order of it and of the rest. A
random subset in random order, followed by the rest in random order, is a random order of all: which triggers a given
suspect matches is settled without it, so the committed test (`tellmark.verification.sequential`) keeps its level. It
does not matter how many triggers are reserved.

**Why it stays one when burned positions are left out.** What was opened earlier was opened from the front of such an
order, up to a moment that depended on answers to what was opened by then. What follows a stopping time of an
exchangeable sequence is distributed as its beginning (Kallenberg, 1988), whatever the earlier suspect was: even the
same one, met again in an appeal. So each claim by itself supports with probability at most alpha against an innocent,
and k claims against one suspect with at most k alpha.

**What makes it false.**

- A registration that was made after the suspect, or a forerunner of it, could be asked: the time that others vouch
  for has to be earlier.
- A nonce that the owner had a hand in, or knew before the registration was committed to. Among k registrations that
  the owner prepared he can choose one when he knows the nonce, which multiplies the level by k. So the keys take in
  the signed statement, to which a timestamp belongs, and not the file, to which the owner could add until the order
  suits him; and a judge takes the registration first and draws the nonce then.
- Positions called burned to get rid of them: triggers that are known to be answered otherwise, or opened out of order.
- A suspect who has learnt what was opened: leave it out, as is done here.

What innocent models match by being alike is no matter of the order; it is in the tier's limit.

References
----------
O. Kallenberg. Spreading and predictable sampling in exchangeable sequences and processes. Annals of Probability
16(2):508-534, 1988. doi 10.1214/aop/1176991771
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from tellmark.documents import document_bytes
from tellmark.errors import InvalidInput
from tellmark.evidence.predicates import RegistrationPredicate

_PURPOSE = b"tellmark/1/evidence/picking"


def order_of(
    registration: RegistrationPredicate, *, nonce: str, tier: int, burned: Collection[int] = ()
) -> tuple[int, ...]:
    """The positions of a tier's triggers in the order in which a claim opens them.

    Parameters
    ----------
    registration : RegistrationPredicate
    nonce : str
        The judge's, 32 to 128 hexadecimal digits.
    tier : int
        Position of the tier.
    burned : collection of int
        Positions that were opened in earlier claims.

    Returns
    -------
    tuple of int
        All positions of the tier but the burned ones, the reserve first.

    Raises
    ------
    InvalidInput
        If the registration has no such tier.
    """
    if not 0 <= tier < len(registration.tiers):
        raise InvalidInput(f"there is no tier {tier}: the {len(registration.tiers)} tiers count from 0")
    committed = registration.tiers[tier]
    statement = hashlib.sha256(document_bytes(registration)).digest()
    draw = hashlib.sha256(_PURPOSE + statement + nonce.encode("ascii")).digest()
    reserve, left = frozenset(committed.reserve), set(range(committed.triggers)).difference(burned)
    return tuple(sorted(left, key=lambda position: (position not in reserve, _key(draw, tier, position))))


def _key(draw: bytes, tier: int, position: int) -> bytes:
    return hashlib.sha256(draw + tier.to_bytes(8, "big") + position.to_bytes(8, "big")).digest()
