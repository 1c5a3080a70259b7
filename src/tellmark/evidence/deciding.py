"""The committed rule: from matches and misses, in the order of opening, to what they decide. Numbers only.

What is tested is the average over tiers of betting e-processes (`tellmark.verification.sequential`) with the numbers
that the registration commits to. The answers are looked at one after the other, in the one order in which the triggers
were opened, until they decide or the committed budget is spent. Triggers of a tier that were not opened count as not
yet asked: the hypotheses are about all N of them.

**Why the level holds.** Within each tier the order of opening is a uniform draw without replacement
(`tellmark.evidence.picking`), and in which order the tiers take turns may depend on all earlier answers. So may
whether more is opened: who opens further triggers goes on along the same path from where it ended, and looks again at
no other. An earlier verdict on fewer openings is a stop on the way.

**More matches never weaken a result.** To the same questions the wealth only grows with a match, and the bets that it
is futile to go on only shrink. A miss that becomes a match may end the way earlier in `supports`, or keep it from
ending in `does not support`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice

from tellmark.evidence.dividing import tier_test
from tellmark.evidence.predicates import RegistrationPredicate
from tellmark.evidence.verdict_predicate import ModelFinding, ModelRecord, TierTally
from tellmark.verification.sequential import SequentialTest

Answer = tuple[int, bool]
"""Position of the trigger's tier, and whether the model gave the trigger's label."""


def decided(registration: RegistrationPredicate, answers: Iterable[Answer]) -> SequentialTest:
    """The committed test after these answers, or after the first that decide.

    Parameters
    ----------
    registration : RegistrationPredicate
    answers : iterable of (int, bool)
        In the order of opening.

    Raises
    ------
    InvalidInput
        If there is no such tier, or there are more answers than triggers in one.
    """
    rule = registration.rule
    test = SequentialTest(tuple(map(tier_test, registration.tiers)), alpha=rule.alpha, beta=rule.beta)
    for tier, match in islice(answers, rule.budget):
        test = test.update(match=match, tier=tier)
        if test.verdict != "inconclusive":
            break
    return test


def finding(model: ModelRecord, test: SequentialTest) -> ModelFinding:
    """What the rule makes of one model's answers, as a verdict states it."""
    wealth = test.wealth if test.testable else None
    return ModelFinding(
        model=model,
        tallies=tuple(TierTally(asked=state.queries, matched=state.matches) for state in test.states),
        outcome=test.verdict,
        p_value=test.p_value,
        e_value=None if wealth is None or math.isinf(wealth) else wealth,
    )
