"""The largest noise under which proxies still pass the accuracy screen (σ or δ = ``auto``)."""

from __future__ import annotations

from collections.abc import Callable

from tellmark.errors import SelectionFailed
from tellmark.models.base import PerturbableModel
from tellmark.proxies.base import ProxyFamily
from tellmark.proxies.screen import AccuracyScreen

PROBES = 4
_FIRST_PROBE = 1 << 32  # numbers that no proxy uses
_SMALLEST, _LARGEST = -28, 4  # exponents of the square root of two


def largest_magnitude(
    family: Callable[[float], ProxyFamily],
    source: PerturbableModel,
    screen: AccuracyScreen,
    *,
    unit: float = 1.0,
    after_each: Callable[[int], None] = lambda tried: None,
) -> float:
    """Largest ``unit * 2^(k/2)``, k from -28 to 4, at which all of 4 probes pass the screen.

    Found by bisection, which assumes that what passes at one magnitude passes at every smaller one. The
    probes serve for nothing else: they are numbered apart from the proxies.

    Parameters
    ----------
    family : callable
        From a magnitude to a proxy family.
    unit : float
        The scale on which magnitudes are searched.
    after_each : callable
        Told how many magnitudes have been tried.

    Returns
    -------
    float
        Rounded to three significant digits.

    Raises
    ------
    SelectionFailed
        If the probes fail at the smallest magnitude.
    """

    def magnitude(exponent: int) -> float:
        return float(f"{unit * 2 ** (exponent / 2):.2e}")

    def passes(exponent: int) -> bool:
        candidate = family(magnitude(exponent))
        for probe in range(PROBES):
            with candidate.member(source, _FIRST_PROBE + probe) as model:
                if not screen.passes(screen.accuracy(model)):
                    return False
        return True

    low, high, tried = _SMALLEST - 1, _LARGEST + 1, 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if passes(middle) else (low, middle)
        tried += 1
        after_each(tried)
    if low < _SMALLEST:
        raise SelectionFailed(
            f"even noise of magnitude {magnitude(_SMALLEST):.1e} moves the source's accuracy of "
            f"{screen.source_accuracy:.3f} by more than {screen.tolerance:g}: "
            f"allow a larger --tau, or screen on more items"
        )
    return magnitude(low)
