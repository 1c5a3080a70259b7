"""Asks tier after tier, may be looked at after every answer, and stops when the verdict is out.

**The hypothesis** is that of an innocent model: in every tier at most M0 of the triggers match. Against
it stands the average, over the tiers that can be tested, of the tiers' wealth (`tellmark.statistics.wealth`),
where a tier not yet asked counts 1.

**Why the average is an e-process, whatever the order of tiers.** Let W_1 … W_m be the wealth in the tiers
after some answers. The next question goes to a tier i that may be chosen by all answers so far. The tiers
share no trigger and each is asked in a random order of its own, drawn independently of the others; so
whatever the answers so far, the next trigger is a uniform draw from those of tier i not yet asked, and,
with at most M0 of the tier's triggers matching, W_i is not expected to grow. The wealth of the other tiers
stays as it is. Hence the average ``(W_1 + … + W_m) / m`` is a nonnegative supermartingale that starts at 1,
and ever reaches ``1 / alpha`` with probability at most alpha (Ville's inequality). Neither the maximum of
the wealths nor the average of their peaks has this property.

**Why the average, and not Holm's procedure.** An average of e-values is an e-value however they depend on
each other, and it is never weaker than Bonferroni's correction of the same bets: if one tier's wealth
reaches ``m / alpha``, the average reaches ``1 / alpha``; moderate evidence from several tiers adds up. What
it refutes is that the suspect keeps to *every* limit; it does not say which one is exceeded.

**Leaving a tier is not giving it up.** A tier is left for the next one once the suspect answers unlike the
copies with noise on their weights, which match nearly every trigger (`TierTest.leaving`): so a student costs
few queries in the tier for copies. A thief may match far fewer and yet more than any innocent model. So
leaving decides nothing: when every tier has been left, asking goes on in the first that is not futile. The
order of tiers then depends on the answers, as it may.

**Why the opposite verdict needs no correction.** Against a theft speaks only that asking is futile in every
tier that the verification is about. A tier that cannot be tested never says so: a model of the kind that it
was made for may match next to nothing of the others. A model of a tier's families that matches at least
`TierTest.claim` of its triggers, and more than the limit, is called futile there with probability at most
beta, and so in every tier with no greater one: the intersection-union principle. It does not matter in how
many tiers this is tried. beta says nothing of the models that match fewer: a share of at most
``1 - content`` of the family where the claim is its lower tolerance limit, and whatever lies below M0 + 1
where the limit is above the claim.

**What makes it false.** All that `tellmark.statistics.wealth` names, tiers that share a trigger, and one
order (or one seed) for several tiers. And innocent models may exceed a limit: see
`false_claim_bound_of_tiers`.

References
----------
V. Vovk, R. Wang. E-values: calibration, combination and applications. Annals of Statistics 49(3):1736-1754,
2021. doi 10.1214/20-AOS2020.
R. L. Berger. Multiparameter hypothesis testing and acceptance sampling. Technometrics 24(4):295-300, 1982.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

import numpy as np

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_probability
from tellmark.statistics.betting import refuting_log_wealth
from tellmark.verification.tier_test import TierState, TierTest
from tellmark.verification.verdict import Verdict


@dataclass(frozen=True)
class SequentialTest:
    """A verification in progress: which tier to ask next, and the verdict so far.

    The first tier is asked until the whole is decided or the tier is left (`TierState.left_at`), then the next
    one. When all are left, they are asked once more in order, each until the whole is decided or asking is
    futile in it. With one tier leaving has no effect. A tier that is not testable is asked only if none is
    testable: nothing can be decided then, but the counts are worth knowing. Beside testable ones it keeps the
    verdict from ``does not support``, and asking ends undecided when it is futile in all of these.

    The verdict depends only on which tier each question went to and on how it was answered. To the same
    questions, one more match never raises the p-value, never makes a tier futile or left and never weakens the
    verdict. With several tiers it can change which questions are asked: a better showing in the first tier
    holds the asking there for longer, and a budget may then end before the tier that would have decided.

    Attributes
    ----------
    tiers : tuple of TierTest
        In the order of asking; names differ.
    alpha : float
        Level of ``supports``, in (0, 1).
    beta : float
        Level at which asking is futile, in (0, 1).
    states : tuple of TierState
        One a tier; none yet asked unless given.
    peak_log_wealth : float
        The largest logarithm of the average wealth so far, at least 0.

    Raises
    ------
    InvalidInput
        If there is no tier, two have one name, or a level lies outside its range.

    Examples
    --------
    A student that matches none of the triggers made for copies, but those made for students:

    >>> copy = TierTest("copy", triggers=100, limit=60, claim=95)
    >>> distilled = TierTest("distilled", triggers=300, limit=120, claim=160)
    >>> test = SequentialTest((copy, distilled), alpha=0.01, beta=0.05)
    >>> while test.next_tier is not None:
    ...     test = test.update(match=test.next_tier == 1)
    >>> test.verdict, [state.queries for state in test.states]
    ('supports', [2, 8])
    """

    tiers: tuple[TierTest, ...]
    _: KW_ONLY
    alpha: float
    beta: float
    states: tuple[TierState, ...] = ()
    peak_log_wealth: float = 0.0

    def __post_init__(self) -> None:
        check_probability(self.alpha, name="alpha")
        check_probability(self.beta, name="beta")
        if not self.tiers:
            raise InvalidInput("a verification takes at least one tier of triggers")
        if len({tier.name for tier in self.tiers}) < len(self.tiers):
            raise InvalidInput("two tiers have the same name; each needs its own")
        if not self.states:
            object.__setattr__(self, "states", tuple(TierState.unasked(tier) for tier in self.tiers))

    def update(self, *, match: bool, tier: int | None = None) -> SequentialTest:
        """The test after one more answer.

        Parameters
        ----------
        match : bool
            Whether the suspect gave the trigger's label.
        tier : int or None
            Position of the tier whose next trigger was asked; None for `next_tier`. Any tier with triggers
            left may be asked, even after the verdict and by looking at the answers: the levels still hold,
            as long as each tier keeps to its own random order. Asking on until every trigger is asked
            leaves nothing to chance: the suspect exceeds a limit or it does not.

        Raises
        ------
        InvalidInput
            If the test has ended and no tier is named, or the tier does not exist or has no trigger left.
        """
        position = self.next_tier if tier is None else tier
        if position is None:
            raise InvalidInput("the test has ended; to go on regardless, say which tier was asked")
        if not 0 <= position < len(self.tiers):
            raise InvalidInput(f"there is no tier {position}: the {len(self.tiers)} tiers count from 0")
        states = list(self.states)
        states[position] = states[position].update(match=match)
        following = replace(self, states=tuple(states))
        return replace(following, peak_log_wealth=max(self.peak_log_wealth, following.log_wealth))

    @property
    def next_tier(self) -> int | None:
        """Position of the tier to ask next; None when the verdict is out or nothing is left to ask."""
        if self.verdict != "inconclusive":
            return None
        open_ = [position for position, state in enumerate(self.states) if self._worth_asking(state)]
        promising = (position for position in open_ if not self.states[position].left_at(self.beta))
        return next(promising, open_[0] if open_ else None)

    @property
    def verdict(self) -> Verdict:
        """What the answers so far decide; where the test stops undecided, ``inconclusive`` is its result.

        - ``supports`` if the average wealth ever reached ``1 / alpha``,
        - ``does not support`` if asking is futile in every tier, which all must be testable for,
        - ``inconclusive`` if neither is so.

        No answer brings about both: a match can only complete the first, a miss only the second. Only
        somebody who asks on after the second can come to the first, which then counts.
        """
        if self.peak_log_wealth >= refuting_log_wealth(self.alpha):
            return "supports"
        if all(state.futile_at(self.beta) for state in self.states):
            return "does not support"
        return "inconclusive"

    @property
    def testable(self) -> bool:
        """Whether some tier is testable; otherwise nothing can be decided."""
        return any(tier.testable for tier in self.tiers)

    @property
    def futile(self) -> bool:
        """Whether asking on is futile in every tier that is testable; False if none is."""
        return self.testable and all(state.futile_at(self.beta) for state in self._tested)

    @property
    def exhausted(self) -> bool:
        """Whether every trigger that may be asked was; without a reserve nothing is then left to chance."""
        return all(state.exhausted for state in self.states)

    @property
    def matches(self) -> int:
        """Answers that match so far, in all tiers."""
        return sum(state.matches for state in self.states)

    @property
    def queries(self) -> int:
        """Triggers asked so far, in all tiers."""
        return sum(state.queries for state in self.states)

    @property
    def log_wealth(self) -> float:
        """Natural logarithm of the average wealth now; 0 if no tier is testable."""
        if not self.testable:
            return 0.0
        return float(np.logaddexp.reduce([state.log_wealth for state in self._tested])) - math.log(len(self._tested))

    @property
    def wealth(self) -> float:
        """The average wealth now, an e-value: its expectation for an innocent model is at most 1, whenever one stops.

        It is infinite where a tier alone shows more matches than its limit allows.
        """
        return _exp(self.log_wealth)

    @property
    def p_value(self) -> float | None:
        """``min(1, 1 / largest average wealth so far)``; None if no tier is testable.

        For a model within every limit it is ever at most u with probability at most u.
        """
        return _exp(-self.peak_log_wealth) if self.testable else None

    def _worth_asking(self, state: TierState) -> bool:
        useful = state.tier.testable or not self.testable
        return useful and not state.exhausted and not state.futile_at(self.beta)

    @property
    def _tested(self) -> tuple[TierState, ...]:
        return tuple(state for state in self.states if state.tier.testable)


def false_claim_bound_of_tiers(alpha: float, contents: Sequence[float]) -> float:
    """Largest probability that an innocent model is claimed by a test over several tiers.

    With b the sum of ``1 - content`` over the limits, it is ``b + (1 - b) alpha``, and never more than
    ``alpha + b`` or 1. A share of at most ``1 - content`` of innocent models exceeds one upper tolerance
    limit, of at most b any of them, and the test claims any other model with probability at most alpha.

    It holds when all limits hold. If each does with confidence c, all m do with confidence at least
    ``1 - m (1 - c)``, whether or not they were measured on the same models.

    Parameters
    ----------
    alpha : float
        In (0, 1).
    contents : sequence of float
        Content of each testable tier's limit, in (0, 1); at least one.

    Raises
    ------
    InvalidInput
        If a number lies outside its range, or there is no limit.

    Examples
    --------
    >>> round(false_claim_bound_of_tiers(0.01, [0.99, 0.95]), 4)
    0.0694
    """
    check_probability(alpha, name="alpha")
    if not contents:
        raise InvalidInput("without a limit in any tier no model is claimed; there is nothing to bound")
    for content in contents:
        check_probability(content, name="content")
    beyond = min(1.0, sum(1 - content for content in contents))
    return beyond + (1 - beyond) * alpha


def _exp(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < 700 else math.inf
