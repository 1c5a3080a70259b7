"""Before marking: check that the source, the hold-out data and the settings fit each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.digests import digest_json
from tellmark.errors import DataError, Mismatch, ModelError
from tellmark.models.base import Answers, Model
from tellmark.models.classes import aligned
from tellmark.models.perturbing import as_perturbable
from tellmark.spaces import TableSpace
from tellmark.triggers.settings import MarkSettings
from tellmark.types import Batch, Digest, Labels

_SOME, _PLENTY = 16, 256
_CLEAR = 1e-2
"""Margin, in the unit of the scores, beyond which rounding changes no answer."""


@dataclass(frozen=True)
class Marking:
    """A source and hold-out data that fit each other, and what is asked of them.

    Attributes
    ----------
    source : Model
        Its answers refer to `data.classes`.
    data : Dataset
        Labelled: from the file, or with the source's own answers.
    labels : ndarray of int64, shape (n,)
        The labels of `data`.
    labels_from_source : bool
    settings : MarkSettings
    purpose : str
        Digest of all that a state file must belong to.
    """

    source: Model
    data: Dataset
    labels: Labels
    labels_from_source: bool
    settings: MarkSettings
    purpose: Digest


def prepare(source: Model, data: Dataset, settings: MarkSettings) -> Marking:
    """Check that `source` and `data` fit each other and can yield what `settings` ask for.

    Raises
    ------
    DataError
        If the hold-out data has one class only, or too few items.
    Mismatch
        If the source's classes are not those of the data.
    ModelError
        If the source cannot take the data, or gives the same answer to everything.
    NotPerturbable
        If proxies are asked of a source that cannot yield any.
    """
    labelled = data if data.labels is not None else _labelled_by(source, data)
    labels = labelled.labels
    assert labels is not None
    _check_amount(labelled, labels, settings)
    try:
        model = aligned(source, labelled.classes)
        if settings.proxies:
            model = as_perturbable(model)
        sample = _varied_answers(model, labelled)
    except Mismatch as error:
        raise Mismatch(f"{error}: name every class of the model, in its order, with --classes a,b,c") from error
    purpose = _purpose(source, sample, labelled, settings)
    return Marking(model, labelled, labels, data.labels is None, settings, purpose)


def _purpose(source: Model, sample: Labels, data: Dataset, settings: MarkSettings) -> Digest:
    """The source counts by what it answers, too: its digest may not cover all that decides about that."""
    info = source.info
    preprocessing = None if info.preprocessing is None else info.preprocessing.model_dump(mode="json")
    known = [info.kind, info.digest, info.classes, preprocessing, sample.tolist()]
    return digest_json({"settings": settings.digest, "source": known, "data": data.digest})


def _answers(source: Model, data: Dataset, inputs: Batch) -> Answers:
    try:
        return source.query(inputs)
    except ModelError as error:
        unmarked = data.labels is None and isinstance(data.space, TableSpace)
        advice = "if a column holds the labels, name it with --label-column" if unmarked else "give it what it takes"
        raise ModelError(
            f"the source did not answer the hold-out data ({data.space}): {str(error).rstrip('.')}; {advice}"
        ) from error


def _labelled_by(source: Model, data: Dataset) -> Dataset:
    """The source's own answers as labels; class names are the data's where it has them, else the source's."""
    if data.classes:
        source = aligned(source, data.classes)
    answers = _answers(source, data, data.inputs)
    width = int(answers.labels.max()) + 1 if answers.scores is None else answers.scores.shape[1]
    classes = data.classes or source.info.classes or tuple(str(index) for index in range(width))
    _check_distinct(answers.labels, classes)
    return data.with_labels(answers.labels, classes)


def _varied_answers(model: Model, data: Dataset) -> Labels:
    """What `model` answers to a few items, or to more where the few are answered alike; -1 for what is near a tie."""
    clear = labels = np.empty(0, dtype=np.int64)
    for count in _SOME, _PLENTY:
        some = np.unique(np.linspace(0, len(data) - 1, count).astype(np.int64))
        answers = _answers(model, data, data.inputs[some])
        labels = answers.labels
        clear = np.where(answers.margins() >= _CLEAR, labels, -1)
        if len(np.unique(labels)) > 1:
            return clear
    _check_distinct(labels, data.classes)
    return clear


def _check_distinct(labels: Labels, classes: tuple[str, ...]) -> None:
    if len(labels) > 1 and (labels == labels[0]).all():
        raise ModelError(
            f"the source answers {classes[labels[0]]!r} to all of {len(labels)} hold-out items: "
            f"check its weights, its preprocessing and the data"
        )


def _check_amount(data: Dataset, labels: Labels, settings: MarkSettings) -> None:
    present = np.unique(labels)
    if len(present) < 2:
        raise DataError(
            f"{data.name} has one class only, {data.classes[present[0]]!r}: "
            f"candidates are made of items of at least two classes"
        )
    most = _most_triggers(labels, classes=len(data.classes))
    if not settings.reuse_items and settings.triggers > most:
        raise DataError(
            f"{settings.triggers} triggers cannot be made of the {len(data)} items of {data.name} if each serves once: "
            f"bring more data, ask for at most {most} triggers, or use --reuse-items"
        )


def _most_triggers(labels: Labels, *, classes: int) -> int:
    """How many triggers could be made at best: pairs of two classes; with two classes in all, single errors."""
    if classes == 2:
        return len(labels)
    return min(len(labels) // 2, len(labels) - int(np.bincount(labels).max()))
