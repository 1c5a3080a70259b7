"""Peak memory of marking, over the bytes of the weights.

Resident memory of a fresh process is read after imports, data and a first pass through a small network, and its
peak again after the work in question. Two processes are compared:

- *answering*: the network is loaded and answers one batch. What this takes beyond the weights is "one batch".
- *marking*: the network is loaded, prepared and marked, batches being of the same size.

The figure is (peak of marking - one batch) / weights. The C library is told to give large blocks back as soon as
they are freed: counted is what is in use, not what is kept for later. Run as a script, this module is one such
process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.form import ROOT
from benchmarks.nets import parameter_count, resnet_150k, resnet_wide
from benchmarks.resident import resident
from tellmark.data.dataset import Dataset
from tellmark.models.loading import load_model
from tellmark.models.preprocessing import Preprocessing
from tellmark.randomness import seed_from_int
from tellmark.spaces import ImageSpace
from tellmark.triggers.marking import compute_mark
from tellmark.triggers.preparing import prepare
from tellmark.triggers.settings import MarkSettings

BATCH = 16
TRIGGERS = 4
SIGMA = 0.005
ITEMS = 512
CLASSES = 10
_BYTES_PER_WEIGHT = 4
_GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": str(1 << 18), "MALLOC_TRIM_THRESHOLD_": str(1 << 18)}


@dataclass(frozen=True)
class Peak:
    """Bytes of resident memory beyond what the process had before the network was made."""

    weights: int
    peak: int


def memory_over_weights(proxy_counts: tuple[int, ...]) -> dict[int, float]:
    """(Peak of marking - one batch) / weights, for each number of proxies."""
    answering = _in_own_process("answering")
    one_batch = answering.peak - answering.weights
    ratios: dict[int, float] = {}
    for proxies in proxy_counts:
        marking = _in_own_process("marking", proxies=proxies)
        ratios[proxies] = (marking.peak - one_batch) / marking.weights
    return ratios


def _in_own_process(what: str, *, proxies: int = 0) -> Peak:
    command = [sys.executable, "-m", "benchmarks.memory", what, "--proxies", str(proxies)]
    environment = os.environ | _GIVE_BACK
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Peak(**json.loads(done.stdout))


def measured(what: str, *, proxies: int) -> Peak:
    """Do the work in this process, and measure."""
    torch.set_num_threads(1)
    data = _noise_images()
    _answer_one_batch(resnet_150k(CLASSES), data)
    before = resident("VmRSS")
    network = wide_network(data)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    if what == "answering":
        _answer_one_batch(network, data)
    else:
        _mark(network, data, proxies=proxies)
    return Peak(weights=_BYTES_PER_WEIGHT * parameter_count(network), peak=resident("VmHWM") - before)


def wide_network(data: Dataset) -> nn.Module:
    """Random weights and the batch statistics of a few images, so that not all answers are alike."""
    torch.manual_seed(0)
    network = resnet_wide(CLASSES)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.from_numpy(Preprocessing().apply(data.inputs[:BATCH])))
    return network.eval().requires_grad_(requires_grad=False)


def _noise_images() -> Dataset:
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (ITEMS, 4, 4, 3), dtype=np.uint8)
    images = coarse.repeat(8, axis=1).repeat(8, axis=2)
    labels = np.arange(ITEMS, dtype=np.int64) % CLASSES
    names = tuple(str(label) for label in range(CLASSES))
    return Dataset(images, labels, names, ImageSpace(height=32, width=32, channels=3))


def _answer_one_batch(network: nn.Module, data: Dataset) -> None:
    load_model(network, preprocessing=Preprocessing(), batch_size=BATCH).query(data.inputs[:BATCH])


def _mark(network: nn.Module, data: Dataset, *, proxies: int) -> None:
    settings = MarkSettings(
        triggers=TRIGGERS, proxies=proxies, noise="relative", magnitude=SIGMA, tolerance=None, fresh=0
    )
    source = load_model(network, preprocessing=Preprocessing(), batch_size=BATCH)
    compute_mark(prepare(source, data, settings), seed=seed_from_int(0))


def main() -> None:
    """Measure in this process and print the bytes as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("answering", "marking"))
    parser.add_argument("--proxies", type=int, default=0)
    arguments = parser.parse_args()
    print(json.dumps(asdict(measured(arguments.what, proxies=arguments.proxies))))


if __name__ == "__main__":
    main()
