"""Where the weights of a scikit-learn classifier are, and how noise is added to a copy of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.neural_network import MLPClassifier

from tellmark.models.base import Noise, Parameter
from tellmark.models.perturbing import add_noise, root_mean_square
from tellmark.models.sklearn.trees import ForestWeights, trees_of


class Weights(Protocol):
    """The parameters of one estimator."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those that noise is added to."""
        ...

    def twin(self) -> BaseEstimator:
        """A copy of the estimator, with weights of its own."""
        ...

    def fill(self, twin: BaseEstimator, noise: Noise) -> None:
        """Write the estimator's weights plus noise into the twin."""
        ...


def weights_of(estimator: BaseEstimator) -> Weights | None:
    """The weights of a linear model, an MLP, a tree or a forest; None for any other estimator."""
    trees = trees_of(estimator)
    if trees:
        return ForestWeights(estimator)
    arrays = ArrayWeights(estimator)
    return arrays if arrays.parameters else None


class ArrayWeights:
    """Weights that are arrays among the estimator's attributes: of linear models and MLPs."""

    def __init__(self, estimator: BaseEstimator) -> None:
        self._estimator = estimator
        self.parameters = tuple(
            Parameter(name, array.shape, root_mean_square(array.reshape(-1))) for name, array in _arrays(estimator)
        )

    def twin(self) -> BaseEstimator:
        """See `Weights.twin`."""
        twin = copy.deepcopy(self._estimator)
        for attribute in _attributes(twin):
            value = getattr(twin, attribute)
            own = (
                [np.ascontiguousarray(one) for one in value] if isinstance(value, list) else np.ascontiguousarray(value)
            )
            setattr(twin, attribute, own)
        return twin

    def fill(self, twin: BaseEstimator, noise: Noise) -> None:
        """See `Weights.fill`."""
        targets = dict(_arrays(twin))
        for parameter, (name, source) in zip(self.parameters, _arrays(self._estimator), strict=True):
            add_noise(source.reshape(-1), noise, parameter, targets[name].reshape(-1))


def _attributes(estimator: BaseEstimator) -> tuple[str, ...]:
    if isinstance(estimator, MLPClassifier):
        return ("coefs_", "intercepts_")
    # As attributes of their own: a kernel machine's coef_ is computed from other things.
    own = vars(estimator)
    if not isinstance(own.get("coef_"), np.ndarray):
        return ()
    return ("coef_", "intercept_") if isinstance(own.get("intercept_"), np.ndarray) else ("coef_",)


def _arrays(estimator: BaseEstimator) -> Iterator[tuple[str, NDArray[Any]]]:
    for attribute in _attributes(estimator):
        value = getattr(estimator, attribute)
        if isinstance(value, list):
            yield from ((f"{attribute}.{layer}", array) for layer, array in enumerate(value))
        else:
            yield attribute, value
