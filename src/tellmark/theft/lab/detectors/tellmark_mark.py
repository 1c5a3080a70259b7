"""Tellmark as it comes: a mark with a tier of triggers for each class of theft, all of them asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tellmark import api
from tellmark.data.dataset import Dataset
from tellmark.models.base import Model
from tellmark.proxies.thefts import THEFT_CLASS, TheftFamilyName
from tellmark.theft.lab.detectors.marked import prepared_with
from tellmark.theft.lab.detectors.questions import CONFIDENCE, CONTENT, PreparedQuestions
from tellmark.triggers.mark import Mark
from tellmark.triggers.recipes import suitable_recipes


@dataclass(frozen=True)
class TellmarkMark:
    """Mark the source as ``tellmark mark`` does that is given references and shadows, and nothing else.

    There is a tier for copies, and one for each other class of theft of which there are shadows. Every verdict is the
    one that `tellmark.verify` comes to with the same order seed: one sequential test over all tiers.

    Attributes
    ----------
    triggers : int
        In each tier; fewer where the budget does not allow to ask so many.
    """

    triggers: int = 100

    @property
    def name(self) -> str:
        """``tellmark``."""
        return "tellmark"

    def prepare(
        self,
        source: Model,
        *,
        holdout: Dataset,
        references: Sequence[Model],
        shadows: Mapping[TheftFamilyName, Sequence[Model]],
        budget: int,
        alpha: float,
        seed: int,
    ) -> PreparedQuestions:
        """Mark the source; see `tellmark.theft.lab.detectors.base.Detector.prepare`."""
        mark = self.mark(source, holdout=holdout, references=references, shadows=shadows, budget=budget, seed=seed)
        return prepared_with(mark, alpha=alpha)

    def mark(
        self,
        source: Model,
        *,
        holdout: Dataset,
        references: Sequence[Model],
        shadows: Mapping[TheftFamilyName, Sequence[Model]],
        budget: int,
        seed: int,
    ) -> Mark:
        """The mark behind the detector, with the defaults of `tellmark.mark`.

        The references are known to be independent, however much they resemble the source.
        """
        classes: set[str] = {THEFT_CLASS[family] for family in shadows}
        tiers = len(suitable_recipes(references=len(references), theft_classes=classes))
        return api.mark(
            source,
            holdout,
            n=min(self.triggers, budget // tiers),
            seed=seed,
            references=references,
            shadows=shadows,
            content=CONTENT,
            limit_confidence=CONFIDENCE,
            accept_similar=True,
        )
