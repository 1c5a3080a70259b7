"""Before marking: check that the source, the hold-out data and the settings fit each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.digests import digest_json
from tellmark.errors import DataError, InvalidInput, Mismatch, ModelError, NotPerturbable
from tellmark.models.base import Answers, Model, PerturbableModel
from tellmark.models.classes import aligned
from tellmark.models.perturbing import as_perturbable
from tellmark.spaces import TableSpace
from tellmark.triggers.panel import Panelist
from tellmark.triggers.panel_checks import check_distinct, check_recipes, check_thief_data, fitting
from tellmark.triggers.recipes import TRAITS
from tellmark.triggers.settings import MarkSettings
from tellmark.triggers.shadows import Order, Supplied
from tellmark.types import Batch, Digest, Json, Labels

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
    references : tuple of Panelist
        Independent models, answering in the order of `data.classes`.
    supplied : tuple of Supplied
        Shadows that the owner brings, answering likewise.
    order : Order or None
        Shadows to be made.
    screen_data : Dataset or None
        Labelled, in the classes of `data` and their order: what the accuracy of proxies is measured on. None takes
        hold-out items.
    accept_similar : bool
        Whether the owner vouches for the models given: references count as independent however much they resemble a
        copy, and models as different however alike they answer.
    """

    source: Model
    data: Dataset
    labels: Labels
    labels_from_source: bool
    settings: MarkSettings
    purpose: Digest
    references: tuple[Panelist, ...] = ()
    supplied: tuple[Supplied, ...] = ()
    order: Order | None = None
    screen_data: Dataset | None = None
    accept_similar: bool = False

    @property
    def perturbable(self) -> PerturbableModel:
        """The source, which yields noisy copies.

        Raises
        ------
        NotPerturbable
            If it yields none.
        """
        if not isinstance(self.source, PerturbableModel):
            raise NotPerturbable(f"a {self.source.info.kind} model cannot yield proxies")
        return self.source

    @property
    def ranks(self) -> bool:
        """Whether any tier selects its triggers with models of the panel."""
        return any(TRAITS[recipe].ranked for recipe in self.settings.recipes)


def prepare(
    source: Model,
    data: Dataset,
    settings: MarkSettings,
    *,
    references: Sequence[Panelist] = (),
    supplied: Sequence[Supplied] = (),
    order: Order | None = None,
    screen_data: Dataset | None = None,
    accept_similar: bool = False,
) -> Marking:
    """Check that `source` and `data` fit each other and can yield what `settings` ask for.

    Raises
    ------
    InvalidInput
        If a recipe lacks the models that it needs, a model comes twice, the shadows that are ordered cannot be, or
        there are data for a screen that there is not.
    DataError
        If the hold-out data has one class only, or too few items, or is what the shadows are trained on; or the
        screen's data has no labels.
    Mismatch
        If the source's classes, those of another model or of the screen's data are not those of the data.
    ModelError
        If a model cannot take the data, or the source gives the same answer to everything.
    NotPerturbable
        If proxies are asked of a source that cannot yield any.
    """
    check_recipes(settings, references, supplied, order)
    check_distinct(source, references, supplied)
    labelled = data if data.labels is not None else labelled_by(source, data)
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
    if order is not None:
        _check_order(order, model, labelled)
    screen = None if screen_data is None else _screen_set(screen_data, labelled, settings)
    purpose = digest_json(
        {
            "accept_similar": accept_similar,
            "settings": settings.digest,
            "source": _known_of(source, sample),
            "data": labelled.digest,
            "references": sorted(one.identity for one in references),
            "supplied": sorted([group.family, *sorted(one.identity for one in group.models)] for group in supplied),
            "order": None if order is None else order.digest,
            "screen": None if screen is None else screen.digest,
        }
    )
    return Marking(
        source=model,
        data=labelled,
        labels=labels,
        labels_from_source=data.labels is None,
        settings=settings,
        purpose=purpose,
        references=tuple(fitting(one, labelled) for one in references),
        supplied=tuple(
            Supplied(group.family, tuple(fitting(one, labelled) for one in group.models)) for group in supplied
        ),
        order=order,
        screen_data=screen,
        accept_similar=accept_similar,
    )


def _screen_set(screen: Dataset, data: Dataset, settings: MarkSettings) -> Dataset:
    """The declared data with their classes in the order of the hold-out's."""
    if settings.tolerance is None or not settings.proxies:
        raise InvalidInput(
            f"{screen.name} is to screen proxies, and there is no screen: leave it out, or screen proxies"
        )
    if screen.labels is None:
        raise DataError(f"{screen.name} has no labels: the accuracy of proxies is measured on labelled data")
    if screen.space != data.space:
        raise Mismatch(
            f"{screen.name} holds {screen.space}, and {data.name} {data.space}: both are asked of one source"
        )
    return screen.in_order_of(data.classes)


def _check_order(order: Order, source: Model, data: Dataset) -> None:
    """Find out before hours of work, not after, whether the shadows can be made."""
    from tellmark.proxies.making import check_shadows

    if order.data is not None:
        check_thief_data(order.data, data)
    for family, count in order.families:
        check_shadows(family, count, source=source, data=order.data, student=order.student, epochs=order.epochs)


def _known_of(source: Model, sample: Labels) -> Json:
    """The source counts by what it answers, too: its digest may not cover all that decides about that."""
    info = source.info
    preprocessing = None if info.preprocessing is None else info.preprocessing.model_dump(mode="json")
    return [info.kind, info.digest, info.classes, preprocessing, sample.tolist()]


def _answers(source: Model, data: Dataset, inputs: Batch) -> Answers:
    try:
        return source.query(inputs)
    except ModelError as error:
        unmarked = data.labels is None and isinstance(data.space, TableSpace)
        advice = "if a column holds the labels, name it with --label-column" if unmarked else "give it what it takes"
        raise ModelError(
            f"the source did not answer the hold-out data ({data.space}): {str(error).rstrip('.')}; {advice}"
        ) from error


def labelled_by(source: Model, data: Dataset) -> Dataset:
    """The data with the source's own answers as labels.

    Class names are the data's where it has them, else the source's.

    Raises
    ------
    ModelError
        If the source cannot take the data, or gives the same answer to everything.
    Mismatch
        If its classes are not those of the data.
    """
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
    wanted = settings.triggers * len(settings.recipes)
    present = np.unique(labels)
    if len(present) < 2:
        raise DataError(
            f"{data.name} has one class only, {data.classes[present[0]]!r}: "
            f"candidates are made of items of at least two classes"
        )
    most = _most_triggers(labels, classes=len(data.classes))
    if not settings.reuse_items and wanted > most:
        raise DataError(
            f"{wanted} triggers cannot be made of the {len(data)} items of {data.name} if each serves once: "
            f"bring more data, ask for at most {most} triggers, or use --reuse-items"
        )


def _most_triggers(labels: Labels, *, classes: int) -> int:
    """How many triggers could be made at best: pairs of two classes; with two classes in all, single errors."""
    if classes == 2:
        return len(labels)
    return min(len(labels) // 2, len(labels) - int(np.bincount(labels).max()))
