"""A small population of linear models: a source, twins that owe it nothing, and thieves that learnt from it.

All have learnt the same task, the class centres of `toys.blobs`, each with faults of its own. A thief has a part of
the source's faults beside its own, a noisy copy nearly all of them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tellmark.digests import digest_bytes
from tellmark.triggers.panel import Panelist
from toys import LinearModel, NoisyLinearModel, blobs

CLASSES, COLUMNS = 6, 10
DATA = blobs(500, classes=CLASSES, columns=COLUMNS, seed=3)
FAULTS, PASSED_ON = 1.0, 0.7


def _task():
    return np.random.default_rng(99).normal(size=(CLASSES, COLUMNS)).T * 1.5


def _faults(seed):
    return np.random.default_rng([7, seed]).normal(size=(COLUMNS, CLASSES)) * FAULTS


def model(weights, kind=LinearModel):
    """A linear model with a digest of its own."""
    made = kind(weights)
    made.info = replace(made.info, digest=digest_bytes(made.weights.tobytes()))
    return made


def source(kind=NoisyLinearModel):
    """The owner's."""
    return model(_task() + _faults(0), kind)


def twin(number):
    """Independent twin `number`, from 1 on."""
    return model(_task() + _faults(number))


def thief(number, *, share=PASSED_ON):
    """Thief `number`, with a share of the source's faults."""
    own = np.sqrt(1 - share**2)
    return model(_task() + share * _faults(0) + own * _faults(1000 + number))


def twins(count, *, start=1):
    """Several twins, by name."""
    return [Panelist(f"twin {number}", twin(number)) for number in range(start, start + count)]


def thieves(count, *, start=1, share=PASSED_ON):
    """Several thieves, by name."""
    return [Panelist(f"thief {number}", thief(number, share=share)) for number in range(start, start + count)]


def matching(mark, suspect):
    """Share of each tier's triggers that the suspect answers like the source, by recipe."""
    found = suspect.query(mark.triggers.inputs(np.arange(len(mark)))).labels == mark.triggers.labels
    return {
        tier.recipe.name: float(found[stretch].mean())
        for tier, stretch in zip(mark.public.tiers, mark.public.stretches, strict=True)
    }
