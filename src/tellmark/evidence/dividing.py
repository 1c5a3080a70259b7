"""Over which tiers the triggers of one opening are divided.

The committed rule asks tier after tier, and leaves a tier after a few answers once the suspect is unlike the thefts
that it was made for. A theft of some class is decided by the triggers of its tier, once there are as many as a
decision takes. So the tiers are filled in the order in which they are asked, each with what it takes to support a
claim against a model that matches just as often as the tier's thieves do at least; and when all have that much, each
with as many again. In whatever tier a theft shows, it is decided when the tiers up to that one are filled; no other
division decides one of them sooner without deciding one before it later.

A tier that can decide nothing, since innocent models may match all of it or were never asked, is not opened.

How many that are is worked out when the mark is registered, and committed to as the tier's *turn*. So the division
looks at numbers that are in the registration, and at how many were opened, never at answers: several small openings
open what one large one opens, and whoever opens triggers has no say in whose turn it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tellmark.evidence.predicates import TierCommitment
from tellmark.verification.tier_test import TierTest


def tier_test(committed: TierCommitment) -> TierTest:
    """What is tested in a tier."""
    return TierTest(
        committed.name, committed.triggers, committed.limit, claim=committed.claim, promising=committed.promising
    )


def triggers_to_decide(tests: Sequence[TierTest], *, alpha: float) -> tuple[int, ...]:
    """The turns of tiers: how many triggers support a claim against a model that matches as often as thieves at least.

    The share of matches in any number of answers is taken to be that of all triggers, ``claim / triggers``, and the
    tier has to support the claim alone. Where that takes more triggers than there are, or `claim` is unknown, it is
    all of them; 0 for a tier that can decide nothing.

    Parameters
    ----------
    tests : sequence of TierTest
    alpha : float
        Level of the claim.
    """
    testable = sum(test.testable for test in tests)
    return tuple(_to_decide(test, alpha / max(1, testable)) for test in tests)


def _to_decide(test: TierTest, level: float) -> int:
    if test.null is None:
        return 0
    queries = np.arange(1, test.triggers + 1)
    matches = queries * (test.claim or 0) // test.triggers
    enough = np.flatnonzero(test.null.log_wealth(matches, queries) >= -math.log(level))
    return int(queries[enough[0]]) if len(enough) else test.triggers


def divided(count: int, turns: Sequence[int], *, opened: Sequence[int], left: Sequence[int]) -> tuple[int, ...]:
    """How many of the next `count` triggers each tier gives; fewer in all where fewer are left.

    Parameters
    ----------
    turns : sequence of int
        Of the tiers, as the registration states them.
    opened, left : sequence of int
        Triggers of each tier that are open, and that could be opened still.

    Examples
    --------
    >>> divided(60, (10, 0, 120), opened=(0, 0, 0), left=(100, 100, 300))
    (10, 0, 50)
    """
    given = [0] * len(turns)
    while (missing := count - sum(given)) > 0:
        done = [before + now for before, now in zip(opened, given, strict=True)]
        rounds = {
            tier: done[tier] // turns[tier] for tier in range(len(turns)) if turns[tier] and given[tier] < left[tier]
        }
        if not rounds:
            break
        tier = min(rounds, key=lambda each: (rounds[each], each))
        filled = (rounds[tier] + 1) * turns[tier] - done[tier]
        given[tier] += min(missing, filled, left[tier] - given[tier])
    return tuple(given)
