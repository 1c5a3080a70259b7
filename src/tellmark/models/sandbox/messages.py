"""What goes over the pipe: batches one way; what is known of a model, answers and errors the other.

The reader of the latter takes them for what a hostile process wrote: every field is checked, and nothing is built that
the check has not passed.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from tellmark.errors import FileError, InvalidInput, Mismatch, MissingExtra, ModelError, TellmarkError, UnsafeFile
from tellmark.models.answers import answers_from_labels, answers_from_scores
from tellmark.models.base import Answers, ModelInfo
from tellmark.models.inputs import describe, is_image, is_text
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.sandbox.frames import Frame, PipeError
from tellmark.models.spec import ModelSpec
from tellmark.types import Batch, Digest, Json

MOST_CLASSES = 1 << 20
MOST_BODY = 1 << 28
"""Bytes of the answers to one piece."""

_LONGEST_NAME = 1000
_LONGEST_MESSAGE = 500
_DIGEST_CHARACTERS = 71
_ERRORS: dict[str, type[TellmarkError]] = {
    kind.__name__: kind for kind in (FileError, InvalidInput, Mismatch, ModelError, UnsafeFile)
}

Message = tuple[dict[str, Json], list[Any]]
"""Header and parts of the body of a frame."""


def batch_message(batch: Batch) -> Message:
    """A batch, to be sent.

    Raises
    ------
    ModelError
        If it holds neither images, nor rows, nor texts.
    """
    if is_text(batch) and all(isinstance(text, str) for text in batch):
        encoded = [text.encode("utf-8", "surrogatepass") for text in batch]
        return {"texts": [len(text) for text in encoded]}, [b"".join(encoded)]
    if not (is_image(batch) or (batch.dtype == np.float64 and batch.ndim == 2)):
        raise ModelError(f"a model takes images, rows of numbers or texts, not {describe(batch)}")
    return {"dtype": str(batch.dtype), "shape": list(batch.shape)}, [np.ascontiguousarray(batch).reshape(-1).data]


def batch_in(frame: Frame) -> Batch:
    """The batch that `batch_message` sent."""
    if "texts" in frame.header:
        ends = np.cumsum([0, *frame.header["texts"]])
        texts = np.empty(len(ends) - 1, dtype=object)
        for place, (start, end) in enumerate(pairwise(ends)):
            texts[place] = frame.body[start:end].decode("utf-8", "surrogatepass")
        return texts
    return np.frombuffer(frame.body, dtype=frame.header["dtype"]).reshape(frame.header["shape"])


def spec_document(spec: ModelSpec) -> dict[str, Json]:
    """A spec, to be sent; never one that is trusted."""
    return {
        "kind": spec.kind,
        "target": spec.target,
        "preprocessing": spec.preprocessing and spec.preprocessing.model_dump(mode="json"),
        "classes": spec.classes and list(spec.classes),
        "batch_size": spec.batch_size,
        "options": dict(spec.options),
    }


def spec_in(document: dict[str, Json]) -> ModelSpec:
    """The spec that `spec_document` made, for the processor alone."""
    preprocessing, classes = document["preprocessing"], document["classes"]
    return ModelSpec(
        kind=document["kind"],
        target=document["target"],
        preprocessing=preprocessing and Preprocessing.model_validate(preprocessing),
        classes=classes and tuple(classes),
        device="cpu",
        batch_size=document["batch_size"],
        options=document["options"],
    )


def info_message(info: ModelInfo) -> Message:
    """What is known of a model, to be sent."""
    return {
        "digest": info.digest,
        "classes": info.classes and list(info.classes),
        "preprocessing": info.preprocessing and info.preprocessing.model_dump(mode="json"),
    }, []


def info_in(frame: Frame, *, kind: str) -> ModelInfo:
    """What a process says of the model that it has loaded.

    Raises
    ------
    PipeError
        If it is none of what can be said.
    TellmarkError
        If the process says that it failed.
    """
    _raise_error_in(frame)
    header = frame.header
    digest, classes, preprocessing = header.get("digest"), header.get("classes"), header.get("preprocessing")
    if not (digest is None or _is_digest(digest)) or not (classes is None or _are_names(classes)) or frame.body:
        raise PipeError("what it says of the model is of no known form")
    try:
        steps = None if preprocessing is None else Preprocessing.model_validate(preprocessing)
    except ValidationError:
        raise PipeError("what it says of the model's preprocessing is of no known form") from None
    return ModelInfo(kind, None if digest is None else Digest(digest), classes and tuple(classes), steps)


def answers_message(answers: Answers) -> Message:
    """Answers, to be sent."""
    labels = np.ascontiguousarray(answers.labels, dtype="<i8")
    if answers.scores is None:
        return {"classes": None}, [labels.data]
    scores = np.ascontiguousarray(answers.scores, dtype="<f4")
    return {"classes": scores.shape[1]}, [labels.data, scores.reshape(-1).data]


def answers_in(frame: Frame, *, asked: int, info: ModelInfo, model: str, quoting: bool) -> Answers:
    """The answers that a process gives to `asked` inputs.

    Parameters
    ----------
    quoting : bool
        Whether the words of an error may be repeated. Those about texts may not, since they may hold them.

    Raises
    ------
    PipeError
        If the frame is no answer to so many inputs.
    ModelError
        If a score is not finite, or a label is none of the classes.
    TellmarkError
        If the process says that it failed.
    """
    _raise_error_in(frame, quoting=quoting)
    width = frame.header.get("classes", 0)
    if not (width is None or (type(width) is int and 2 <= width <= MOST_CLASSES)):
        raise PipeError("it gave scores for an impossible number of classes")
    if len(frame.body) != asked * (8 + 4 * (width or 0)):
        raise PipeError(f"it did not give one answer to each of {asked} inputs")
    labels: NDArray[Any] = np.frombuffer(frame.body, "<i8", asked).astype(np.int64)
    if width is None:
        return answers_from_labels(labels, asked=asked, model=model, classes=info.classes)
    scores = np.frombuffer(frame.body, "<f4", offset=8 * asked).reshape(asked, width).astype(np.float32)
    checked = answers_from_scores(scores, asked=asked, model=model)
    if labels.min() < 0 or labels.max() >= width:
        raise ModelError(f"{model} answers a label beyond its {width} scores")
    return Answers(labels, checked.scores)


def error_message(error: TellmarkError) -> Message:
    """An error, to be sent."""
    kind = next((name for name, known in _ERRORS.items() if type(error) is known), ModelError.__name__)
    extra = isinstance(error, MissingExtra)
    return {"error": ModelError.__name__ if extra else kind, "message": str(error)[:_LONGEST_MESSAGE]}, []


def _raise_error_in(frame: Frame, *, quoting: bool = True) -> None:
    kind, message = frame.header.get("error"), frame.header.get("message")
    if kind is None:
        return
    if not isinstance(kind, str) or kind not in _ERRORS or not isinstance(message, str):
        raise PipeError("the error that it reports is of no known form")
    if not quoting:
        raise _ERRORS[kind](f"the model cannot answer these texts ({kind}); what it says of them is not repeated")
    raise _ERRORS[kind]("".join(one if one.isprintable() else " " for one in message[:_LONGEST_MESSAGE]))


def _is_digest(value: Json) -> bool:
    if not isinstance(value, str) or len(value) != _DIGEST_CHARACTERS or not value.startswith("sha256:"):
        return False
    return all(character in "0123456789abcdef" for character in value.removeprefix("sha256:"))


def _are_names(value: Json) -> bool:
    if not isinstance(value, list) or not 2 <= len(value) <= MOST_CLASSES:
        return False
    plain = all(isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME for name in value)
    return plain and len(set(value)) == len(value)
