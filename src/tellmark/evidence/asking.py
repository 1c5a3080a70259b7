"""Puts the questions of a bundle to one model after the other, each answer written down before the next question."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.digests import digest_input
from tellmark.errors import InvalidInput, Mismatch, ModelError
from tellmark.evidence.bundle import Bundle
from tellmark.evidence.encoded_inputs import decoded
from tellmark.evidence.recording import Recorder
from tellmark.evidence.transcript import SOURCE, SUSPECT
from tellmark.evidence.transcript_lines import Answered, AskedModel, Diverted
from tellmark.evidence.verdict_predicate import ModelRecord
from tellmark.models.base import Model, labels_of
from tellmark.models.classes import aligned, naming
from tellmark.types import Batch, Progress
from tellmark.verification.conduct_header import suspect_record


@dataclass(frozen=True)
class Diversion:
    """Natural inputs that the suspect is asked between questions, so that these do not stand out.

    Attributes
    ----------
    inputs : Batch
    count : int
        How many of them, drawn at random, are asked at random places.

    Raises
    ------
    InvalidInput
        If there are fewer, or none is wanted.
    """

    inputs: Batch
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.count <= len(self.inputs):
            raise InvalidInput(
                f"{self.count} decoys cannot be drawn from {len(self.inputs)} inputs that are no triggers and belong "
                "to none: ask for at least 1, and no more than there are"
            )


def diversion_from(data: Dataset, count: int, bundle: Bundle) -> Diversion:
    """Inputs of `data` that are neither an open trigger nor an item that one is made of; of equal ones the first.

    Beside what it is made of a trigger is easily told from a natural input.

    Raises
    ------
    InvalidInput
        If too few are left, or it is the hold-out data: an item of that may be a trigger that is not open.
    Mismatch
        If they are inputs of another kind than the triggers.
    """
    holdout = bundle.registration.said.holdout
    if (data.inputs.dtype, data.inputs.shape[1:]) != (bundle.inputs[0].dtype, bundle.inputs[0].shape[1:]):
        raise Mismatch(f"{data.name} has {data.space}, and the triggers are {holdout.space}")
    if data.digest == holdout.digest:
        raise InvalidInput(f"{data.name} is the hold-out data, which may hold triggers not yet open: take other data")
    taken = {trigger.committed.input for trigger in bundle.questions}
    for item in (item for trigger in bundle.questions for item in trigger.items):
        taken.add(digest_input(decoded(item.input, holdout.space, where="a hold-out item")[0]))
    fit = []
    for position, one in enumerate(data.inputs):
        if (digest := digest_input(one)) not in taken:
            taken.add(digest)
            fit.append(position)
    return Diversion(data.inputs[np.array(fit, dtype=np.int64)], count)


def asked_model(name: str, model: Model, bundle: Bundle) -> AskedModel:
    """How a transcript names a model.

    Raises
    ------
    Mismatch
        If it knows other classes than were committed to.
    """
    classes = bundle.registration.said.holdout.classes
    _aligned(name, model, classes)
    record = suspect_record(model)
    # Who is known by a digest has one of his own: that of how a model is reached stands for any model behind it.
    digest = model.info.digest if name == SOURCE else record.digest
    return AskedModel(
        record=ModelRecord(name=name, described=record.name, digest=digest),
        classes=naming(model, classes).info.classes,
    )


def ask_all(
    recorder: Recorder, number: int, model: Model, *, diversion: Diversion | None = None, progress: Progress | None
) -> None:
    """Ask a model the questions that it has not answered yet, one by one.

    Parameters
    ----------
    recorder : Recorder
    number : int
        Position of the model among those of the transcript.
    model : Model
    diversion : Diversion or None
    progress : callable or None

    Raises
    ------
    ModelError
        If it gives no answer, or one that is no classification. What it answered before is kept.
    """
    transcript = recorder.transcript
    name, bundle = transcript.models[number].record.name, transcript.bundle
    asked = _aligned(name, model, bundle.registration.said.holdout.classes)
    for decoy in _mixed(len(bundle.questions) - len(transcript.answers[number]), recorder, diversion):
        if decoy is not None:
            label = transcript.own_label(number, _answer(asked, decoy, name))
            recorder.write(Diverted(time=datetime.now(UTC), input=digest_input(decoy[0]), label=label))
            continue
        question = len(transcript.answers[number])
        label = transcript.own_label(number, _answer(asked, bundle.inputs[question], name))
        recorder.write(Answered(time=datetime.now(UTC), model=number, question=question, label=label))
        if progress is not None:
            progress(f"asking {name}", question + 1, len(bundle.questions))


def _mixed(questions: int, recorder: Recorder, diversion: Diversion | None) -> Iterator[Batch | None]:
    """None for each question, and between them natural inputs that were not asked yet, in random order."""
    known = set(recorder.transcript.diverted)
    turns: list[Batch | None] = [None] * questions
    if diversion is not None and questions:
        chance = secrets.SystemRandom()
        new = [place for place, one in enumerate(diversion.inputs) if digest_input(one) not in known]
        wanted = min(len(new), max(0, diversion.count - len(known)))
        turns += [diversion.inputs[place : place + 1] for place in chance.sample(new, wanted)]
        chance.shuffle(turns)
    yield from turns


def _answer(model: Model, batch: Batch, name: str) -> int:
    """The label of one input, as a position among the committed classes."""
    try:
        labels = np.asarray(labels_of(model, batch))
    except (ModelError, Mismatch) as error:
        text = str(error).rstrip(".")
        raise type(error)(
            f"{_called(name)} gave no answer: {text}. What was answered is kept, and the same command goes on from it."
        ) from error
    if labels.shape != (1,):
        raise ModelError(f"{_called(name)} gave labels of shape {labels.shape} to one input; it takes one label")
    return int(labels[0])


def _aligned(name: str, model: Model, classes: tuple[str, ...]) -> Model:
    try:
        return aligned(model, classes)
    except Mismatch as error:
        raise Mismatch(f"{_called(name)} cannot be asked: {error}") from error


def _called(name: str) -> str:
    return f"the {name}" if name in (SUSPECT, SOURCE) else f"the model {name}"
