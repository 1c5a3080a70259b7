"""Which proxy family a recipe names."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tellmark.models.base import PerturbableModel
from tellmark.proxies.base import ProxyFamily
from tellmark.proxies.weight_noise import AbsoluteWeightNoise, RelativeWeightNoise, WeightBall
from tellmark.randomness import derive_key
from tellmark.types import Seed

NoiseKind = Literal["absolute", "relative", "ball"]
FamilyName = Literal["weight-noise-absolute", "weight-noise-relative", "weight-ball"]

FAMILY_OF_NOISE: dict[NoiseKind, FamilyName] = {
    "absolute": "weight-noise-absolute",
    "relative": "weight-noise-relative",
    "ball": "weight-ball",
}


def proxy_family(name: FamilyName, magnitude: float, seed: Seed) -> ProxyFamily:
    """The family of that name at that magnitude (σ or δ), its key derived from the seed."""
    key = derive_key(seed, "proxies/weight-noise")
    if name == "weight-noise-absolute":
        return AbsoluteWeightNoise(key, magnitude)
    if name == "weight-noise-relative":
        return RelativeWeightNoise(key, magnitude)
    return WeightBall(key, magnitude)


def magnitude_unit(name: FamilyName, source: PerturbableModel) -> float:
    """The scale on which a magnitude of this family is searched for.

    1 for relative noise; the root mean square of all the parameters' scales for absolute noise; that times
    the square root of their number for the ball, which is about the norm of the weights.
    """
    if name == "weight-noise-relative":
        return 1.0
    sizes = np.array([parameter.size for parameter in source.parameters], dtype=np.float64)
    scales = np.array([parameter.scale for parameter in source.parameters])
    norm = float(np.sqrt((sizes * scales**2).sum()))
    return norm if name == "weight-ball" else norm / float(np.sqrt(sizes.sum()))
