"""What the rank of one model among k others can say, without assumptions about their distribution."""

from __future__ import annotations

from numpy.typing import ArrayLike

from tellmark.errors import InvalidInput
from tellmark.statistics.arguments import rates_of_models


def smallest_supported_level(models: int) -> float:
    """Smallest level at which k models can refute that one more is of their kind: ``1 / (k + 1)``.

    Of k + 1 models alike any may be the most extreme; without assumptions about the distribution, no
    smaller p-value than that is possible.

    Raises
    ------
    InvalidInput
        If `models` is negative.

    Examples
    --------
    >>> smallest_supported_level(4)
    0.2
    """
    if models < 0:
        raise InvalidInput(f"the number of models cannot be {models}")
    return 1 / (models + 1)


def conformal_p_value(rate: float, calibration: ArrayLike) -> float:
    """P-value of "this model is one more of their kind", from its rank among k others (Vovk et al., 2005).

    One plus the number of models whose rate is at least `rate`, divided by k + 1. If the model and the k
    others are exchangeable, it is at most u with probability at most u, whatever their distribution; the
    chance is in the draw of all k + 1 models. Ties count against the new model's being extreme.

    Parameters
    ----------
    rate : float
        The new model's, in [0, 1].
    calibration : array_like of float, shape (k,)
        The others', in [0, 1].

    Returns
    -------
    float
        A multiple of ``1 / (k + 1)``, at least `smallest_supported_level`.

    Raises
    ------
    InvalidInput
        If a rate lies outside [0, 1] or there is no calibration model.

    References
    ----------
    V. Vovk, A. Gammerman, G. Shafer. Algorithmic Learning in a Random World. Springer, 2005.

    Examples
    --------
    >>> conformal_p_value(0.55, [0.40, 0.41, 0.41, 0.42])
    0.2
    """
    others = rates_of_models(calibration)
    (new,) = rates_of_models([rate])
    return float(1 + (others >= new).sum()) / (others.size + 1)
