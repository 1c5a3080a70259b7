"""Asks a suspect the triggers and counts the answers that match."""

from __future__ import annotations

import numpy as np

from tellmark.errors import Mismatch, ModelError
from tellmark.models.base import Model
from tellmark.spaces import InputSpace
from tellmark.triggers.trigger_set import TriggerSet
from tellmark.types import Batch, Indices, Labels, Progress

SLICE = 128
"""Triggers in memory at a time."""


def count_matches(
    triggers: TriggerSet, suspect: Model, order: Indices, *, space: InputSpace, progress: Progress
) -> int:
    """How many of the triggers at the positions `order` the suspect answers as the source did.

    Parameters
    ----------
    triggers : TriggerSet
    suspect : Model
        Answers in the class order of the trigger labels; scores are ignored.
    order : ndarray of int64, shape (queries,)
    space : InputSpace
        Where the triggers live; named if the suspect cannot take them.
    progress : Progress

    Raises
    ------
    Mismatch
        If the suspect cannot take the inputs of the first slice.
    ModelError
        If it gives other than one answer per input. An error of its own midway is left as it is.
    """
    matches = 0
    progress("verify", 0, len(order))
    for start in range(0, len(order), SLICE):
        asked = order[start : start + SLICE]
        batch = triggers.inputs(asked)
        answers = _first_answers(suspect, batch, space) if start == 0 else _answers(suspect, batch)
        matches += int(np.count_nonzero(answers == triggers.labels[asked]))
        progress("verify", start + len(asked), len(order))
    return matches


def _first_answers(suspect: Model, batch: Batch, space: InputSpace) -> Labels:
    try:
        return _answers(suspect, batch)
    except ModelError as error:
        raise Mismatch(
            f"the suspect did not answer the mark's inputs ({space}): {str(error).rstrip('.')}. "
            "Check that it takes such inputs and is loaded with its own preprocessing."
        ) from error


def _answers(suspect: Model, batch: Batch) -> Labels:
    labels = np.asarray(suspect.query(batch).labels)
    if labels.shape != (len(batch),):
        raise ModelError(f"the suspect gave labels of shape {labels.shape} to {len(batch)} inputs; it takes one each")
    return labels
