"""Proxies that are the source with random noise on its weights.

The noise on element e of a parameter is normal draw number e under a key that derives from the seed, the
proxy's number and the parameter's name: the same network has the same proxies in every format that keeps the
names.

References
----------
M. Pautov, N. Bogdanov, S. Pyatkin, O. Rogov, I. Oseledets. Probabilistically Robust Watermarking of Neural
Networks. IJCAI 2024, Section 3. doi 10.24963/ijcai.2024/528
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tellmark.models.base import Model, Parameter, PerturbableModel
from tellmark.randomness import derive_key, random_words, standard_normals

_CHUNK = 1 << 14


class _Normals:
    """Standard normals for every parameter of one proxy."""

    def __init__(self, key: bytes, number: int) -> None:
        self._key = derive_key(key, f"proxy/{number}")
        self._keys: dict[str, bytes] = {}

    def __call__(self, parameter: Parameter, start: int, stop: int) -> NDArray[np.float32]:
        name = parameter.name
        if name not in self._keys:
            self._keys[name] = derive_key(self._key, f"parameter/{name}")
        return standard_normals(self._keys[name], start, stop)

    def squared_norm(self, parameters: Iterable[Parameter]) -> float:
        """Sum of squares of all the draws that these parameters take."""
        return sum(
            float(np.square(self(parameter, start, min(start + _CHUNK, parameter.size)), dtype=np.float64).sum())
            for parameter in parameters
            for start in range(0, parameter.size, _CHUNK)
        )

    def uniform(self) -> float:
        """One draw from U(0, 1), on a key of its own."""
        return float((random_words(derive_key(self._key, "radius"), 0, 1)[0, 0] >> np.uint64(11)) * 2.0**-53)


@dataclass(frozen=True)
class AbsoluteWeightNoise:
    """N(0, σ²) on every parameter, as in the paper's released code (there σ = 8e-3)."""

    key: bytes = field(repr=False)
    sigma: float

    def member(self, source: PerturbableModel, number: int) -> AbstractContextManager[Model]:
        """Proxy `number` of `source`."""
        normals = _Normals(self.key, number)
        sigma = np.float32(self.sigma)
        return source.perturbed(lambda parameter, start, stop: sigma * normals(parameter, start, stop))


@dataclass(frozen=True)
class RelativeWeightNoise:
    """N(0, (σ·s)²), where s is the parameter's own scale: large weights get large noise."""

    key: bytes = field(repr=False)
    sigma: float

    def member(self, source: PerturbableModel, number: int) -> AbstractContextManager[Model]:
        """Proxy `number` of `source`."""
        normals = _Normals(self.key, number)
        return source.perturbed(
            lambda parameter, start, stop: np.float32(self.sigma * parameter.scale) * normals(parameter, start, stop)
        )


@dataclass(frozen=True)
class WeightBall:
    """Uniform in the ball of radius δ around all the weights taken as one vector (the paper's B(δ, τ)).

    A standard normal vector gives the direction, U^(1/d) the radius; the noise is generated twice, once to
    know its norm, so that it never lies in memory as a whole.
    """

    key: bytes = field(repr=False)
    radius: float

    def member(self, source: PerturbableModel, number: int) -> AbstractContextManager[Model]:
        """Proxy `number` of `source`."""
        normals = _Normals(self.key, number)
        dimension = sum(parameter.size for parameter in source.parameters)
        length = self.radius * normals.uniform() ** (1 / dimension)
        factor = np.float32(length / np.sqrt(normals.squared_norm(source.parameters)))
        return source.perturbed(lambda parameter, start, stop: factor * normals(parameter, start, stop))
