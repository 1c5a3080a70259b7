"""Refuses counts and levels that no probability can be computed from."""

from __future__ import annotations

from tellmark.errors import InvalidInput


def check_counts(successes: int, trials: int) -> None:
    """Raise `InvalidInput` unless ``0 <= successes <= trials`` and ``trials >= 1``."""
    if not (trials >= 1 and 0 <= successes <= trials):
        raise InvalidInput(
            f"{successes} successes in {trials} trials is not a count: 0 <= successes <= trials and trials >= 1"
        )


def check_confidence(confidence: float) -> None:
    """Raise `InvalidInput` unless `confidence` lies strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence must lie strictly between 0 and 1, not {confidence}; 0.95 is usual")
