"""Evidence that grows with each answer and may be looked at any time: the test supermartingale, followed.

Wealth is evidence. Under the hypothesis it is a nonnegative supermartingale that starts at 1
(`tellmark.statistics.wealth` says why), so it ever reaches ``1 / alpha`` with probability at most alpha
(Ville's inequality): whoever looks after each answer and stops when it pleases gains nothing by it.

References
----------
J. Ville. Étude critique de la notion de collectif. Gauthier-Villars, 1939.
I. Waudby-Smith, A. Ramdas. Estimating means of bounded random variables by betting. Journal of the Royal
Statistical Society, Series B 86(1):1-27, 2024. doi 10.1093/jrsssb/qkad009.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_probability
from tellmark.statistics.wealth import Hypothesis


@dataclass(frozen=True)
class BettingProcess:
    """The bets against a hypothesis so far; it may be looked at after every answer, and stopped at any time.

    Attributes
    ----------
    hypothesis : AtMost or AtLeast
    matches, queries : int
        s of the t answers so far match.
    peak_log_wealth : float
        The largest logarithm of the wealth so far, at least 0.

    Examples
    --------
    Nine triggers asked, nine matched, where an innocent model matches at most half:

    >>> from tellmark.statistics.wealth import AtMost
    >>> process = BettingProcess(AtMost(50, population=100))
    >>> for _ in range(9):
    ...     process = process.update(match=True)
    >>> round(process.wealth), process.refuted_at(0.01)
    (153, True)
    """

    hypothesis: Hypothesis
    matches: int = 0
    queries: int = 0
    peak_log_wealth: float = 0.0

    def update(self, *, match: bool) -> BettingProcess:
        """The process after one more answer.

        Raises
        ------
        InvalidInput
            If every item has been asked.
        """
        if self.queries == self.hypothesis.population:
            raise InvalidInput(f"all {self.queries} items have been asked; drawing is without replacement")
        following = replace(self, matches=self.matches + bool(match), queries=self.queries + 1)
        return replace(following, peak_log_wealth=max(self.peak_log_wealth, following.log_wealth))

    @property
    def log_wealth(self) -> float:
        """Natural logarithm of the wealth now; ``inf`` or ``-inf`` where nothing is left to chance."""
        return float(self.hypothesis.log_wealth(self.matches, self.queries))

    @property
    def wealth(self) -> float:
        """The wealth now, an e-value: its expectation under the hypothesis is at most 1, whenever one stops."""
        return _exp(self.log_wealth)

    @property
    def p_value(self) -> float:
        """``min(1, 1 / largest wealth so far)``: under the hypothesis ever at most u with probability at most u."""
        return _exp(-self.peak_log_wealth)

    def refuted_at(self, level: float) -> bool:
        """Whether the wealth has ever reached ``1 / level``.

        Raises
        ------
        InvalidInput
            If the level lies outside (0, 1).
        """
        return self.peak_log_wealth >= refuting_log_wealth(level)


def refuting_log_wealth(level: float) -> float:
    """Logarithm of the wealth that refutes a hypothesis at this level: ``log(1 / level)``.

    Raises
    ------
    InvalidInput
        If the level lies outside (0, 1).
    """
    check_probability(level, name="the level")
    return -math.log(level)


def _exp(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < 700 else math.inf
