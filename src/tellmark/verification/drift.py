"""Whether the suspect changed during the run: control questions, asked twice at the start and once at the end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np
from scipy.stats import binom

from tellmark.errors import InvalidInput
from tellmark.models.base import Model
from tellmark.types import Batch, Labels

DRIFT_LEVEL = 0.05
"""At p-values up to this a suspect is said to have changed, and nothing is decided about it."""


def fewest_controls() -> int:
    """The smallest number of controls that can show a change: all stand out at the end.

    Examples
    --------
    >>> fewest_controls()
    3
    """
    return next(controls for controls in count(1) if drift_p_value(controls, controls) <= DRIFT_LEVEL)


@dataclass(frozen=True)
class Drift:
    """What became of the controls.

    Attributes
    ----------
    controls : int
        Inputs asked three times each.
    unsteady : int
        Of these, how many were answered in two ways at the start.
    changed : int
        How many were answered at the end as they were neither time at the start.
    p_value : float
        Of the hypothesis that the suspect did not change, see `drift_p_value`.
    """

    controls: int
    unsteady: int
    changed: int
    p_value: float


def drift_p_value(odd_at_end: int, odd: int) -> float:
    """How probable so many controls are to stand out at the end, if the suspect did not change.

    A control is odd if two of its three answers agree and the third does not. While a suspect stays as it is, however
    random its answers are, the three answers to one control are exchangeable: the odd one is the last with
    probability 1/3. So of `odd` controls the number whose last answer is the odd one is binomial, and its upper tail an
    exact p-value.

    False where a suspect remembers questions and answers the second time from a cache, which makes the two answers at
    the start agree; or where controls influence each other's answers.

    Parameters
    ----------
    odd_at_end, odd : int
        ``0 <= odd_at_end <= odd``.

    Returns
    -------
    float
        In (0, 1]; 1 where no control is odd, and ``3 ** -odd`` where all odd ones stand out at the end.

    Raises
    ------
    InvalidInput
        If these are no such counts.

    References
    ----------
    E. J. G. Pitman. Significance tests which may be applied to samples from any populations. Supplement to the Journal
    of the Royal Statistical Society 4(1), 1937.

    Examples
    --------
    >>> round(drift_p_value(4, 4), 4)
    0.0123
    """
    if not 0 <= odd_at_end <= odd:
        raise InvalidInput(f"{odd_at_end} of {odd} controls is no count")
    return float(binom.sf(odd_at_end - 1, odd, 1 / 3)) if odd else 1.0


def drift_of(first: Labels, second: Labels, last: Labels) -> Drift:
    """What three rounds of answers to the same controls tell, each of shape (controls,)."""
    unsteady, back, again = first != second, last == first, last == second
    odd_at_end = ~unsteady & ~back
    odd = odd_at_end | (unsteady & (back | again))
    p_value = drift_p_value(int(odd_at_end.sum()), int(odd.sum()))
    return Drift(len(first), int(unsteady.sum()), int((~back & ~again).sum()), p_value)


class Controls:
    """Questions that are asked twice now and once more at the end.

    Parameters
    ----------
    suspect : Model
    inputs : Batch
        At least one.

    Raises
    ------
    ModelError
        If the suspect does not answer.
    """

    def __init__(self, suspect: Model, inputs: Batch) -> None:
        self._suspect = suspect
        self._inputs = inputs
        self._first, self._second = self._asked(), self._asked()

    def at_end(self) -> Drift:
        """Ask once more.

        Raises
        ------
        ModelError
            If the suspect does not answer.
        BudgetSpent
            If nothing is left for it.
        """
        return drift_of(self._first, self._second, self._asked())

    def _asked(self) -> Labels:
        return np.concatenate([self._suspect.query(self._inputs[place : place + 1]).labels for place in self._places])

    @property
    def _places(self) -> range:
        return range(len(self._inputs))
