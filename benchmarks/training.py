"""Train a network on labelled images, one epoch at a time, so that a stopped training can go on.

Everything random in epoch e follows from (seed, e) and the learning rate from the step, so that a training
resumed after any epoch ends with the same weights as one that was never stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn
from torch.nn import functional

from tellmark.models.preprocessing import Preprocessing
from tellmark.types import Batch, Labels

PROCEDURE = 1
"""Raised when a change to this module changes the weights that come out."""


Targets = Labels | NDArray[np.float32]
"""Class indices, shape (n,), or probabilities, shape (n, classes)."""


class TrainingRecipe(BaseModel):
    """Stochastic gradient descent with Nesterov momentum; the rate rises over the first fifth, then falls to zero.

    Attributes
    ----------
    shift : int
        Images are moved by up to this many pixels in each direction; 0 leaves them where they are.
    mirror : bool
        Half of the images are mirrored left to right.
    precision : str
        Of the forward and backward pass; the weights stay in float32.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int
    preprocessing: Preprocessing
    batch: int = 128
    peak_rate: float = 0.2
    momentum: float = 0.9
    weight_decay: float = 5e-4
    shift: int = 4
    mirror: bool = True
    precision: Literal["float32", "bfloat16"] = "bfloat16"


def optimizer_for(network: nn.Module, recipe: TrainingRecipe) -> torch.optim.SGD:
    """The recipe's optimizer."""
    return torch.optim.SGD(
        network.parameters(),
        lr=recipe.peak_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=True,
    )


def train_epoch(
    network: nn.Module,
    optimizer: torch.optim.SGD,
    inputs: Batch,
    labels: Targets,
    recipe: TrainingRecipe,
    *,
    seed: int,
    epoch: int,
) -> float:
    """Train for epoch number `epoch` (from 0) and return the mean loss: the cross-entropy with the labels."""
    network.train()
    random = np.random.default_rng([seed, epoch])
    steps = -(-len(inputs) // recipe.batch)
    total = 0.0
    for step, which in enumerate(_batches(len(inputs), recipe.batch, random)):
        optimizer.param_groups[0]["lr"] = rate(recipe, (epoch + (step + 1) / steps) / recipe.epochs)
        images = torch.from_numpy(recipe.preprocessing.apply(augmented(inputs[which], recipe, random)))
        loss = _loss(network, images, torch.from_numpy(labels[which]), recipe)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += float(loss.detach()) * len(which)
    network.eval()
    return total / len(inputs)


def _loss(network: nn.Module, images: Tensor, labels: Tensor, recipe: TrainingRecipe) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bfloat16"):
        logits = network(images.to(memory_format=torch.channels_last))
    return functional.cross_entropy(logits.float(), labels)


def rate(recipe: TrainingRecipe, progress: float) -> float:
    """Learning rate when the share `progress` of all steps is done, in (0, 1]."""
    rising = 0.2
    share = progress / rising if progress < rising else (1 - progress) / (1 - rising)
    return recipe.peak_rate * share


def _batches(count: int, size: int, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    order = random.permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def augmented(images: Batch, recipe: TrainingRecipe, random: np.random.Generator) -> Batch:
    """The images, each moved and mirrored at random; what comes in from outside is black."""
    if recipe.mirror:
        mirrored = random.random(len(images)) < 0.5
        images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
    if recipe.shift:
        images = _shifted(images, recipe.shift, random)
    return images


def _shifted(images: Batch, most: int, random: np.random.Generator) -> Batch:
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)))
    top, left = random.integers(0, 2 * most + 1, (2, len(images)))
    rows = top[:, None, None] + np.arange(height)[:, None]
    columns = left[:, None, None] + np.arange(width)
    return padded[np.arange(len(images))[:, None, None], rows, columns]
