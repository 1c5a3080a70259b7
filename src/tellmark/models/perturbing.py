"""Noise on weights: which models can take it, and how it is added."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import NotPerturbable
from tellmark.models.base import Model, Noise, Parameter, PerturbableModel

CHUNK = 1 << 14
"""Elements of noise at a time: it is never in memory as a whole, and what makes it stays in the cache."""


def as_perturbable(model: Model) -> PerturbableModel:
    """The model itself, if it has parameters that noise can be added to.

    Raises
    ------
    NotPerturbable
        If it has none; the message names the alternatives.
    """
    if has_noisy_copies(model) and model.parameters:
        return model
    raise NotPerturbable(
        f"{model!r} has no weights that noise can be added to: give the source as torch:, export: or onnx:, or as a "
        f"scikit-learn linear model, MLP, tree or forest; or mark with --proxies 0, which keeps untested candidates "
        f"and guarantees nothing"
    )


def has_noisy_copies(model: Model) -> TypeGuard[PerturbableModel]:
    """Whether the model is of a kind that can be perturbed, found out without reading its weights.

    It may still have no parameters; `as_perturbable` tells.
    """
    return callable(getattr(model, "perturbed", None))


def chunks(size: int) -> list[tuple[int, int]]:
    """Start and stop of each stretch of at most `CHUNK` elements."""
    return [(start, min(start + CHUNK, size)) for start in range(0, size, CHUNK)]


def add_noise(source: NDArray[Any], noise: Noise, parameter: Parameter, out: NDArray[Any]) -> None:
    """Write ``source + noise`` into `out`, both flat; sums are made in float32 at least."""
    for start, stop in chunks(parameter.size):
        np.add(source[start:stop], noise(parameter, start, stop), out=out[start:stop], casting="same_kind")


def all_noise(noise: Noise, parameter: Parameter) -> NDArray[np.float32]:
    """The noise of a whole parameter, flat; for those whose elements lie scattered."""
    result = np.empty(parameter.size, dtype=np.float32)
    for start, stop in chunks(parameter.size):
        result[start:stop] = noise(parameter, start, stop)
    return result


def root_mean_square(values: NDArray[Any]) -> float:
    """Root of the mean square of flat weights, the same bits in every file format that holds them."""
    total = sum(float(np.square(values[start:stop], dtype=np.float64).sum()) for start, stop in chunks(values.size))
    return float(np.sqrt(total / max(1, values.size)))
