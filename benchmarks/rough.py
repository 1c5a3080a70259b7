"""How far off scores in bfloat16 are, and what the second asking does about it: figures for the speed benchmark."""

from __future__ import annotations

import numpy as np

from tellmark.candidates.choosing import candidate_source
from tellmark.data.dataset import Dataset
from tellmark.models.base import PerturbableModel, labels_of
from tellmark.models.torch.rough import roughly
from tellmark.proxies.choosing import proxy_family
from tellmark.randomness import seed_from_int
from tellmark.types import Batch

_DRAWN, _COPIES = 6000, 8


def rough_figures(model: PerturbableModel, data: Dataset, *, sigma: float, seed: int) -> dict[str, float]:
    """Errors of the rough scores over blends and noisy copies, and how many labels they turn.

    Returns
    -------
    dict
        ``asked``: answers compared. ``off_median``, ``off_99``, ``off_most``: largest error of an input's scores, as a
        share of the mean spread. ``turned``: labels that the rough scores alone would turn; ``turned_after``: those
        that differ from the exact ones when doubtful inputs are asked again, as Tellmark does.
    """
    inputs = _blends(model, data, seed)
    family = proxy_family("weight-noise-absolute", sigma, seed_from_int(seed))
    off, turned, after = [], 0, 0
    for member in range(_COPIES):
        with family.member(model, member) as copy:
            labels = labels_of(copy, inputs)  # the first time it also tries the copy out
            exact = copy.query(inputs)
            with roughly():
                rough = copy.query(inputs)
        assert exact.scores is not None
        assert rough.scores is not None
        spread = (exact.scores.max(axis=1) - exact.scores.min(axis=1)).mean()
        off.append(np.abs(rough.scores - exact.scores).max(axis=1) / spread)
        turned += int((rough.labels != exact.labels).sum())
        after += int((labels != exact.labels).sum())
    errors = np.concatenate(off)
    return {
        "asked": len(errors),
        "off_median": round(float(np.median(errors)), 4),
        "off_99": round(float(np.quantile(errors, 0.99)), 4),
        "off_most": round(float(errors.max()), 4),
        "turned": turned,
        "turned_after": after,
    }


def _blends(model: PerturbableModel, data: Dataset, seed: int) -> Batch:
    """Candidates that the source answers as no parent's class."""
    candidates = candidate_source("mixup", data, seed_from_int(seed))
    draws = candidates.draw(0, _DRAWN)
    inputs = candidates.make(draws)
    labels = model.query(inputs).labels
    return inputs[(labels[:, None] != draws.excluded).all(axis=1)]
