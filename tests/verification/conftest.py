"""Marks too small to mean anything, and suspects that answer by rote."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from tellmark.digests import digest_bytes
from tellmark.models.base import Answers, ModelInfo
from tellmark.randomness import seed_from_int
from tellmark.spaces import ImageSpace
from tellmark.triggers.document import HoldoutRecord, MarkDocument, SelectionRecord, SourceRecord
from tellmark.triggers.mark import Mark
from tellmark.triggers.recipe import CandidateRecipe, ProxyRecipe, Recipe
from tellmark.triggers.trigger_set import TriggerSet

CLASSES = ("cat", "dog", "fox", "owl")


def numbered_images(positions):
    """Images 1×4×1 whose pixels spell the trigger's position in the set."""
    return np.asarray(positions, dtype="<u4").view(np.uint8).reshape(-1, 1, 4, 1)


def positions_of(batch):
    return np.ascontiguousarray(batch).reshape(-1, 4).view("<u4").reshape(-1)


def build_mark(triggers: int) -> Mark:
    recipe = Recipe.model_validate(
        {
            "schema": "tellmark.recipe/1",
            "triggers": triggers,
            "candidates": CandidateRecipe(kind="mixup"),
            "proxies": ProxyRecipe(family="none", magnitude=0, count=0),
        }
    )
    public = MarkDocument(
        tellmark="0",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        source=SourceRecord(kind="rote", digest=digest_bytes(b"source"), classes=CLASSES, preprocessing=None),
        holdout=HoldoutRecord(
            digest=digest_bytes(b"holdout"),
            items=2 * triggers,
            space=ImageSpace(height=1, width=4, channels=1),
            labels_from="file",
        ),
        recipe=recipe,
        recipe_digest=recipe.digest,
        selection=SelectionRecord(
            drawn=triggers, asked=triggers, kept=triggers, survived=triggers, commonest_label=triggers, admitted=()
        ),
        guarantee=None,
        seed_guessable=True,
    )
    positions = np.arange(triggers)
    labels = np.random.default_rng(triggers).integers(0, len(CLASSES), triggers)
    items = np.stack([2 * positions, 2 * positions + 1], axis=1)
    return Mark(public, seed_from_int(1), TriggerSet(positions, items, labels, numbered_images))


class Rote:
    """Answers the first `matching` triggers of a mark as the source did, the rest otherwise."""

    def __init__(self, mark: Mark, matching: int, *, classes: tuple[str, ...] | None = CLASSES) -> None:
        self.info = ModelInfo(kind="rote", classes=classes)
        truth = mark.triggers.labels
        answers = np.where(np.arange(len(mark)) < matching, truth, (truth + 1) % len(CLASSES))
        order = CLASSES if classes is None else classes
        self._answers = np.array([order.index(CLASSES[label]) for label in answers], dtype=np.int64)
        self.asked: list[int] = []

    def query(self, batch: np.ndarray) -> Answers:
        positions = positions_of(batch)
        self.asked.extend(positions.tolist())
        return Answers(self._answers[positions])


@pytest.fixture
def make_mark() -> Callable[[int], Mark]:
    return build_mark


@pytest.fixture
def rote() -> type[Rote]:
    return Rote
