"""The interface of a model: it answers queries, and some can be perturbed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tellmark.models.preprocessing import Preprocessing
from tellmark.types import Batch, Digest, Labels, Scores


@dataclass(frozen=True)
class Answers:
    """What a model said to a batch.

    Attributes
    ----------
    labels : ndarray of int64, shape (n,)
    scores : ndarray of float32, shape (n, n_classes), or None
        None when the model gives labels only. Logits or probabilities, as the model has them.
    """

    labels: Labels
    scores: Scores | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def margins(self) -> NDArray[np.float32]:
        """Score of the answer minus the runner-up's, shape (n,); infinite where there are no scores."""
        if self.scores is None:
            return np.full(len(self.labels), np.inf, dtype=np.float32)
        top = np.partition(self.scores, self.scores.shape[1] - 2, axis=1)[:, -2:]
        return top[:, 1] - top[:, 0]


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model without asking it.

    Attributes
    ----------
    kind : str
        The adapter: ``torch``, ``export``, ``onnx``, ``sklearn``, ``callable``, ``recorded``, …
    digest : str or None
        Digest of the weights or of the model file; None where there is nothing to digest.
    classes : tuple of str or None
        Class names in the order of the output, where the model itself names them.
    preprocessing : Preprocessing or None
        From ``uint8`` images to the model's input; table rows and texts pass by it. None where images are
        handed over as they are.
    """

    kind: str
    digest: Digest | None = None
    classes: tuple[str, ...] | None = None
    preprocessing: Preprocessing | None = None


@runtime_checkable
class Model(Protocol):
    """Anything that answers a batch of inputs with labels."""

    @property
    def info(self) -> ModelInfo:
        """What is known of the model without asking it."""
        ...

    def query(self, batch: Batch) -> Answers:
        """Answer every input of the batch, in order, however many there are.

        Raises
        ------
        ModelError
            If the model cannot take these inputs, or answers something that is no classification.
        """
        ...


@runtime_checkable
class LabellingModel(Model, Protocol):
    """A model that can give its labels alone, at less cost than with scores."""

    def labels(self, batch: Batch) -> Labels:
        """Those that `query` gives; raises what it raises."""
        ...


def labels_of(model: Model, batch: Batch) -> Labels:
    """The labels that the model gives to the inputs of the batch, at the least cost; shape (n,).

    Raises
    ------
    ModelError
        As `Model.query`.
    """
    return model.labels(batch) if isinstance(model, LabellingModel) else model.query(batch).labels


@dataclass(frozen=True)
class Parameter:
    """One tensor of weights that noise can be added to.

    Attributes
    ----------
    name : str
        Unique within the model; the same network has the same names in every format that keeps them.
    shape : tuple of int
    scale : float
        The natural size of a change: root mean square of a weight tensor; standard deviation of a
        tree's thresholds on one feature.
    """

    name: str
    shape: tuple[int, ...]
    scale: float
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", int(np.prod(self.shape, dtype=np.int64)))


class Noise(Protocol):
    """Additive noise for the flat elements ``start`` to ``stop - 1`` of a parameter, as float32."""

    def __call__(self, parameter: Parameter, start: int, stop: int, /) -> NDArray[np.float32]:
        """Make the noise of that stretch, shape ``(stop - start,)``."""
        ...


@runtime_checkable
class PerturbableModel(Model, Protocol):
    """A model that can also yield noisy copies of itself."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every tensor that noise reaches, in a fixed order."""
        ...

    def perturbed(self, noise: Noise) -> AbstractContextManager[Model]:
        """A copy with `noise` added to every parameter, valid within the ``with`` block only.

        The copy lives in one scratch set of weights that the next copy overwrites: at no time are there
        more than two sets of weights. The model itself is never changed.
        """
        ...
