"""The accuracy screen: a proxy counts only if it is about as accurate as the source.

This is the second half of the paper's family B(δ, τ) = {f' : ‖θ(f')-θ(f)‖ ≤ δ, |acc(f',D)-acc(f,D)| ≤ τ}.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.errors import DataError, ModelError, SelectionFailed
from tellmark.models.base import Model, PerturbableModel
from tellmark.proxies.base import ProxyFamily

ATTEMPTS_PER_PROXY = 4


@dataclass(frozen=True)
class AccuracyScreen:
    """Passes a model whose accuracy on `data` differs from `source_accuracy` by at most `tolerance` (τ)."""

    data: Dataset
    tolerance: float
    source_accuracy: float

    def passes(self, accuracy: float) -> bool:
        """Whether a model of this accuracy counts as a proxy."""
        return abs(accuracy - self.source_accuracy) <= self.tolerance + 1e-12

    def accuracy(self, model: Model) -> float:
        """Share of the screen's items that `model` answers with their label; 0 if noise keeps it from answering."""
        try:
            return accuracy(model, self.data)
        except ModelError:  # the source has answered these items; a copy with NaN for scores is no proxy
            return 0.0


def accuracy(model: Model, data: Dataset) -> float:
    """Share of labelled items that `model` answers correctly, in [0, 1]."""
    if data.labels is None:
        raise DataError(f"{data.name} has no labels, so no accuracy can be measured on it")
    return float(np.mean(model.query(data.inputs).labels == data.labels))


@dataclass(frozen=True)
class Admission:
    """How far the search for proxies that pass has come.

    Attributes
    ----------
    tried : int
        Members 0 to tried-1 have been looked at.
    members : tuple of int
        Those that passed, in order.
    accuracies : tuple of float
        Theirs, on the screen's items.
    refused : tuple of float
        Accuracies of those that did not pass.
    """

    tried: int = 0
    members: tuple[int, ...] = ()
    accuracies: tuple[float, ...] = ()
    refused: tuple[float, ...] = ()

    def refusing(self, accuracy: float) -> Admission:
        """The next member did not pass."""
        return replace(self, tried=self.tried + 1, refused=(*self.refused, accuracy))

    def admitting(self, accuracy: float) -> Admission:
        """The next member passed."""
        members, accuracies = (*self.members, self.tried), (*self.accuracies, accuracy)
        return replace(self, tried=self.tried + 1, members=members, accuracies=accuracies)


def unscreened(count: int) -> Admission:
    """The first `count` members, whatever their accuracy."""
    return Admission(tried=count, members=tuple(range(count)))


def admit(
    family: ProxyFamily,
    source: PerturbableModel,
    screen: AccuracyScreen,
    count: int,
    *,
    so_far: Admission | None = None,
    after_each: Callable[[Admission], None] = lambda admission: None,
) -> Admission:
    """The first `count` members of the family that pass the screen.

    Parameters
    ----------
    so_far : Admission, optional
        Where an earlier run stopped.
    after_each : callable
        Told after every member looked at; lets the caller keep the state and show progress.

    Raises
    ------
    SelectionFailed
        If fewer than `count` of ``4 * count`` members pass.
    """
    admission = so_far or Admission()
    limit = ATTEMPTS_PER_PROXY * count
    while len(admission.members) < count:
        missing = count - len(admission.members)
        if admission.tried + missing > limit:
            raise SelectionFailed(_too_few(admission, screen, count))
        with family.member(source, admission.tried) as proxy:
            accuracy = screen.accuracy(proxy)
        passes = screen.passes(accuracy)
        admission = admission.admitting(accuracy) if passes else admission.refusing(accuracy)
        after_each(admission)
    return admission


def _too_few(admission: Admission, screen: AccuracyScreen, count: int) -> str:
    median = float(np.median(admission.accuracies + admission.refused))
    return (
        f"only {len(admission.members)} of {admission.tried} proxies kept the source's accuracy of "
        f"{screen.source_accuracy:.3f} within {screen.tolerance:g} (median {median:.3f}), too few to find {count}: "
        f"use --sigma auto or a smaller --sigma, or allow a larger --tau"
    )
