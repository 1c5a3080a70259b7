"""A fixed set of questions: what every detector here comes down to once it is prepared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from tellmark.data.dataset import Dataset
from tellmark.errors import DataError, InvalidInput
from tellmark.models.base import Model
from tellmark.models.classes import aligned
from tellmark.randomness import derive_key, random_words, seed_from_int
from tellmark.statistics.tolerance import ToleranceLimit, upper_tolerance_limit
from tellmark.theft.lab.detectors.base import Evidence
from tellmark.theft.lab.terms import Terms, TierTerms, terms_of
from tellmark.triggers.panel import Panelist, Split, split
from tellmark.types import Batch, Indices, Labels
from tellmark.verification.order import asking_order
from tellmark.verification.sequential import SequentialTest
from tellmark.verification.tier_test import TierTest

BETA = 0.05
"""Level at which asking is given up as futile."""
CONTENT, CONFIDENCE = 0.95, 0.95
"""Of null limits."""

_FEWEST_FOR_A_LIMIT = 2
_ORDER_SEEDS = 1 << 53


@dataclass(frozen=True)
class Questions:
    """Inputs, and the answers by which a descendant of the source is known.

    Attributes
    ----------
    inputs : Batch
        At least one; as a client can send them.
    labels : ndarray of int64, shape (n,)
    classes : tuple of str
        What the labels stand for, in order; empty where nobody has named the classes.

    Raises
    ------
    InvalidInput
        If there are not as many labels as inputs.
    DataError
        If there are none.
    """

    inputs: Batch = field(repr=False)
    labels: Labels = field(repr=False)
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.labels):
            raise InvalidInput(f"{len(self.inputs)} questions cannot have {len(self.labels)} answers")
        if len(self.labels) == 0:
            raise DataError("a detector without a question tells nothing")

    def __len__(self) -> int:
        return len(self.labels)

    def matched_by(self, model: Model) -> NDArray[np.bool_]:
        """Which of them the model answers as a descendant would, shape (n,)."""
        answering = aligned(model, self.classes) if self.classes else model
        return answering.query(self.inputs).labels == self.labels


@dataclass(frozen=True)
class PreparedQuestions:
    """Questions with their null limits; see `tellmark.theft.lab.detectors.base.Prepared`.

    Attributes
    ----------
    questions : Questions
        Those of the first tier, then those of the second, and so on.
    tests : tuple of TierTest
        What is tested in each tier, with the most of its questions that an innocent model matches.
    terms : Terms
        The same for whoever reads the results, and the levels.
    """

    questions: Questions
    tests: tuple[TierTest, ...]
    terms: Terms

    def examine(self, suspect: Model, *, seed: int) -> Evidence:
        """Ask everything, and test the answers one after another in a random order, as a verification does."""
        tiers = list(self._by_tier(self.questions.matched_by(suspect)))
        orders = [iter(asking_order(len(one), seed=seed % _ORDER_SEEDS, tier=n)) for n, one in enumerate(tiers)]
        test = SequentialTest(self.tests, alpha=self.terms.alpha, beta=self.terms.beta)
        while (tier := test.next_tier) is not None:
            test = test.update(match=bool(tiers[tier][next(orders[tier])]))
        return Evidence(
            score=self._score([float(one.mean()) for one in tiers]),
            matched=float(np.concatenate(tiers).mean()),
            queries=test.queries,
            verdict=test.verdict,
            p_value=test.p_value,
        )

    def _by_tier(self, matched: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
        ends = accumulate((test.triggers for test in self.tests), initial=0)
        return (matched[start:stop] for start, stop in pairwise(ends))

    def _score(self, rates: Sequence[float]) -> float:
        """The share of one tier; of several tiers, how the suspect stands in the one where it stands highest."""
        if len(rates) == 1:
            return rates[0]
        return max(standing(rate, test) for rate, test in zip(rates, self.tests, strict=True))


def standing(rate: float, test: TierTest) -> float:
    """Where a rate stands between none and all, with the null limit in the middle: what makes tiers comparable.

    Parameters
    ----------
    rate : float
        Share of the tier's questions that a model matches.
    test : TierTest
        Where no limit is known, or none can be exceeded, it counts as one that only all questions reach.

    Returns
    -------
    float
        In [0, 1]: above one half where the rate exceeds the limit; linear on either side of it.

    Examples
    --------
    >>> tier = TierTest("copy", triggers=100, limit=60)
    >>> [standing(rate, tier) for rate in (0.0, 0.3, 0.6, 0.8, 1.0)]
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    limit = 1.0 if test.limit is None else test.limit / test.triggers
    if rate <= limit:
        return 0.5 * rate / limit if limit else 0.5
    return 0.5 + 0.5 * (rate - limit) / (1 - limit)


def calibrated(
    questions: Questions, *, name: str, references: Sequence[Model], alpha: float, seed: int
) -> PreparedQuestions:
    """Find the null limit of questions that no reference had a part in selecting.

    It is the upper tolerance limit of the calibration references, the rule and the models of a mark. Asking is given
    up where more matches than the limit allows are refuted: such questions come without a claim about thieves.

    Parameters
    ----------
    questions : Questions
    name : str
        The detector's.
    references : sequence of Model
        All; see `divided`.
    alpha : float
        Level of ``supports``.
    seed : int
        The one that `references` are divided by.
    """
    rates = [float(questions.matched_by(one.model).mean()) for one in divided(references, seed=seed).kept_back]
    count, limit = len(questions), _limit(rates, len(questions))
    most = None if limit is None else limit.matches_of(count)
    tier = TierTerms(
        name=name,
        questions=count,
        references=len(rates),
        null_limit=None if limit is None else limit.value,
        most_matches=most,
        method=None if limit is None else limit.method,
        content=CONTENT,
        confidence=CONFIDENCE,
    )
    terms = terms_of([tier], alpha=alpha, beta=BETA)
    return PreparedQuestions(questions, (TierTest(name, count, limit=most),), terms)


def divided(references: Sequence[Model], *, seed: int) -> Split:
    """The references, half of them for selection, half for calibration: the same ones as in a mark of this seed."""
    named = [Panelist(f"reference {number}", model) for number, model in enumerate(references, start=1)]
    return split(named, seed=seed_from_int(seed), purpose="references")


def answers_of(source: Model, data: Dataset) -> Labels:
    """What the source answers to the data, in the order of the data's classes where they are named."""
    answering = aligned(source, data.classes) if data.classes else source
    return answering.query(data.inputs).labels


def drawn(population: int, count: int, *, seed: int, purpose: str) -> Indices:
    """Positions of `count` items out of `population`, or of all where there are fewer, in random order.

    Raises
    ------
    InvalidInput
        If `count` is below 1.
    """
    if count < 1:
        raise InvalidInput(f"a budget of {count} queries asks nothing; give at least 1")
    keys = random_words(derive_key(seed_from_int(seed), f"lab/{purpose}"), 0, population)[:, 0]
    return np.argsort(keys, kind="stable")[:count].astype(np.int64)


def _limit(rates: Sequence[float], questions: int) -> ToleranceLimit | None:
    """None from too few models."""
    if len(rates) < _FEWEST_FOR_A_LIMIT:
        return None
    return upper_tolerance_limit(rates, triggers=questions, content=CONTENT, confidence=CONFIDENCE)
