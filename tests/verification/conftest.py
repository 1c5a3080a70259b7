"""Marks too small to mean anything, and suspects that answer by rote."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from planned_marks import public_of
from tellmark.digests import digest_bytes
from tellmark.models.base import Answers, ModelInfo
from tellmark.randomness import seed_from_int
from tellmark.spaces import ImageSpace
from tellmark.triggers.document import HoldoutRecord, MarkDocument, SourceRecord
from tellmark.triggers.mark import Mark
from tellmark.triggers.recipe import CandidateRecipe, ProxyRecipe, Recipe
from tellmark.triggers.tier import SelectionRecord, TierRecord
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
        tiers=(
            TierRecord(
                recipe=recipe,
                recipe_digest=recipe.digest,
                selection=SelectionRecord(
                    drawn=triggers,
                    asked=triggers,
                    kept=triggers,
                    survived=triggers,
                    commonest_label=triggers,
                    admitted=(),
                ),
                guarantee=None,
            ),
        ),
        seed_guessable=True,
    )
    positions = np.arange(triggers)
    labels = np.random.default_rng(triggers).integers(0, len(CLASSES), triggers)
    items = np.stack([2 * positions, 2 * positions + 1], axis=1)
    return Mark(public, seed_from_int(1), TriggerSet(positions, items, labels, numbered_images))


def build_tiers(*tiers: TierRecord) -> Mark:
    """A mark with these tiers and numbered images."""
    named = public_of(*tiers)
    space = ImageSpace(height=1, width=4, channels=1)
    public = named.model_copy(
        update={
            "source": SourceRecord(kind="rote", digest=None, classes=CLASSES, preprocessing=None),
            "holdout": named.holdout.model_copy(update={"space": space}),
        }
    )
    positions = np.arange(public.triggers)
    labels = np.random.default_rng(public.triggers).integers(0, len(CLASSES), public.triggers)
    items = np.stack([2 * positions, 2 * positions + 1], axis=1)
    return Mark(public, seed_from_int(1), TriggerSet(positions, items, labels, numbered_images))


class Rote:
    """Answers some triggers of a mark as the source did, the rest otherwise.

    `matching` is the number of triggers in each tier of which the first so many match (a number alone for one
    tier), or says of each trigger of the mark whether it matches.
    """

    def __init__(self, mark: Mark, matching, *, classes: tuple[str, ...] | None = CLASSES) -> None:
        self.info = ModelInfo(kind="rote", classes=classes)
        truth = mark.triggers.labels
        answers = np.where(_mask(mark, matching), truth, (truth + 1) % len(CLASSES))
        order = CLASSES if classes is None else classes
        self._answers = np.array([order.index(CLASSES[label]) for label in answers], dtype=np.int64)
        self.asked: list[int] = []

    def query(self, batch: np.ndarray) -> Answers:
        positions = positions_of(batch)
        self.asked.extend(positions.tolist())
        return Answers(self._answers[positions])


def _mask(mark: Mark, matching) -> np.ndarray:
    if isinstance(matching, np.ndarray):
        return matching
    counts = (matching,) if isinstance(matching, int) else matching
    sizes = [stretch.stop - stretch.start for stretch in mark.public.stretches]
    return np.concatenate([np.arange(size) < count for size, count in zip(sizes, counts, strict=True)])


@pytest.fixture(scope="session")
def make_mark() -> Callable[[int], Mark]:
    return build_mark


@pytest.fixture(scope="session")
def make_tiers() -> Callable[..., Mark]:
    return build_tiers


@pytest.fixture(scope="session")
def rote() -> type[Rote]:
    return Rote
