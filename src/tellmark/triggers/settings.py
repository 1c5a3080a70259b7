"""What an owner may choose when marking a model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from tellmark.digests import digest_json
from tellmark.errors import InvalidInput
from tellmark.proxies.choosing import FAMILY_OF_NOISE, NoiseKind
from tellmark.types import Digest

MOST_ITEMS = 1_000_000_000
"""Of triggers, and in the screen: far beyond any use, and within every file format."""

MOST_NOISE = 1e9
"""Times a weight that is still a finite float32."""

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

    @property
    def digest(self) -> Digest:
        """Digest of all settings; tells whether an interrupted run was asked for the same thing."""
        return digest_json(asdict(self))
