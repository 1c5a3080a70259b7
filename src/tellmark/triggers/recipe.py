"""The recipe: every setting, apart from the seed, on which a trigger set depends."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field

from tellmark.candidates.choosing import CandidateKind
from tellmark.digests import digest_json
from tellmark.documents import DigestText, Document
from tellmark.types import Digest

RecipeName = Literal["paper", "copy", "derived", "distilled"]


class CandidateRecipe(Document):
    """Which inputs are invented.

    Attributes
    ----------
    kind : str
        ``mixup`` (two items of different classes; the paper, Algorithm 1), ``mixup-and-errors`` (these alternate
        with natural errors of the source), ``errors-and-mixup`` (the errors first), ``natural-errors`` (these alone),
        or ``same-class-and-errors`` (for two classes: blends of two items of one class alternate with errors).
    reuse_items : bool
        Whether a hold-out item may serve in more than one trigger.
    tie_margin : float
        A candidate is kept only if the source's best score exceeds the runner-up by this much, in the
        unit of the source's scores: labels then do not depend on rounding. Label-only sources have no
        scores, and no margin is applied.
    max_label_share : float
        No label is borne by more than this share of the triggers (rounded up, at least one): else a model
        that answers everything alike could match most of them.
    """

    kind: CandidateKind
    reuse_items: bool = False
    tie_margin: float = Field(default=1e-3, ge=0)
    max_label_share: float = Field(default=0.5, gt=0, le=1)


class ScreenRecipe(Document):
    """Accuracy screen of the paper's family B(δ, τ): a proxy counts only if it stays that accurate.

    Attributes
    ----------
    tolerance : float
        τ, the largest allowed difference in accuracy from the source, in [0, 1].
    items : int
        How many items the screen's set has.
    data : str or None
        Digest of the labelled data that the owner declared as the screen's set; None where it is hold-out items,
        drawn by the seed.
    """

    tolerance: float = Field(ge=0, le=1)
    items: int = Field(ge=1)
    data: DigestText | None = None


class ProxyRecipe(Document):
    """Which models near the source must agree.

    Attributes
    ----------
    family : str
        ``weight-noise-absolute``: N(0, σ²) on every parameter (the paper's released code).
        ``weight-noise-relative``: N(0, (σ·scale)²), scale = the parameter's own (`Parameter.scale`).
        ``weight-ball``: uniform in the ball of radius δ around all weights (the paper's B(δ, τ)).
        ``none``: no proxies; candidates become triggers untested and nothing is guaranteed.
    magnitude : float
        σ or δ; 0 for ``none``.
    magnitude_found : bool
        Whether the magnitude was searched for (``auto``) rather than given.
    count : int
        m, the number of proxies that must all answer alike.
    screen : ScreenRecipe or None
    """

    family: Literal["weight-noise-absolute", "weight-noise-relative", "weight-ball", "none"]
    magnitude: float = Field(ge=0)
    magnitude_found: bool = False
    count: int = Field(ge=0)
    screen: ScreenRecipe | None = None


class DiscriminationRecipe(Document):
    """How candidates are ranked: by how differently stolen and independent models answer them.

    Attributes
    ----------
    pool : int
        Candidates that are ranked: the first that the source, and the proxies if there are any, answer as they
        should.
    families : tuple of str
        Theft families whose selection members must answer like the source; without any, the proxies do.
    references : int
        Independent models that must answer otherwise.
    smoothing : float
        Matches, and as many misses, that every match rate starts with: the parameters of a symmetric Beta prior.
    """

    pool: int = Field(ge=1)
    families: tuple[str, ...]
    references: int = Field(ge=1)
    smoothing: float = Field(gt=0)


class Recipe(Document):
    """Everything that, with the seed and the models and data it speaks of, yields the triggers.

    Attributes
    ----------
    name : str
        ``paper``: the first candidates that all proxies answer alike. ``copy``, ``derived`` and ``distilled``: the
        highest-ranking ones of a pool, for that class of theft.
    triggers : int
        n.
    candidates : CandidateRecipe
    proxies : ProxyRecipe
    discrimination : DiscriminationRecipe or None
        None for ``paper``.
    """

    schema_: Literal["tellmark.recipe/1"] = Field(default="tellmark.recipe/1", alias="schema")
    name: RecipeName = "paper"
    triggers: int = Field(ge=1)
    candidates: CandidateRecipe
    proxies: ProxyRecipe
    discrimination: DiscriminationRecipe | None = None

    @cached_property
    def digest(self) -> Digest:
        """Digest of the canonical JSON form."""
        return digest_json(self.model_dump(mode="json", by_alias=True))
