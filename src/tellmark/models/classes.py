"""A model whose answers refer to a given order of classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import Mismatch
from tellmark.models.base import Answers, Model, ModelInfo, Noise, Parameter, PerturbableModel, labels_of
from tellmark.models.perturbing import has_noisy_copies
from tellmark.types import Batch, Labels


@runtime_checkable
class NamingModel(Model, Protocol):
    """A model that may answer class names, without knowing in which order the classes stand."""

    def with_classes(self, classes: tuple[str, ...]) -> Model:
        """The same model, answering with positions in `classes`."""
        ...


def aligned(model: Model, classes: Sequence[str]) -> Model:
    """`model`, answering with positions in `classes`.

    Where the model names its classes, labels and scores are brought into the order given. Where it does not,
    its order is taken to be this one, and each answer is checked to fit it.

    Parameters
    ----------
    model : Model
    classes : sequence of str
        Class names of the data, or of a mark.

    Returns
    -------
    Model
        A `PerturbableModel` if `model` is one.

    Raises
    ------
    Mismatch
        If the model's class names are others; or, on its first answer, if it has more or fewer classes.
    """
    wanted = tuple(classes)
    model = naming(model, wanted)
    order = None if model.info.classes is None else _order(model.info.classes, wanted)
    if has_noisy_copies(model):
        return AlignedPerturbableModel(model, wanted, order)
    return AlignedModel(model, wanted, order)


def naming(model: Model, classes: tuple[str, ...]) -> Model:
    """`model`, able to answer with names among `classes` if it names none of its own; else as it is."""
    if model.info.classes is None and isinstance(model, NamingModel):
        return model.with_classes(classes)
    return model


class AlignedModel:
    """See `aligned`.

    Parameters
    ----------
    model : Model
    classes : tuple of str
    order : ndarray of int64, shape (n_classes,), or None
        The model's class at each position of `classes`; None leaves the answers as they are.
    """

    def __init__(self, model: Model, classes: tuple[str, ...], order: NDArray[np.int64] | None) -> None:
        self._model = model
        self._order = order
        self._classes = classes

    @property
    def info(self) -> ModelInfo:
        """The model's, with the classes in their new order."""
        return replace(self._model.info, classes=self._classes)

    @property
    def unaligned(self) -> Model:
        """The model, answering in its own order."""
        return self._model

    def __repr__(self) -> str:
        return repr(self._model)

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`."""
        answers = self._model.query(batch)
        _check_width(answers, len(self._classes))
        if self._order is None:
            return answers
        scores = None if answers.scores is None else np.ascontiguousarray(answers.scores[:, self._order])
        return Answers(np.argsort(self._order)[answers.labels], scores)

    def labels(self, batch: Batch) -> Labels:
        """Labels alone; see `tellmark.models.base.LabellingModel.labels`."""
        labels = labels_of(self._model, batch)
        _check_labels(labels, len(self._classes))
        return labels if self._order is None else np.argsort(self._order)[labels]


class AlignedPerturbableModel(AlignedModel):
    """An aligned model that can be perturbed, and whose copies are aligned too."""

    def __init__(self, model: PerturbableModel, classes: tuple[str, ...], order: NDArray[np.int64] | None) -> None:
        super().__init__(model, classes, order)
        self._perturbable = model

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The model's."""
        return self._perturbable.parameters

    @contextmanager
    def perturbed(self, noise: Noise) -> Iterator[Model]:
        """A noisy copy; see `tellmark.models.base.PerturbableModel.perturbed`."""
        with self._perturbable.perturbed(noise) as copy:
            yield AlignedModel(copy, self._classes, self._order)


def _order(own: tuple[str, ...], wanted: tuple[str, ...]) -> NDArray[np.int64] | None:
    missing, extra = [name for name in wanted if name not in own], [name for name in own if name not in wanted]
    if missing or extra:
        faults = [*_listed("it does not know", missing), *_listed("it also knows", extra)]
        raise Mismatch(f"the model's classes are not those of the data or mark: {', and '.join(faults)}")
    if own == wanted:
        return None
    return np.array([own.index(name) for name in wanted], dtype=np.int64)


def _check_width(answers: Answers, expected: int) -> None:
    if answers.scores is not None and answers.scores.shape[1] != expected:
        raise Mismatch(f"the model answers {answers.scores.shape[1]} classes, the data or mark names {expected}")
    _check_labels(answers.labels, expected)


def _check_labels(labels: Labels, expected: int) -> None:
    for label in (labels.min(initial=0), labels.max(initial=0)):
        if not 0 <= label < expected:
            raise Mismatch(f"the model answers label {label}, the data or mark names {expected} classes")


def _listed(what: str, names: list[str], *, most: int = 3) -> list[str]:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return [f"{what} {', '.join(map(repr, names[:most]))}{more}"] if names else []
