"""How times, texts and scores stand in a transcript."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from tellmark.models.base import Answers


def in_milliseconds(moment: datetime) -> str:
    """A time as it stands in a transcript."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def printable(text: str) -> str:
    """`text` with nothing in it that UTF-8 cannot write."""
    return text.encode("utf-8", "replace").decode("utf-8")


def written_scores(answers: Answers) -> tuple[tuple[float, ...], ...] | None:
    """In as few digits as tell each float32 from all others."""
    scores = answers.scores
    if scores is None or scores.ndim != 2 or len(scores) != len(answers.labels) or not np.isfinite(scores).all():
        return None
    return tuple(tuple(float(str(score)) for score in row) for row in scores.astype(np.float32, copy=False))
