"""Handwritten digits, and tiny linear models of them: a source, copies of it, and models that owe it nothing."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.datasets import load_digits

from populations import model
from tellmark.api import mark
from tellmark.data.dataset import Dataset
from tellmark.spaces import ImageSpace
from tellmark.triggers.mark import Mark
from tellmark.triggers.panel import Panelist
from toys import LinearModel, NoisyLinearModel

HELD_BACK, LEARNT_FROM = 120, 300
CLASSES = tuple("0123456789")


@cache
def _digits():
    pixels, labels = load_digits(return_X_y=True)
    return (pixels * 15).astype(np.uint8).reshape(-1, 8, 8, 1), labels.astype(np.int64)


@cache
def holdout() -> Dataset:
    """The first digits, which no model learns from."""
    images, labels = _digits()
    space = ImageSpace(height=8, width=8, channels=1)
    return Dataset(images[:HELD_BACK], labels[:HELD_BACK], CLASSES, space, "digits")


def others() -> Dataset:
    """Digits beside the hold-out data."""
    images, labels = _digits()
    data = holdout()
    return Dataset(images[HELD_BACK : 2 * HELD_BACK], labels[HELD_BACK : 2 * HELD_BACK], CLASSES, data.space, "others")


def learnt(number: int, kind=LinearModel):
    """Model `number`, from a random part of the digits; any two are independent but for what they have to learn."""
    images, labels = _digits()
    rows = np.random.default_rng(number).choice(np.arange(HELD_BACK, len(images)), LEARNT_FROM, replace=False)
    inputs, targets = images[rows].reshape(LEARNT_FROM, -1).astype(np.float64), np.eye(10)[labels[rows]]
    return model(np.linalg.solve(inputs.T @ inputs + 1e5 * np.eye(64), inputs.T @ targets), kind)


def source():
    """The owner's."""
    return learnt(0, NoisyLinearModel)


def copy(noise: float = 0.02) -> LinearModel:
    """The source with other weights, by a little."""
    weights = source().weights
    scale = noise * float(np.abs(weights).mean())
    return model(weights + np.random.default_rng(1).normal(size=weights.shape).astype(np.float32) * scale)


@cache
def marked() -> Mark:
    """Triggers for copies; twelve models say how innocents answer, half of them in the end."""
    return mark(
        source(),
        holdout(),
        n=24,
        proxies=8,
        sigma=0.02,
        seed=7,
        references=[Panelist(f"reference {number}", learnt(100 + number)) for number in range(12)],
        content=0.8,
        limit_confidence=0.8,
        reuse_items=True,
    )
