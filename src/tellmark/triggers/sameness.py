"""Find one model that was given twice, under two names or in two formats.

A digest tells files apart, not models: the same network has another digest in another format, and a function has none.
So the models given are compared by what they answer to the check set, candidates that nobody has selected.

Two models count as alike if they give every candidate the same label and, beside that,

- where both give scores: the same probability of that label to within `SAME_PROBABILITY`, at least `UNDECIDED` of
  them below `SATURATED`. Rounding moves a probability by far less, other weights move some of so many by far more;
- where one of them gives labels only, or hardly anything is undecided: `CONTESTED` of these labels are answered
  otherwise by some further model. Let two different models give such a candidate the same label with probability p,
  independently; all of them they answer alike with probability ``p ** 50``, at p = .8 once in 70 000 pairs. Copies
  that keep the source's weights agree more often by nature, so this says nothing of two of them.

Models that agree even so are worth hardly more than one. Whoever knows that they were made apart can say so.

Two models that give every candidate the same label, and are neither alike by this nor told apart by their scores,
remain unclear: they may be one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from tellmark.candidates.base import CandidateSource
from tellmark.models.base import Answers
from tellmark.proxies.thefts import TheftClass
from tellmark.triggers.journal import Accepted
from tellmark.triggers.responses import inputs_of
from tellmark.types import Batch, Labels, Scores

SAME_PROBABILITY = 1e-4
SATURATED = 0.999
UNDECIDED = 20
CONTESTED = 50

_Likeness = Literal["alike", "unclear", "different"]


@dataclass(frozen=True)
class Portrait:
    """A model, as it answers the check set.

    Attributes
    ----------
    name : str
        What its user calls it.
    labels : ndarray of int64, shape (n,)
    probabilities : ndarray of float64, shape (n,), or None
        Of its labels; None where it gives labels only.
    theft_class : TheftClass or None
        Of a shadow; the source counts as a copy of itself.
    """

    name: str
    labels: Labels
    probabilities: NDArray[np.float64] | None
    theft_class: TheftClass | None = None


def portrait_of(
    name: str,
    ask: Callable[[Batch], Answers],
    candidates: CandidateSource,
    asked: Accepted,
    *,
    theft_class: TheftClass | None = None,
) -> Portrait:
    """Ask a model about the candidates, and keep what tells it from others."""
    answers = [ask(inputs) for _, inputs in inputs_of(candidates, asked)]
    labels = np.concatenate([each.labels for each in answers])
    sure = [_probabilities(each.scores) for each in answers if each.scores is not None]
    return Portrait(name, labels, np.concatenate(sure) if len(sure) == len(answers) else None, theft_class)


def pairs_alike(portraits: Sequence[Portrait]) -> list[tuple[Portrait, Portrait]]:
    """All pairs that count as alike; see above.

    Parameters
    ----------
    portraits : sequence of Portrait
        Of one check set, the source's among them.
    """
    return _pairs(portraits, "alike")


def pairs_unclear(portraits: Sequence[Portrait]) -> list[tuple[Portrait, Portrait]]:
    """All pairs that the check set neither tells apart nor shows to be alike; see above.

    Parameters
    ----------
    portraits : sequence of Portrait
        Of one check set, the source's among them.
    """
    return _pairs(portraits, "unclear")


def _pairs(portraits: Sequence[Portrait], kind: _Likeness) -> list[tuple[Portrait, Portrait]]:
    everyone = np.array([portrait.labels for portrait in portraits])
    return [
        (first, second)
        for first, second in combinations(portraits, 2)
        if (first.labels == second.labels).all()
        and _likeness(first, second, contested=int((everyone != first.labels).any(axis=0).sum())) == kind
    ]


def _likeness(first: Portrait, second: Portrait, *, contested: int) -> _Likeness:
    """Of two models that answer every candidate with the same label."""
    if first.probabilities is not None and second.probabilities is not None:
        if np.abs(first.probabilities - second.probabilities).max() > SAME_PROBABILITY:
            return "different"
        if (first.probabilities < SATURATED).sum() >= UNDECIDED:
            return "alike"
    by_nature = first.theft_class == second.theft_class == "copy"
    return "alike" if contested >= CONTESTED and not by_nature else "unclear"


def _probabilities(scores: Scores) -> NDArray[np.float64]:
    """Of the highest-scoring class; scores that are no distribution are taken for logits."""
    numbers = scores.astype(np.float64)
    distribution = (numbers >= 0).all() and np.allclose(numbers.sum(axis=1), 1, atol=1e-3)
    return (numbers if distribution else softmax(numbers, axis=1)).max(axis=1)
