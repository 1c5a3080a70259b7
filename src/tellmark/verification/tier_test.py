"""What is tested in one tier of a mark, and how far the testing has come.

A tier is a set of triggers selected for one class of theft (copies, derived models, students), disjoint
from those of the other tiers. Innocent models match few of them, models of the class many; how few and
how many was measured on models that took no part in the selection and is taken here as given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from tellmark.errors import InvalidInput
from tellmark.statistics.betting import BettingProcess
from tellmark.statistics.wealth import AtLeast, AtMost


@dataclass(frozen=True)
class TierTest:
    """The hypotheses about how many triggers of one tier a suspect matches.

    Attributes
    ----------
    name : str
        What the tier is called, such as its theft class.
    triggers : int
        N, at least 1.
    limit : int or None
        M0, the most triggers that an innocent model matches: the upper tolerance limit of the calibration
        references, in whole triggers; ``0 <= M0 <= N``. None if it was not measured. With None or with
        ``M0 = N`` no answers can exceed it, and the tier is not `testable`.
    claim : int or None
        M1, the fewest triggers that a model of the tier's theft families matches: the lowest of the
        families' lower tolerance limits, in whole triggers; ``0 <= M1 <= N``. None if it was not measured.
    promising : int or None
        The fewest that a model matches which keeps the asking in this tier, while others wait: as `claim`, but
        a copy with noise on its weights counts as well. It decides nothing. None if it was not measured.
    reserved : int
        How many of the triggers are not asked here, ``0 <= reserved < N``: a random subset, drawn before any answer.
        The hypotheses are about all N, and those asked are still a random draw from these. With a reserve asking can
        end undecided.

    Raises
    ------
    InvalidInput
        If a number lies outside its range.

    Examples
    --------
    >>> tier = TierTest("copy", triggers=100, limit=60, promising=95)
    >>> tier.null, tier.futility, tier.leaving
    (AtMost(limit=60, population=100), AtLeast(count=61, population=100), AtLeast(count=95, population=100))
    """

    name: str
    triggers: int
    limit: int | None
    claim: int | None = None
    promising: int | None = None
    reserved: int = 0

    def __post_init__(self) -> None:
        if self.triggers < 1:
            raise InvalidInput(f"tier '{self.name}' has {self.triggers} triggers; a test takes at least 1")
        numbers = (("limit", self.limit), ("claim", self.claim), ("promising count", self.promising))
        for what, count in numbers:
            if count is not None and not 0 <= count <= self.triggers:
                raise InvalidInput(
                    f"the {what} of tier '{self.name}' is a number of its {self.triggers} triggers, not {count}"
                )
        if not 0 <= self.reserved < self.triggers:
            raise InvalidInput(f"a reserve of {self.reserved} leaves none of tier '{self.name}' to be asked")

    @property
    def askable(self) -> int:
        """How many triggers may be asked."""
        return self.triggers - self.reserved

    @property
    def testable(self) -> bool:
        """Whether some answers would exceed what innocent models match."""
        return self.limit is not None and self.limit < self.triggers

    @property
    def null(self) -> AtMost | None:
        """Refuted, the suspect matches more than innocent models do: at most M0 match. None if not testable."""
        return AtMost(self.limit, self.triggers) if self.limit is not None and self.testable else None

    @property
    def futility(self) -> AtLeast | None:
        """Refuted, further asking is futile: at least as many match as a theft needs. None if not testable.

        A theft needs M1 matches to be like its families, and M0 + 1 to be told from innocents: the larger
        of the two, or M0 + 1 where M1 is unknown. It always contradicts `null`, so once every trigger has
        been asked one of the two is certainly refuted, or both.
        """
        if self.limit is None or not self.testable:
            return None
        return AtLeast(max(self.limit + 1, self.claim or 0), self.triggers)

    @property
    def leaving(self) -> AtLeast | None:
        """Refuted, another tier is asked first: at least `promising` match. None where that is no more than `futility`.

        It speaks of the order of asking alone. Giving up is left to `futility`.
        """
        if self.futility is None or self.promising is None or self.promising <= self.futility.count:
            return None
        return AtLeast(self.promising, self.triggers)


@dataclass(frozen=True)
class TierState:
    """The answers to one tier's triggers so far, and the evidence in them.

    Attributes
    ----------
    tier : TierTest
    matches, queries : int
        s of the t answers so far match.
    null_process, futility_process, leaving_process : BettingProcess or None
        The bets against `TierTest.null`, `TierTest.futility` and `TierTest.leaving`; None where there is no
        such hypothesis.

    Examples
    --------
    >>> state = TierState.unasked(TierTest("copy", triggers=100, limit=60, claim=90))
    >>> for match in (True, False, False, False, False):
    ...     state = state.update(match=match)
    >>> state.futile_at(0.05), round(state.wealth, 3)
    (True, 0.2)
    """

    tier: TierTest
    matches: int
    queries: int
    null_process: BettingProcess | None
    futility_process: BettingProcess | None
    leaving_process: BettingProcess | None

    @classmethod
    def unasked(cls, tier: TierTest) -> TierState:
        """The state before the first answer."""
        hypotheses = (tier.null, tier.futility, tier.leaving)
        return cls(tier, 0, 0, *(each and BettingProcess(each) for each in hypotheses))

    def update(self, *, match: bool) -> TierState:
        """The state after one more answer.

        Raises
        ------
        InvalidInput
            If every trigger of the tier that may be asked has been.
        """
        if self.exhausted:
            raise InvalidInput(
                f"all {self.queries} triggers of tier '{self.tier.name}' have been asked, and none is asked twice"
            )
        return replace(
            self,
            matches=self.matches + bool(match),
            queries=self.queries + 1,
            null_process=self.null_process and self.null_process.update(match=match),
            futility_process=self.futility_process and self.futility_process.update(match=match),
            leaving_process=self.leaving_process and self.leaving_process.update(match=match),
        )

    @property
    def exhausted(self) -> bool:
        """Whether every trigger that may be asked was; without a reserve nothing is then left to chance."""
        return self.queries == self.tier.askable

    @cached_property
    def log_wealth(self) -> float:
        """Natural logarithm of the wealth against `TierTest.null` now; 0 if the tier is not testable."""
        return self.null_process.log_wealth if self.null_process else 0.0

    @property
    def wealth(self) -> float:
        """The wealth against `TierTest.null` now, an e-value; 1 before the first answer."""
        return self.null_process.wealth if self.null_process else 1.0

    def futile_at(self, beta: float) -> bool:
        """Whether `TierTest.futility` was ever refuted at level `beta`; False if the tier is not testable.

        Raises
        ------
        InvalidInput
            If the level lies outside (0, 1).
        """
        return self.futility_process is not None and self.futility_process.refuted_at(beta)

    def left_at(self, beta: float) -> bool:
        """Whether the other tiers go first: asking is futile here, or `TierTest.leaving` was ever refuted at `beta`.

        Raises
        ------
        InvalidInput
            If the level lies outside (0, 1).
        """
        unpromising = self.leaving_process is not None and self.leaving_process.refuted_at(beta)
        return unpromising or self.futile_at(beta)
