"""Tellmark's own recipes, each as a detector with as many triggers as the budget allows to ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tellmark import api
from tellmark.data.dataset import Dataset
from tellmark.models.base import Model
from tellmark.proxies.choosing import NoiseKind
from tellmark.proxies.thefts import TheftFamilyName
from tellmark.theft.lab.detectors.marked import prepared_with
from tellmark.theft.lab.detectors.questions import CONFIDENCE, CONTENT, PreparedQuestions, divided
from tellmark.triggers.mark import Mark
from tellmark.triggers.recipe import RecipeName
from tellmark.triggers.recipes import TRAITS


@dataclass(frozen=True)
class TellmarkRecipe:
    """Mark the source with one tier of triggers; see `tellmark.mark`, whose settings these are.

    Every verdict is the one that `tellmark.verify` comes to with the same order seed.

    Attributes
    ----------
    recipe : "paper", "copy", "derived" or "distilled"
    proxies : int
        Noisy copies that must agree on a trigger, where the recipe asks them.
    noise : "relative", "absolute" or "ball"
    sigma : float
    tau : float or None
        Of the accuracy screen; None leaves it out.
    max_label_share : float
    pool : int or None
        Candidates that the triggers are the best of; None takes 20 for each.
    reuse_items : bool
        Whether a hold-out item may serve in more than one trigger.
    """

    recipe: RecipeName
    proxies: int = 64
    noise: NoiseKind = "relative"
    sigma: float = 0.02
    tau: float | None = 0.02
    max_label_share: float = 0.5
    pool: int | None = None
    reuse_items: bool = False

    @property
    def name(self) -> str:
        """The recipe's, after ``tellmark-``."""
        return f"tellmark-{self.recipe}"

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
        mark = self.mark(source, holdout=holdout, references=references, shadows=shadows, triggers=budget, seed=seed)
        return prepared_with(mark, alpha=alpha)

    def mark(
        self,
        source: Model,
        *,
        holdout: Dataset,
        references: Sequence[Model],
        shadows: Mapping[TheftFamilyName, Sequence[Model]],
        triggers: int,
        seed: int,
    ) -> Mark:
        """The mark behind the detector.

        The references are known to be independent, however much they resemble the source. A recipe that selects with
        none of them gets those for calibration alone: all null limits are then found with the same models.
        """
        ranked = TRAITS[self.recipe].ranked
        return api.mark(
            source,
            holdout,
            n=triggers,
            seed=seed,
            proxies=self.proxies,
            sigma=self.sigma,
            noise=self.noise,
            tau=self.tau,
            reuse_items=self.reuse_items,
            max_label_share=self.max_label_share,
            references=references if ranked else [*divided(references, seed=seed).kept_back],
            shadows=shadows,
            recipes=(self.recipe,),
            pool=self.pool,
            fresh=0,
            content=CONTENT,
            limit_confidence=CONFIDENCE,
            accept_similar=True,
        )


PAPER = TellmarkRecipe("paper", noise="absolute", sigma=8e-3, tau=None, max_label_share=1.0)
"""The selection of Pautov et al. (IJCAI 2024), with the noise of their released code."""
COPY, DERIVED, DISTILLED = TellmarkRecipe("copy"), TellmarkRecipe("derived"), TellmarkRecipe("distilled")
