"""What an owner may choose when marking a model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from tellmark.digests import digest_json
from tellmark.errors import InvalidInput
from tellmark.proxies.choosing import FAMILY_OF_NOISE, NoiseKind
from tellmark.triggers.recipe import RecipeName
from tellmark.triggers.recipes import TRAITS
from tellmark.types import Digest

MOST_ITEMS = 1_000_000_000
"""Of triggers, and in the screen: far beyond any use, and within every file format."""

MOST_NOISE = 1e9
"""Times a weight that is still a finite float32."""

POOL = 20
"""Candidates for each trigger, where triggers are the best of a pool."""

MOST_PROXIES = 10_000
"""Each is asked on its own, and the bound that so many would give is above .9997 already."""


@dataclass(frozen=True)
class MarkSettings:
    """Settings of a marking, with the defaults of `tellmark mark`.

    Attributes
    ----------
    triggers : int
        n, how many triggers to find.
    proxies : int
        m, how many proxies must answer alike; 0 keeps candidates untested.
    noise : "relative", "absolute" or "ball"
        The proxy family; see `tellmark.proxies.weight_noise`.
    magnitude : float or "auto"
        σ, or δ for the ball; ``auto`` finds the largest whose proxies pass the screen.
    tolerance : float or None
        τ of the accuracy screen; None leaves it out.
    screen_items : int
        How many hold-out items the screen uses at most.
    reuse_items : bool
        Whether a hold-out item may serve in more than one trigger.
    tie_margin : float
        Least distance between the source's best score and the runner-up.
    max_label_share : float
        Largest share of the triggers that may bear one label.
    recipes : tuple of str
        One tier of `triggers` triggers for each.
    pool : int or None
        Candidates that triggers are the best of; None takes `POOL` for each trigger.
    fresh : int
        Further noisy copies, with which nothing is selected, that say how often such copies match.
    kept_back : int or None
        References kept for the null limit; None takes half of them.
    content, confidence : float
        Of the tolerance limits.

    Raises
    ------
    InvalidInput
        If a value is out of range, or ``auto`` is asked for without a screen.
    """

    triggers: int = 100
    proxies: int = 64
    noise: NoiseKind = "relative"
    magnitude: float | Literal["auto"] = 0.02
    tolerance: float | None = 0.02
    screen_items: int = 256
    reuse_items: bool = False
    tie_margin: float = 1e-3
    max_label_share: float = 0.5
    recipes: tuple[RecipeName, ...] = ("paper",)
    pool: int | None = None
    fresh: int = 20
    kept_back: int | None = None
    content: float = 0.95
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not 1 <= self.triggers <= MOST_ITEMS:
            raise InvalidInput(f"the number of triggers must be between 1 and {MOST_ITEMS}, not {self.triggers}")
        if not 0 <= self.proxies <= MOST_PROXIES:
            raise InvalidInput(f"the number of proxies must be between 0 and {MOST_PROXIES}, not {self.proxies}")
        if self.noise not in FAMILY_OF_NOISE:
            raise InvalidInput(f"noise {self.noise!r} is unknown: choose one of {', '.join(FAMILY_OF_NOISE)}")
        if self.magnitude != "auto" and (isinstance(self.magnitude, str) or not 0 <= self.magnitude <= MOST_NOISE):
            raise InvalidInput(f"sigma must be a number between 0 and {MOST_NOISE:g}, or auto, not {self.magnitude}")
        if self.tolerance is not None and not 0 <= self.tolerance <= 1:
            raise InvalidInput(f"tau is a difference of accuracies between 0 and 1, not {self.tolerance}")
        if not 1 <= self.screen_items <= MOST_ITEMS:
            raise InvalidInput(f"the screen needs between 1 and {MOST_ITEMS} items, not {self.screen_items}")
        if not 0 <= self.tie_margin < float("inf"):
            raise InvalidInput(f"the tie margin must be 0 or more, not {self.tie_margin}")
        if not 0 < self.max_label_share <= 1:
            raise InvalidInput(
                f"the largest share of a label must lie above 0 and be at most 1, not {self.max_label_share}"
            )
        if self.proxies and self.magnitude == "auto" and self.tolerance is None:
            raise InvalidInput("sigma auto is found by the accuracy screen: give a tau, or give sigma as a number")
        self._check_tiers()

    def _check_tiers(self) -> None:
        if not self.recipes or len(set(self.recipes)) < len(self.recipes):
            raise InvalidInput("give at least one recipe, and none of them twice")
        for recipe in self.recipes:
            if recipe not in TRAITS:
                raise InvalidInput(f"recipe {recipe!r} is unknown: choose among {', '.join(TRAITS)}")
        if self.pool is not None and not self.triggers <= self.pool <= MOST_ITEMS:
            raise InvalidInput(f"a pool of {self.pool} candidates cannot yield {self.triggers} triggers")
        if self.kept_back is not None and self.kept_back < 0:
            raise InvalidInput(f"the number of references for calibration must be 0 or more, not {self.kept_back}")
        if not 0 <= self.fresh <= MOST_PROXIES:
            raise InvalidInput(f"the number of fresh proxies must be between 0 and {MOST_PROXIES}, not {self.fresh}")
        for name, level in (("content", self.content), ("confidence", self.confidence)):
            if not 0 < level < 1:
                raise InvalidInput(f"the {name} of a limit lies between 0 and 1, not {level}")

    @property
    def pool_size(self) -> int:
        """How many candidates are ranked."""
        return self.pool or POOL * self.triggers

    @property
    def ordered_recipes(self) -> tuple[RecipeName, ...]:
        """The recipes in the order of their tiers."""
        return tuple(name for name in TRAITS if name in self.recipes)

    @property
    def digest(self) -> Digest:
        """Digest of all settings; tells whether an interrupted run was asked for the same thing."""
        return digest_json(asdict(self))
