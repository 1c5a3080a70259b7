"""From counts to a verdict: what was asked, what matched, and what a null rate makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tellmark.errors import InvalidInput
from tellmark.statistics.finite_population import (
    count_lower_bound,
    count_upper_bound,
    largest_count,
    p_value_at_most,
    p_value_more_than,
)

Verdict = Literal["supports", "does not support", "inconclusive"]


@dataclass(frozen=True)
class Counts:
    """What came of asking.

    Attributes
    ----------
    matches : int
        Answers equal to the source's.
    queries : int
        Triggers asked, drawn in random order without replacement.
    triggers : int
        N, the triggers in the mark.
    """

    matches: int
    queries: int
    triggers: int

    @property
    def exhausted(self) -> bool:
        """Whether every trigger was asked, so that nothing is left to chance."""
        return self.queries == self.triggers


@dataclass(frozen=True)
class Decision:
    """A verdict and the tests behind it.

    Attributes
    ----------
    verdict : Verdict
    limit : int or None
        How many of the N triggers may match under the null rate; None without one.
    p_value : float or None
        Of the hypothesis that at most `limit` match.
    p_value_opposite : float or None
        Of the hypothesis that more than `limit` match.
    """

    verdict: Verdict
    limit: int | None = None
    p_value: float | None = None
    p_value_opposite: float | None = None


def check_null_rate(null_rate: float | None) -> None:
    """Raise `InvalidInput` unless the null rate is absent or in [0, 1)."""
    if null_rate is not None and not 0 <= null_rate < 1:
        raise InvalidInput(f"the null rate must be at least 0 and below 1, not {null_rate}: it is a share of triggers")


def check_alpha(alpha: float) -> None:
    """Raise `InvalidInput` unless the level of the tests lies in (0, 0.5]."""
    if not 0 < alpha <= 0.5:
        raise InvalidInput(f"alpha must lie above 0 and be at most 0.5, not {alpha}; 0.01 is usual")


def check_beta(beta: float) -> None:
    """Raise `InvalidInput` unless the level at which asking is given up lies in (0, 0.5]."""
    if not 0 < beta <= 0.5:
        raise InvalidInput(f"beta must lie above 0 and be at most 0.5, not {beta}; 0.05 is usual")


def decide(counts: Counts, *, null_rate: float | None, alpha: float) -> Decision:
    """Test the counts against a null rate.

    With M0 the largest number of the N triggers whose share is at most `null_rate`, the verdict is

    - ``supports`` if "at most M0 match" is refuted at level `alpha`,
    - ``does not support`` if "more than M0 match" is refuted at level `alpha`,
    - ``inconclusive`` if neither is, or if there is no null rate.

    A suspect of which at most M0 triggers match is called ``supports`` with probability at most
    `alpha` over the order of asking, if the number of queries was fixed before. That is all chance the
    test knows of: how innocent models differ from each other must already be in the null rate.

    Parameters
    ----------
    counts : Counts
    null_rate : float or None
        In [0, 1): an upper limit on the matching rate of independent models.
    alpha : float
        In (0, 0.5].

    Returns
    -------
    Decision

    Raises
    ------
    InvalidInput
        If an argument lies outside its range.
    """
    check_null_rate(null_rate)
    check_alpha(alpha)
    if null_rate is None:
        return Decision("inconclusive")
    limit = largest_count(null_rate, population=counts.triggers)
    p_value = p_value_at_most(counts.matches, counts.queries, population=counts.triggers, limit=limit)
    opposite = p_value_more_than(counts.matches, counts.queries, population=counts.triggers, limit=limit)
    verdict: Verdict = "supports" if p_value <= alpha else "does not support" if opposite <= alpha else "inconclusive"
    return Decision(verdict, limit, p_value, opposite)


@dataclass(frozen=True)
class NullRateRange:
    """How the verdict hangs on the null rate: between the two rates it is ``inconclusive``.

    Attributes
    ----------
    supports_below : float
        The verdict is ``supports`` for every null rate below this; 0 if for none.
    refutes_from : float
        It is ``does not support`` for every null rate from here on; 1 if for none.
    """

    supports_below: float
    refutes_from: float


def null_rate_range(counts: Counts, *, alpha: float) -> NullRateRange:
    """The null rates at which the verdict on these counts changes."""
    matches, queries, triggers = counts.matches, counts.queries, counts.triggers
    lower = count_lower_bound(matches, queries, population=triggers, confidence=1 - alpha)
    upper = count_upper_bound(matches, queries, population=triggers, confidence=1 - alpha)
    return NullRateRange(lower / triggers, upper / triggers)


def queries_to_settle(counts: Counts, *, null_rate: float, alpha: float) -> int:
    """About how many queries in all would have given a verdict other than ``inconclusive``.

    Supposes that further triggers match at the rate seen so far. Asking all of them always settles it,
    so the answer is at most N.
    """
    undecided, decided = counts.queries, counts.triggers
    while decided - undecided > 1:
        queries = (undecided + decided) // 2
        matches = round(counts.matches * queries / counts.queries)
        if (
            decide(Counts(matches, queries, counts.triggers), null_rate=null_rate, alpha=alpha).verdict
            == "inconclusive"
        ):
            undecided = queries
        else:
            decided = queries
    return decided
