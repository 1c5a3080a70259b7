"""Time and memory of marking: against the paper's procedure, against the bare forward passes it needs.

Run by ``make bench-speed``. Writes ``docs/benchmarks/speed.json`` and the page beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.counting import Asked, CountingModel
from benchmarks.data import CIFAR10_PREPROCESSING, cifar10
from benchmarks.floor import bare_forwards, fastest_batch, timed
from benchmarks.form import Result, checked_out_commit, now, this_machine, write_result
from benchmarks.memory import BATCH as MEMORY_BATCH
from benchmarks.memory import TRIGGERS as MEMORY_TRIGGERS
from benchmarks.memory import memory_over_weights
from benchmarks.nets import ARCHITECTURES, parameter_count
from benchmarks.pages import write_page
from benchmarks.plain import PAIRS_PER_ROUND, SHARES_PER_PAIR, Work, plain_triggers
from benchmarks.rough import rough_figures
from benchmarks.running import progress, run
from benchmarks.sources import CIFAR10_ARCHITECTURE, CIFAR10_RECIPE, CIFAR10_SEED, cifar10_source
from tellmark.data.dataset import Dataset
from tellmark.models.base import PerturbableModel
from tellmark.models.loading import load_model
from tellmark.models.perturbing import as_perturbable
from tellmark.randomness import seed_from_int
from tellmark.triggers.marking import compute_mark
from tellmark.triggers.preparing import prepare
from tellmark.triggers.settings import MarkSettings

SEED = 1
TRIGGERS, PROXIES, SIGMA = 100, 64, 8e-3
ROUNDS = 5
MARKINGS_PER_ROUND = 4
"""Half of them before the paper's procedure and half after it, so that a drift of the machine hits both."""
MEMORY_PROXIES = (4, 64)


@dataclass
class Seconds:
    """Processor time of each repetition, and what was done in it."""

    plain: list[float] = field(default_factory=list)
    tellmark: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    floor_channels_last: list[float] = field(default_factory=list)
    plain_work: list[Work] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Medians of ratios: over rounds for the paper's procedure, over markings for the floor."""
        rounds = np.reshape(self.tellmark, (-1, MARKINGS_PER_ROUND))
        pairs = zip(self.tellmark, self.floor, strict=True)
        pairs_channels_last = zip(self.tellmark, self.floor_channels_last, strict=True)
        return {
            "ratio_vs_paper_procedure": float(np.median(self.plain / np.median(rounds, axis=1))),
            "ratio_vs_floor": median(ours / bare for ours, bare in pairs),
            "ratio_vs_floor_channels_last": median(ours / bare for ours, bare in pairs_channels_last),
            "inputs_paper_procedure": median(work.source_inputs + work.proxy_inputs for work in self.plain_work),
            "inputs_tellmark": median(asked.inputs for asked in self.asked),
        }


@dataclass(frozen=True)
class Contest:
    """The same source and data for all who are timed.

    Attributes
    ----------
    images, images_channels_last : Tensor of float32, shape (items, 3, 32, 32)
        The data as the network takes it; the same numbers in two orders in memory.
    batch, batch_channels_last : int
        The fastest batch size for each.
    """

    network: nn.Module
    model: PerturbableModel
    data: Dataset
    images: Tensor
    images_channels_last: Tensor
    batch: int
    batch_channels_last: int

    def time_tellmark(self, seed: int, seconds: Seconds) -> int:
        """Prepare and mark; returns how many inputs were asked."""
        counting = CountingModel(self.model)
        settings = MarkSettings(
            triggers=TRIGGERS,
            proxies=PROXIES,
            noise="absolute",
            magnitude=SIGMA,
            tolerance=None,
            max_label_share=1.0,
            fresh=0,
        )
        _, spent = timed(lambda: compute_mark(prepare(counting, self.data, settings), seed=seed_from_int(seed)))
        seconds.tellmark.append(spent)
        seconds.asked.append(counting.asked)
        return counting.asked.inputs

    def time_floor(self, inputs: int, seconds: Seconds) -> None:
        """As many bare forward passes, in either order of memory."""
        for images, batch, into in (
            (self.images, self.batch, seconds.floor),
            (self.images_channels_last, self.batch_channels_last, seconds.floor_channels_last),
        ):
            _, spent = timed(lambda some=images, size=batch: bare_forwards(self.network, some, inputs, batch=size))
            into.append(spent)

    def time_plain(self, seed: int, seconds: Seconds) -> None:
        """The paper's procedure."""
        labels = self.data.labels
        assert labels is not None
        (_, work), spent = timed(
            lambda: plain_triggers(
                self.network,
                self.images,
                torch.from_numpy(labels),
                triggers=TRIGGERS,
                proxies=PROXIES,
                sigma=SIGMA,
                seed=seed,
            )
        )
        seconds.plain.append(spent)
        seconds.plain_work.append(work)


def contest() -> Contest:
    """Load, train where needed, and find the fastest batch sizes."""
    network, data = cifar10_source(), cifar10("test")
    images = torch.from_numpy(CIFAR10_PREPROCESSING.apply(data.inputs))
    last = images.contiguous(memory_format=torch.channels_last)
    model = as_perturbable(load_model(network, preprocessing=CIFAR10_PREPROCESSING))
    assert data.digest  # as the model's, it is made when loading
    return Contest(
        network=network,
        model=model,
        data=data,
        images=images,
        images_channels_last=last,
        batch=fastest_batch(network, images),
        batch_channels_last=fastest_batch(network, last),
    )


def raced(contest: Contest) -> Seconds:
    """Time everybody in turn, several times."""
    seconds = Seconds()
    contest.time_tellmark(0, Seconds())  # warms up
    for number in range(ROUNDS):
        for marking in range(MARKINGS_PER_ROUND):
            if marking == MARKINGS_PER_ROUND // 2:
                contest.time_plain(SEED + number, seconds)
                progress(f"round {number + 1} of {ROUNDS}: the paper's procedure {seconds.plain[-1]:.1f} s")
            inputs = contest.time_tellmark(SEED + number * MARKINGS_PER_ROUND + marking, seconds)
            contest.time_floor(inputs, seconds)
            progress(f"Tellmark {seconds.tellmark[-1]:.2f} s, bare forward passes {seconds.floor[-1]:.2f} s")
    return seconds


def settings_of(contest: Contest, seconds: Seconds, memory: dict[int, float]) -> dict[str, object]:
    """All that the figures depend on."""
    wide = ARCHITECTURES["resnet-wide"](10)
    return {
        "data": "CIFAR-10 hold-out, 10000 images, JPEG copies",
        "network": CIFAR10_ARCHITECTURE,
        "parameters": parameter_count(contest.network),
        "training": {"seed": CIFAR10_SEED, **CIFAR10_RECIPE.model_dump(mode="json")},
        "accuracy": _accuracy(contest),
        "triggers": TRIGGERS,
        "proxies": PROXIES,
        "sigma": SIGMA,
        "noise": "absolute",
        "screen": None,
        "max_label_share": 1.0,
        "threads": torch.get_num_threads(),
        "clock": "processor time of the process",
        "torch": torch.__version__,
        "rounds": ROUNDS,
        "markings": ROUNDS * MARKINGS_PER_ROUND,
        "plain": {"shares_per_pair": SHARES_PER_PAIR, "pairs_per_round": PAIRS_PER_ROUND},
        "floor_batch": contest.batch,
        "floor_batch_channels_last": contest.batch_channels_last,
        "rough": rough_figures(contest.model, contest.data, sigma=SIGMA, seed=SEED),
        "seconds": {
            "paper_procedure": _rounded(seconds.plain),
            "tellmark": _rounded(seconds.tellmark),
            "floor": _rounded(seconds.floor),
            "floor_channels_last": _rounded(seconds.floor_channels_last),
        },
        "memory": {
            "network": "resnet-wide",
            "parameters": parameter_count(wide),
            "triggers": MEMORY_TRIGGERS,
            "batch": MEMORY_BATCH,
            "over_weights": {f"m={proxies}": round(ratio, 3) for proxies, ratio in memory.items()},
        },
    }


@torch.inference_mode()
def _accuracy(contest: Contest) -> float:
    answers = contest.model.query(contest.data.inputs).labels
    return round(float((answers == contest.data.labels).mean()), 4)


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 3) for value in values]


def main() -> None:
    """Run the benchmark."""
    torch.set_num_threads(1)
    commit = checked_out_commit()
    prepared = contest()
    seconds = raced(prepared)
    progress("measuring memory")
    memory = memory_over_weights(MEMORY_PROXIES)
    figures = seconds.figures() | {"peak_memory_over_weights": max(memory.values())}
    result = Result(
        name="speed",
        command="make bench-speed",
        commit=commit,
        date=now(),
        machine=this_machine(),
        seed=SEED,
        settings=settings_of(prepared, seconds, memory),
        figures={name: round(value, 4) for name, value in figures.items()},
    )
    print(write_page(write_result(result)))


if __name__ == "__main__":
    run(main)
