"""Which candidate source a recipe names, and which suits a number of classes."""

from __future__ import annotations

from typing import Literal

from tellmark.candidates.base import CandidateSource
from tellmark.candidates.blends import Mixup, SameClassBlends
from tellmark.candidates.interleaved import Interleaved
from tellmark.candidates.natural_errors import NaturalErrors
from tellmark.data.dataset import Dataset
from tellmark.errors import DataError
from tellmark.randomness import derive_key
from tellmark.types import Seed

CandidateKind = Literal["mixup", "same-class-and-errors"]


def suitable_kind(classes: int) -> CandidateKind:
    """Mixup, except with two classes, where no answer can avoid both parents of a mixup."""
    return "mixup" if classes > 2 else "same-class-and-errors"


def candidate_source(kind: CandidateKind, data: Dataset, seed: Seed) -> CandidateSource:
    """The source named `kind` over labelled hold-out data, its keys derived from the seed and the data's digest.

    Raises
    ------
    DataError
        If the data has no labels.
    """
    if data.labels is None:
        raise DataError(f"{data.name} has no labels: label it with the source's answers first")

    def key(purpose: str) -> bytes:
        return derive_key(seed, f"candidates/{purpose}", context=data.digest.encode())

    if kind == "mixup":
        return Mixup(data, data.labels, key("mixup"))
    return Interleaved(
        (
            SameClassBlends(data, data.labels, key("same-class")),
            NaturalErrors(data, data.labels, key("natural-errors")),
        )
    )
