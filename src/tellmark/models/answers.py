"""What every adapter does with a model's raw output: it becomes `Answers`, or an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tellmark.errors import ModelError, TellmarkError
from tellmark.models.base import Answers
from tellmark.models.inputs import describe, is_text
from tellmark.types import Batch, Labels


def no_answers() -> Answers:
    """The answers to an empty batch, whatever the model: no label, and no scores to tell their width."""
    return Answers(np.empty(0, dtype=np.int64))


def answers_from_scores(scores: NDArray[Any], *, asked: int, model: str) -> Answers:
    """Labels are the positions of the highest scores; of equal ones, the lowest position.

    Parameters
    ----------
    scores : ndarray of numbers, shape (asked, n_classes)
    asked : int
        How many inputs the model was given.
    model : str
        Its name, for the errors.

    Raises
    ------
    ModelError
        If the shape is another, a score is NaN or infinite, or there are fewer than two classes.
    """
    if scores.ndim != 2 or len(scores) != asked:
        raise ModelError(f"{model} answers {asked} inputs with an array {scores.shape}, not ({asked}, classes)")
    if scores.shape[1] < 2:
        raise ModelError(
            f"{model} answers one number per input; a classifier has one score per class: "
            f"let a two-class model give two, such as (-z, z) for a logit z"
        )
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(scores, dtype=np.float32)
    if not np.isfinite(numbers).all():
        bad = int((~np.isfinite(numbers)).any(axis=1).sum())
        raise ModelError(f"{model} answers {bad} of {asked} inputs with NaN or infinite scores")
    return Answers(numbers.argmax(axis=1).astype(np.int64, copy=False), numbers)


def answers_from_labels(labels: NDArray[Any], *, asked: int, model: str, classes: Sequence[str] | None) -> Answers:
    """Labels as they are, or looked up where the model answers class names.

    Parameters
    ----------
    labels : ndarray of integers or str, shape (asked,)
    asked, model :
        As for `answers_from_scores`.
    classes : sequence of str or None
        Class names in order.

    Raises
    ------
    ModelError
        If the shape is another, a label is no class index, or a name is unknown.
    """
    if labels.shape != (asked,):
        raise ModelError(f"{model} answers {asked} inputs with labels {labels.shape}, not ({asked},)")
    if labels.dtype.kind in "iu":
        return Answers(_in_range(labels.astype(np.int64, copy=False), model, classes))
    if labels.dtype.kind in "OUT" and all(isinstance(label, str) for label in labels):
        return Answers(_looked_up(labels, model, classes))
    raise ModelError(f"{model} answers with {labels.dtype}, which is neither class indices nor class names")


def answers_from_array(output: NDArray[Any], *, asked: int, model: str, classes: Sequence[str] | None) -> Answers:
    """Scores if the array has two axes, labels otherwise."""
    if output.ndim == 2 and output.dtype.kind in "fiu":
        return answers_from_scores(output, asked=asked, model=model)
    return answers_from_labels(output, asked=asked, model=model, classes=classes)


@contextmanager
def refusal_named(model: str, batch: Batch) -> Iterator[None]:
    """Turn whatever a framework raises while it answers into one sentence.

    Running out of memory passes through, since a smaller batch may help. What a framework says of texts is
    left out, since it may quote them.
    """
    try:
        yield
    except (TellmarkError, MemoryError):
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        name = type(error).__name__
        reason = name if is_text(batch) else f"{name}: {first_line(error)}"
        # The chain would print what the framework quotes.
        cause = None if is_text(batch) else error
        raise ModelError(f"{model} cannot answer {describe(batch)} ({reason})") from cause


def is_out_of_memory(error: Exception) -> bool:
    """Whether a framework says that an allocation failed, each in its own way."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return any(sign in text for sign in ("out of memory", "can't allocate memory", "failed to allocate memory"))


def first_line(error: BaseException, *, limit: int = 300) -> str:
    """The first line of an error's message, cut to `limit` characters."""
    lines = str(error).strip().splitlines()
    text = lines[0].strip() if lines else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _in_range(labels: Labels, model: str, classes: Sequence[str] | None) -> Labels:
    if len(labels) and labels.min() < 0:
        raise ModelError(f"{model} answers the negative label {labels.min()}")
    if classes is not None and len(labels) and labels.max() >= len(classes):
        raise ModelError(f"{model} answers label {labels.max()}, but has classes 0 to {len(classes) - 1} only")
    return labels


def _looked_up(labels: NDArray[Any], model: str, classes: Sequence[str] | None) -> Labels:
    if classes is None:
        raise ModelError(f"{model} answers class names; say in which order they stand, with classes=a,b,c")
    index = {name: position for position, name in enumerate(classes)}
    unknown = sorted({str(label) for label in labels} - index.keys())
    if unknown:
        raise ModelError(f"{model} answers {unknown[0]!r}, which is none of its {len(classes)} classes")
    return np.array([index[str(label)] for label in labels], dtype=np.int64)
