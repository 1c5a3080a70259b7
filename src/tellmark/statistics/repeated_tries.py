"""What a choice among many tries does to a bound on the probability of an error."""

from __future__ import annotations

import math

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import check_probability


def bound_over_tries(bound: float, tries: int) -> float:
    """Largest probability that at least one of several tries errs, where each errs with at most `bound`.

    It is ``min(1, tries * bound)`` (Bonferroni, 1936), however the tries depend on each other, and so it also bounds
    the error of whoever makes all tries, sees what came of each, and shows the one that suits. Of tries that are
    independent it exceeds the exact value ``1 - (1 - bound)^tries`` by less than ``(tries * bound)^2 / 2``.

    Here a try is a registration, or a seed of which a mark was made, and the error is to claim an innocent model that
    was drawn without regard to the tries.

    What makes it false: a number of tries that is larger than stated, and nothing but the word of who made them shows
    it; and tries that were made by looking at the innocent model, since then `bound` does not hold for one of them.

    Parameters
    ----------
    bound : float
        In (0, 1).
    tries : int
        At least 1.

    Raises
    ------
    InvalidInput
        If a number lies outside its range.

    References
    ----------
    C. E. Bonferroni. Teoria statistica delle classi e calcolo delle probabilità. Pubblicazioni del R. Istituto
    Superiore di Scienze Economiche e Commerciali di Firenze 8:3-62, 1936.

    Examples
    --------
    >>> round(bound_over_tries(0.0595, 10), 4), bound_over_tries(0.0595, 17)
    (0.595, 1.0)
    """
    check_probability(bound, name="the bound of one try")
    if tries < 1:
        raise InvalidInput(f"the number of tries is at least 1, not {tries}")
    return min(1.0, tries * bound)


def tries_that_exhaust(bound: float) -> int:
    """Fewest tries over which `bound_over_tries` is 1, so that it promises nothing.

    Raises
    ------
    InvalidInput
        If the bound lies outside (0, 1).

    Examples
    --------
    >>> tries_that_exhaust(0.0595)
    17
    """
    check_probability(bound, name="the bound of one try")
    return math.ceil(1 / bound)
