"""Tell blends of two images from natural ones, as a thief can who knows how marks are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from tellmark.candidates.blending import SHARE_ONE, blend_images
from tellmark.data.dataset import Dataset
from tellmark.errors import DataError, InvalidInput
from tellmark.memory import available_memory
from tellmark.models.base import Answers, Model, ModelInfo
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.spec import ModelSpec
from tellmark.randomness import random_words
from tellmark.spaces import ImageSpace
from tellmark.theft.evasion.chance import below, key_of
from tellmark.theft.student_networks import ImageNetwork
from tellmark.theft.training import Training, one_thread, seeded, train
from tellmark.types import Batch, Indices

if TYPE_CHECKING:
    from torch import nn

NATURAL, BLENDED = 0, 1
_CLASSES = ("natural", "blended")
_PREPROCESSING = Preprocessing()
_USUAL = Training(epochs=10)
_BASE = 8
"""Channels of the first convolution: blends are told by fine structure, which takes no large network."""
_FEWEST = 40
"""Images; a fifth of them has to say how often natural ones are taken for blends."""
_HAIR = 1e-4
"""By which the threshold exceeds the highest natural image that is to stay below it."""


@dataclass(frozen=True)
class BlendDetector:
    """A small network, trained on the thief's images and on blends of them; a `Model` of two classes.

    The blends are made as the candidates of a mark are (Pautov et al., 2024, Algorithm 1): of two images, the share
    of the first uniform in (0, 1). Four fifths of the images train the network, each beside one blend; the others
    set its threshold, so that at most `false_positives` of them are taken for blends. It is trained when it is first
    asked, and once.

    Attributes
    ----------
    data : Dataset
        Images, 40 or more; no label is needed.
    false_positives : float
        Largest share of the images kept back that may be taken for blends, in [0, 1].
    training : Training
    items : int
        How many images are used at most.
    seed : int
        In [0, 2^63): decides which images are kept back, the blends, and the training.

    Raises
    ------
    InvalidInput
        If the data are no images, or a number is out of range.
    DataError
        If there are too few images.
    """

    data: Dataset
    false_positives: float = 0.05
    training: Training = _USUAL
    items: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.data.space, ImageSpace):
            raise InvalidInput(f"blends of images are told from natural images, and {self.data.name} holds none")
        if not 0 <= self.false_positives <= 1:
            raise InvalidInput(f"the share of false positives must lie between 0 and 1, not {self.false_positives}")
        if min(len(self.data), self.items) < _FEWEST:
            raise DataError(
                f"{min(len(self.data), self.items)} images are too few to learn what blends look like: give {_FEWEST}"
            )

    @property
    def info(self) -> ModelInfo:
        """Two classes, ``natural`` and ``blended``."""
        return ModelInfo("torch", None, _CLASSES, _PREPROCESSING)

    def query(self, batch: Batch) -> Answers:
        """Label 1 for what looks blended; see `tellmark.models.base.Model.query`."""
        return self.trained.query(batch)

    @cached_property
    def trained(self) -> Model:
        """The network with its threshold, as a ``torch:`` model."""
        order = np.argsort(random_words(self._key, 0, len(self.data))[:, 0], kind="stable")[: self.items]
        known, kept_back = np.split(order, [len(order) * 4 // 5])
        network = self._network(known)
        _set_threshold(network, _evidence(network, self.data.inputs[kept_back]), self.false_positives)
        return _as_model(network)

    @property
    def _key(self) -> bytes:
        return key_of("blend-detector", self.seed)

    def _network(self, known: Indices) -> nn.Sequential:
        """Trained to tell these images from blends of them."""
        import torch
        from torch.nn import functional

        from tellmark.models.torch.devices import resolve_device

        images = self.data.inputs[known]
        _check_room(images)
        both = _PREPROCESSING.apply(np.concatenate([images, self._blends(images)]))
        labels = np.repeat([NATURAL, BLENDED], len(images))
        with seeded(self.seed):
            made = ImageNetwork(*images.shape[1:], classes=len(_CLASSES), base=_BASE)()
            network = cast("nn.Sequential", made.to(resolve_device(None)))
        with one_thread():
            train(
                network,
                torch.from_numpy(both),
                torch.from_numpy(labels),
                loss=functional.cross_entropy,
                training=self.training,
                seed=self.seed,
            )
        return network

    def _blends(self, images: Batch) -> Batch:
        """Every image with another one."""
        words = random_words(self._key, len(self.data), len(images))
        partners = (np.arange(len(images)) + 1 + below(words[:, 0], len(images) - 1)) % len(images)
        shares = (1 + below(words[:, 1], SHARE_ONE - 1)).astype(np.uint32)
        return blend_images(images, images[partners], shares)


def _check_room(images: Batch) -> None:
    """Raise `DataError` unless the images and their blends fit into the memory that is free."""
    needed, free = 2 * images.size * np.dtype(np.float32).itemsize, available_memory()
    if needed > free:
        raise DataError(
            f"{len(images)} images and their blends take {needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are "
            f"free: learn from fewer items"
        )


def _as_model(network: nn.Module) -> Model:
    from tellmark.models.torch.module import from_module

    return from_module(network, ModelSpec("torch", "", classes=_CLASSES, preprocessing=_PREPROCESSING))


def _evidence(network: nn.Module, images: Batch) -> NDArray[np.float32]:
    """How much more each image looks like a blend than like a natural one."""
    scores = _as_model(network).query(images).scores
    assert scores is not None
    return scores[:, BLENDED] - scores[:, NATURAL]


def _set_threshold(network: nn.Sequential, natural: NDArray[np.float32], false_positives: float) -> None:
    """Lower the score of ``blended`` until at most this share of natural images is taken for blends."""
    import torch

    allowed = min(int(false_positives * len(natural)), len(natural) - 1)
    threshold = float(np.sort(natural)[len(natural) - 1 - allowed]) + _HAIR
    head = cast("nn.Linear", network[-1])
    with torch.no_grad():
        head.bias[BLENDED] -= threshold
