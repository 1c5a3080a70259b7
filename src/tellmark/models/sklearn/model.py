"""``sklearn:model.skops``: a scikit-learn classifier, or a pipeline that ends in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.pipeline import Pipeline

from tellmark.digests import digest_file
from tellmark.errors import ModelError
from tellmark.models.answers import answers_from_labels, answers_from_scores, refusal_named
from tellmark.models.base import Answers, Model, ModelInfo, Noise, Parameter
from tellmark.models.batching import Batcher, Room, estimated_from_input
from tellmark.models.inputs import as_rows, is_text
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.scratch import Scratch, answering
from tellmark.models.sklearn.file import read_estimator
from tellmark.models.sklearn.weights import Weights, weights_of
from tellmark.models.spec import ModelSpec
from tellmark.types import Batch, Digest

_OWN_DECISION = {"SVC", "NuSVC", "NearestCentroid", "FixedThresholdClassifier", "TunedThresholdClassifierCV"}
"""Classifiers whose ``predict`` is not where their scores are highest: they give labels only."""

_BEST = "best_estimator_"
"""Where a search over settings keeps the estimator that it answers with."""

_INPUTS = 16384
"""At a time: calling a forest costs milliseconds, whatever the number of rows."""


class SklearnModel:
    """A fitted classifier.

    Texts go to it as a list of ``str``, table rows as they are. Images are preprocessed and laid out as rows
    of ``height * width * channels`` numbers, by default in the order in which they are sent.

    Scores are ``predict_proba`` where there is one, else ``decision_function``, with columns ``(-d, d)`` for
    the one number ``d`` of two classes; else labels only.

    Parameters
    ----------
    estimator : BaseEstimator
    spec : ModelSpec
        ``classes`` renames the estimator's ``classes_``, in their order.
    digest : str or None

    Raises
    ------
    ModelError
        If the estimator is no classifier, or not fitted.
    """

    def __init__(self, estimator: BaseEstimator, spec: ModelSpec, *, digest: Digest | None = None) -> None:
        self._estimator = estimator
        self._last = _last_step(estimator)
        self._name = type(self._last).__name__
        self._own = _classes_of(estimator, self._name)
        if spec.classes is not None and len(spec.classes) != len(self._own):
            raise ModelError(f"the {self._name} knows {len(self._own)} classes, {len(spec.classes)} names were given")
        self._preprocessing = spec.preprocessing or Preprocessing(layout="nhwc")
        self.info = ModelInfo("sklearn", digest, spec.classes or self._own, self._preprocessing)
        self._method = _scoring_method(estimator, self._name)
        room = Room(working_set=None, most=_INPUTS)
        self._batcher = Batcher(estimated_from_input, room=room, size=spec.batch_size)

    def __repr__(self) -> str:
        return f"SklearnModel({self._name})"

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`."""
        return self._answers(self._estimator, batch)

    def _answers(self, estimator: BaseEstimator, batch: Batch) -> Answers:
        return self._batcher.answer(lambda piece: self._ask(estimator, piece), batch)

    def _ask(self, estimator: Any, piece: Batch) -> Answers:
        with refusal_named(self._name, piece):
            inputs = list(piece) if is_text(piece) else as_rows(piece, self._preprocessing)
            output = np.asarray(getattr(estimator, self._method)(inputs))
        if self._method == "predict":
            names = np.array([_name_of(label) for label in output], dtype=np.object_)
            return answers_from_labels(names, asked=len(piece), model=self._name, classes=self._own)
        if output.ndim == 1:
            output = np.stack([-output, output], axis=1)
        return answers_from_scores(output, asked=len(piece), model=self._name)


class PerturbableSklearnModel(SklearnModel):
    """A classifier whose weights can be reached: a linear model, an MLP, a tree or a forest.

    Of a pipeline the last step is perturbed.
    """

    def __init__(
        self, estimator: BaseEstimator, spec: ModelSpec, *, weights: Weights, digest: Digest | None = None
    ) -> None:
        super().__init__(estimator, spec, digest=digest)
        self._weights = weights
        self._scratch = Scratch(weights.twin)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The last step's coefficients and intercepts, or thresholds and leaves."""
        return self._weights.parameters

    @contextmanager
    def perturbed(self, noise: Noise) -> Iterator[Model]:
        """A noisy copy; see `tellmark.models.base.PerturbableModel.perturbed`."""
        with self._scratch.lent() as twin:
            self._weights.fill(twin, noise)
            whole = _with_last_step(self._estimator, twin)
            with answering(self.info, lambda batch: self._answers(whole, batch)) as model:
                yield model


def from_spec(spec: ModelSpec) -> SklearnModel:
    """Load the file that the spec names.

    Raises
    ------
    FileError
        If there is no such file.
    UnsafeFile
        If it would run code when opened, and the spec does not trust it.
    ModelError
        If it is damaged, or holds no fitted classifier.
    """
    spec.allow()
    path = Path(spec.target)
    return _adapted(read_estimator(path, trust=spec.trust), spec, digest_file(path))


def from_estimator(estimator: object, spec: ModelSpec) -> SklearnModel:
    """Adapt a classifier at hand."""
    return _adapted(estimator, spec, None)


def _adapted(estimator: object, spec: ModelSpec, digest: Digest | None) -> SklearnModel:
    if not isinstance(estimator, BaseEstimator) or not is_classifier(estimator):
        raise ModelError(f"a {type(estimator).__name__} is no scikit-learn classifier")
    last = _last_step(estimator)
    _classes_of(estimator, type(last).__name__)
    weights = weights_of(last)
    if weights is None:
        return SklearnModel(estimator, spec, digest=digest)
    return PerturbableSklearnModel(estimator, spec, weights=weights, digest=digest)


def _last_step(estimator: Any) -> BaseEstimator:
    """What classifies in the end: the last step of a pipeline, the best of a search."""
    while True:
        if isinstance(estimator, Pipeline):
            estimator = estimator.steps[-1][1]
        elif hasattr(estimator, _BEST):
            estimator = getattr(estimator, _BEST)
        else:
            return estimator


def _with_last_step(estimator: Any, last: BaseEstimator) -> BaseEstimator:
    """A pipeline with another last step and the same steps before it."""
    if hasattr(estimator, _BEST):
        return _with_last_step(getattr(estimator, _BEST), last)
    if not isinstance(estimator, Pipeline):
        return last
    *before, (name, step) = estimator.steps
    return Pipeline([*before, (name, _with_last_step(step, last))])


def _classes_of(estimator: BaseEstimator, name: str) -> tuple[str, ...]:
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise ModelError(f"the {name} is not fitted: call fit before loading or saving it")
    if isinstance(classes, list) or np.ndim(classes) != 1:
        raise ModelError(f"the {name} answers several questions at once; give a classifier with one set of classes")
    if len(classes) < 2:
        raise ModelError(f"the {name} knows one class only")
    return tuple(_name_of(label) for label in classes)


def _name_of(label: Any) -> str:
    """A class as data files write it: whole numbers without a point."""
    number = isinstance(label, (float, np.floating)) and float(label).is_integer()
    return str(int(label) if number else label)


def _scoring_method(estimator: BaseEstimator, name: str) -> str:
    if name in _OWN_DECISION:
        return "predict"
    return next((method for method in ("predict_proba", "decision_function") if hasattr(estimator, method)), "predict")
