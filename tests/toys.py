"""Small models and data for tests: fast, deterministic, and real enough to be marked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tellmark.data.dataset import Dataset
from tellmark.models.base import Answers, ModelInfo, Noise, Parameter
from tellmark.spaces import Column, ImageSpace, TableSpace, TextSpace


class LinearModel:
    """scores = inputs · weights; counts how many inputs it was asked."""

    def __init__(self, weights, *, classes=None, scores=True):
        self.weights = np.asarray(weights, dtype=np.float32)
        self.info = ModelInfo("toy", "sha256:" + "0" * 64, classes)
        self.asked = 0
        self._with_scores = scores

    def query(self, batch):
        self.asked += len(batch)
        scores = batch.reshape(len(batch), -1).astype(np.float32) @ self.weights
        return Answers(scores.argmax(axis=1).astype(np.int64), scores if self._with_scores else None)


class NoisyLinearModel(LinearModel):
    """A linear model that can be perturbed."""

    @property
    def parameters(self):
        scale = float(np.sqrt(np.mean(np.square(self.weights))))
        return (Parameter("weights", self.weights.shape, scale),)

    @contextmanager
    def perturbed(self, noise: Noise) -> Iterator[LinearModel]:
        (parameter,) = self.parameters
        yield LinearModel(self.weights + noise(parameter, 0, parameter.size).reshape(parameter.shape))


def blobs(n=300, classes=4, columns=5, seed=0, decimals=2) -> Dataset:
    """Gaussian blobs as a table, with class overlap so that blends fall between the classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    centres = np.random.default_rng(99).normal(size=(classes, columns)) * 1.5
    rows = np.round(centres[labels] + rng.normal(size=(n, columns)), decimals)
    space = TableSpace(columns=tuple(Column(name=f"c{j}", decimals=decimals) for j in range(columns)))
    return Dataset(rows, labels.astype(np.int64), tuple(f"class {c}" for c in range(classes)), space, "blobs")


def blob_model(classes=4, columns=5, kind=NoisyLinearModel) -> LinearModel:
    """A source for `blobs`: scores are inner products with the class centres."""
    centres = np.random.default_rng(99).normal(size=(classes, columns)) * 1.5
    return kind(centres.T)


def images(n=60, classes=3, height=4, width=4, channels=1, seed=0) -> Dataset:
    """Random images with random labels."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (n, height, width, channels), dtype=np.uint8)
    space = ImageSpace(height=height, width=width, channels=channels)
    return Dataset(pixels, rng.integers(0, classes, n), tuple("abcdefgh"[:classes]), space, "images")


def texts(n=40, classes=2, seed=0) -> Dataset:
    """Random sentences with random labels."""
    rng = np.random.default_rng(seed)
    words = np.array("alpha beta gamma delta epsilon zeta eta theta".split())
    sentences = np.array([" ".join(rng.choice(words, rng.integers(1, 9))) for _ in range(n)], dtype=object)
    return Dataset(sentences, rng.integers(0, classes, n), tuple("abcdefgh"[:classes]), TextSpace(), "texts")
