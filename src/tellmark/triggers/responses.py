"""Ask a model about candidates, and note where it answers as the source does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tellmark.candidates.base import CandidateSource, draw_at
from tellmark.errors import Mismatch, ModelError
from tellmark.triggers.journal import Accepted
from tellmark.triggers.panel import Panelist
from tellmark.types import Batch, Labels

AT_ONCE, BYTES_AT_ONCE = 2048, 16 << 20
"""Inputs in memory at a time, and bytes of them."""


def matches(ask: Callable[[Batch], Labels], candidates: CandidateSource, asked: Accepted) -> NDArray[np.bool_]:
    """Which of the candidates are answered as the source did.

    Parameters
    ----------
    ask : callable
        From inputs to labels, in the class order of the hold-out data.
    asked : Accepted
        The candidates' numbers and the source's labels.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    matched = np.empty(len(asked), dtype=bool)
    size = _at_once(candidates, asked)
    for start in range(0, len(asked), size):
        some = slice(start, start + size)
        inputs = candidates.make(draw_at(candidates, asked.indices[some]))
        matched[some] = ask(inputs) == asked.labels[some]
    return matched


def _at_once(candidates: CandidateSource, asked: Accepted) -> int:
    one = candidates.make(draw_at(candidates, asked.indices[:1]))
    return min(AT_ONCE, max(1, BYTES_AT_ONCE // max(1, one.nbytes)))


def answers_of(panelist: Panelist) -> Callable[[Batch], Labels]:
    """How to ask a panelist, so that errors name it.

    The callable raises `Mismatch` if the model has other classes, and `ModelError` if it cannot take the inputs.
    """

    def ask(inputs: Batch) -> Labels:
        try:
            return panelist.model.query(inputs).labels
        except Mismatch as error:
            raise Mismatch(f"{panelist.name} does not fit the source: {error}") from error
        except ModelError as error:
            raise ModelError(f"{panelist.name} did not answer the candidates: {error}") from error

    return ask
