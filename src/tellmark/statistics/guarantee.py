"""The paper's lower bound on a trigger's probability of transfer, and why it is optimistic."""

from __future__ import annotations

from tellmark.errors import InvalidInput
from tellmark.statistics.bounds import proportion_lower_bound


def transfer_lower_bound(proxies: int, *, confidence: float = 0.95) -> float:
    """Lower bound on the probability that a trigger transfers, when all proxies agreed on it.

    Were the proxies a fresh sample of their family, then, with this confidence, a further member of the
    same family would give the trigger's label with at least this probability: the Clopper-Pearson bound
    ``(1 - confidence) ** (1 / proxies)``. It speaks of one trigger at a time, not of a whole set.

    The assumption is false for the proxies that *selected* the trigger. Agreement of all of them is what
    made it a trigger, and among many candidates some agree by luck; for those the bound is too high. How
    many such there are depends on the candidates, so no correction follows from `proxies` alone: only
    proxies that took no part in the selection give an honest number.

    Parameters
    ----------
    proxies : int
        m, how many were asked and all agreed; at least 1.
    confidence : float
        In (0, 1).

    Returns
    -------
    float
        In (0, 1).

    Raises
    ------
    InvalidInput
        If there is no proxy, or the confidence lies outside its range.

    References
    ----------
    M. Pautov, N. Bogdanov, S. Pyatkin, O. Rogov, I. Oseledets. Probabilistically Robust Watermarking of
    Neural Networks. IJCAI 2024. doi 10.24963/ijcai.2024/528.

    Examples
    --------
    >>> round(transfer_lower_bound(64), 3)
    0.954
    """
    if proxies < 1:
        raise InvalidInput(f"{proxies} proxies guarantee nothing: ask at least 1, the paper asks 64")
    return proportion_lower_bound(proxies, proxies, confidence=confidence)


def transfer_statement(proxies: int, *, confidence: float = 0.95) -> str:
    """The bound in words, with what is wrong with it; to be printed wherever the number is.

    Parameters
    ----------
    proxies : int
        m, how many were asked and all agreed; at least 1.
    confidence : float
        In (0, 1).

    Returns
    -------
    str

    Raises
    ------
    InvalidInput
        As `transfer_lower_bound`.
    """
    bound = transfer_lower_bound(proxies, confidence=confidence)
    agreed = "The one proxy" if proxies == 1 else f"All {proxies} proxies"
    return (
        f"{agreed} agreed on each trigger, which the paper reads as a probability of at least {bound:.3f} "
        f"(confidence {100 * confidence:g} %, per trigger) that a further member of the same proxy family agrees. "
        "This is optimistic, because the same proxies selected the triggers and certify them; it holds for that "
        "family only, and it says nothing about how often independent models match."
    )
