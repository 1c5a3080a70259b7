"""Before marking: check that the models beside the source suit the recipes, the source, the data and each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.digests import short_name
from tellmark.errors import DataError, InvalidInput, Mismatch
from tellmark.models.base import Model
from tellmark.models.classes import aligned
from tellmark.proxies.thefts import THEFT_CLASS
from tellmark.triggers.panel import Panelist
from tellmark.triggers.recipes import TRAITS
from tellmark.triggers.responses import answers_of
from tellmark.triggers.settings import MarkSettings
from tellmark.triggers.shadows import Order, Supplied

MOST_SHARED = 0.1
"""Of the hold-out items; a few are found in any data twice."""

_SOME = 8


def check_recipes(
    settings: MarkSettings, references: Sequence[Panelist], supplied: Sequence[Supplied], order: Order | None
) -> None:
    """Raise `InvalidInput` if a recipe lacks the models that it ranks candidates with."""
    families = [group.family for group in supplied] + [family for family, _ in (order.families if order else ())]
    classes = {THEFT_CLASS[family] for family in families}
    if (settings.kept_back or 0) > len(references):
        raise InvalidInput(f"{settings.kept_back} of {len(references)} references cannot be kept for calibration")
    for recipe in settings.recipes:
        traits = TRAITS[recipe]
        if traits.ranked and not references:
            raise InvalidInput(
                f"recipe {recipe} ranks candidates by how independent models answer them: give one at least with "
                f"--reference, or use --recipe paper"
            )
        if traits.ranked and settings.kept_back == len(references):
            raise InvalidInput(
                f"recipe {recipe} ranks candidates with references that are not kept for calibration: keep at most "
                f"{len(references) - 1} of {len(references)}, or give more"
            )
        if traits.shadows_needed and not classes.intersection(traits.families):
            raise InvalidInput(
                f"recipe {recipe} ranks candidates by how students of the source answer them: let some be made with "
                f"--proxy distill:8, or bring them with --shadow"
            )


def check_distinct(source: Model, references: Sequence[Panelist], supplied: Sequence[Supplied]) -> None:
    """Raise `InvalidInput` if one model comes twice, whatever it is given for, or is the source itself."""
    seen = {source.info.digest: "the source"} if source.info.digest else {}
    roles = [("a reference", references), *((f"a {group.family} shadow", group.models) for group in supplied)]
    for role, models in roles:
        for panelist in models:
            before = seen.get(panelist.identity)
            if before is not None:
                raise InvalidInput(
                    f"{panelist.name}, given as {role}, is the same model as {before}: each model has one part to play"
                )
            seen[panelist.identity] = f"{panelist.name}, {role}"


def check_thief_data(data: Dataset, holdout: Dataset) -> None:
    """Check that shadows can be made of `data`, and know no more of the hold-out items than a thief does.

    Raises
    ------
    Mismatch
        If it holds inputs of another kind than the hold-out data.
    DataError
        If many hold-out items are among it.
    """
    try:
        holdout.space.check(data.inputs[:1])
    except Mismatch as error:
        raise Mismatch(
            f"the thief's data {data.name} ({data.space}) differ in kind from the hold-out data ({holdout.space}): "
            f"shadows are asked about the latter, and must be trained on inputs of that kind"
        ) from error
    known = _names(data.inputs)
    shared = sum(name in known for name in _names(holdout.inputs))
    if shared > MOST_SHARED * len(holdout):
        raise DataError(
            f"{shared} hold-out items are also in the thief's data {data.name}: shadows trained on them match the "
            f"triggers for that reason, as no thief does; keep the hold-out data apart"
        )


def fitting(panelist: Panelist, data: Dataset) -> Panelist:
    """The panelist, answering in the order of the data's classes, after it has answered a few items.

    Raises
    ------
    Mismatch
        If it has other classes than the source.
    ModelError
        If it cannot take the data.
    """
    try:
        fitted = Panelist(panelist.name, aligned(panelist.model, data.classes))
    except Mismatch as error:
        raise Mismatch(f"{panelist.name} does not fit the source: {error}") from error
    few = np.unique(np.linspace(0, len(data) - 1, _SOME).astype(np.int64))
    answers_of(fitted)(data.inputs[few])
    return fitted


def _names(inputs: Iterable[object]) -> set[int]:
    return {short_name(one) for one in inputs}
