"""Before marking: check that the source, the hold-out data and the settings fit each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.digests import digest_json
from tellmark.errors import DataError, ModelError
from tellmark.models.base import Model
from tellmark.models.classes import aligned
from tellmark.models.perturbing import as_perturbable
from tellmark.triggers.settings import MarkSettings
from tellmark.types import Digest, Labels

_SOME, _PLENTY = 16, 256


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
    """

    source: Model
    data: Dataset
    labels: Labels
    labels_from_source: bool
    settings: MarkSettings

    @property
    def purpose(self) -> Digest:
        """Digest of all that a state file must belong to."""
        source = [self.source.info.kind, self.source.info.digest]
        return digest_json({"settings": self.settings.digest, "source": source, "data": self.data.digest})


def prepare(source: Model, data: Dataset, settings: MarkSettings) -> Marking:
    """Check that `source` and `data` fit each other and can yield what `settings` ask for.

    Raises
    ------
    DataError
        If the hold-out data has one class only, or too few items.
    Mismatch
        If the source's classes are not those of the data.
    ModelError
        If the source gives the same answer to everything.
    NotPerturbable
        If proxies are asked of a source that cannot yield any.
    """
    labelled = data if data.labels is not None else _labelled_by(source, data)
    labels = labelled.labels
    assert labels is not None
    model = aligned(source, labelled.classes)
    if settings.proxies:
        model = as_perturbable(model)
    _check_variety(model, labelled)
    _check_amount(labelled, labels, settings)
    return Marking(model, labelled, labels, data.labels is None, settings)


def _labelled_by(source: Model, data: Dataset) -> Dataset:
    answers = source.query(data.inputs)
    width = int(answers.labels.max()) + 1 if answers.scores is None else answers.scores.shape[1]
    return data.with_labels(answers.labels, source.info.classes or tuple(str(index) for index in range(width)))


def _check_variety(model: Model, data: Dataset) -> None:
    asked, labels = 0, np.empty(0, dtype=np.int64)
    for count in _SOME, _PLENTY:
        some = np.unique(np.linspace(0, len(data) - 1, count).astype(np.int64))
        asked, labels = len(some), model.query(data.inputs[some]).labels
        if len(np.unique(labels)) > 1:
            return
    if asked > 1:
        raise ModelError(
            f"the source answers {data.classes[labels[0]]!r} to all of {asked} hold-out items: "
            f"check its weights, its preprocessing and the data"
        )


def _check_amount(data: Dataset, labels: Labels, settings: MarkSettings) -> None:
    present = np.unique(labels)
    if len(present) < 2:
        raise DataError(
            f"{data.name} has one class only, {data.classes[present[0]]!r}: "
            f"candidates are made of items of at least two classes"
        )
    each = 1 if len(data.classes) == 2 else 2
    if not settings.reuse_items and settings.triggers * each > len(data):
        raise DataError(
            f"{settings.triggers} triggers need at least {settings.triggers * each} hold-out items, "
            f"{data.name} has {len(data)}: "
            f"bring more data, ask for at most {len(data) // each} triggers, or use --reuse-items"
        )
