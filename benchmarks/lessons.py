"""What a student learns from: the answers of a teacher to the training inputs, true labels, or a mixture."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from tellmark.models.preprocessing import Preprocessing
from tellmark.types import Batch, Digest, Labels

_BATCH = 256


class Lesson(BaseModel):
    """Answers of a teacher, one query per training input.

    Attributes
    ----------
    teacher : str
        Address of the teacher in the zoo.
    answers : "soft" or "hard"
        Its probabilities, or its labels alone.
    true_share : float
        Weight of the true label in the target, the teacher's answer having the rest: 0.7 is the extraction
        with regularization by the ground truth ("RGT") of Kim et al.

    References
    ----------
    B. Kim, S. Lee, S. Lee, S. Son, S. J. Hwang. Margin-based neural network watermarking. ICML 2023.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    teacher: Digest
    answers: Literal["soft", "hard"]
    true_share: Annotated[float, Field(ge=0, le=1)] = 0.0


def targets(
    lesson: Lesson, teacher: nn.Module, inputs: Batch, labels: Labels, *, preprocessing: Preprocessing
) -> NDArray[np.float32]:
    """What the student is to answer, as probabilities, shape (n, classes).

    Parameters
    ----------
    teacher : nn.Module
        In evaluation mode.
    inputs, labels
        The training data as it is, without augmentation.
    preprocessing : Preprocessing
        The teacher's.
    """
    with torch.no_grad():
        logits = torch.cat(
            [
                teacher(torch.from_numpy(preprocessing.apply(inputs[start : start + _BATCH])))
                for start in range(0, len(inputs), _BATCH)
            ]
        )
    answers = logits.softmax(dim=1).numpy()
    every = np.eye(answers.shape[1], dtype=np.float32)
    if lesson.answers == "hard":
        answers = every[answers.argmax(axis=1)]
    share = np.float32(lesson.true_share)
    return share * every[labels] + (1 - share) * answers
