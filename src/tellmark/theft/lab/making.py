"""Make the network of a job, and put it into the zoo."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tellmark.data.dataset import Dataset
from tellmark.models.loading import load_model
from tellmark.theft.base import Alteration, ThiefData
from tellmark.theft.lab.architectures import NetworkOf
from tellmark.theft.lab.checkpoints import SHARE, keeping
from tellmark.theft.lab.data import LabData
from tellmark.theft.lab.jobs import Embed, Job, Train
from tellmark.theft.lab.zoo import Card, Made, Zoo
from tellmark.theft.oracle import Oracle, model_oracle
from tellmark.theft.training import seeded, train
from tellmark.theft.victim import victim_of

if TYPE_CHECKING:
    from torch import nn

_EXAMPLES = 4


@dataclass(frozen=True)
class Maker:
    """Makes networks.

    Attributes
    ----------
    data : LabData
    zoo : Zoo
    device : str or None
        None takes a GPU where there is one.
    checkpoint_share : float
        See `tellmark.theft.lab.checkpoints.keeping`.
    """

    data: LabData
    zoo: Zoo
    device: str | None = None
    checkpoint_share: float = SHARE

    def make(self, job: Job, *, after_epoch: Callable[[int, int], None] = lambda done, epochs: None) -> Card:
        """Make the network, going on where a killed run stopped, and keep it.

        Parameters
        ----------
        after_epoch : callable
            Told how many epochs of the training at hand are behind, and how many it has.

        Raises
        ------
        TellmarkError
            If the attack does not suit source or data, or something cannot be written.
        """
        known = self.data.known(job.part)
        folder = self.zoo.checkpoints(job.address)
        with keeping(folder, share=self.checkpoint_share, after_epoch=after_epoch) as timing:
            start = time.perf_counter()
            network, like, asked = self._made(job, known)
            seconds = time.perf_counter() - start - timing.kept
        made = Made(network, like, known.inputs[:_EXAMPLES], asked=asked, seconds=seconds)
        return self.zoo.keep(made, job.pedigree)

    def _made(self, job: Job, known: ThiefData) -> tuple[nn.Module, NetworkOf, int | None]:
        task = job.task
        if isinstance(task, Train):
            return self._trained(task, known, job.seed), task.network, None
        if isinstance(task, Embed):
            return self._marked(task, job), task.network, None
        victim = self.zoo.network(task.source, device=self.device)
        if isinstance(task.attack, Alteration):
            return task.attack.steal(victim, known, seed=job.seed), task.like, None
        oracle = self._oracle(victim, self.data.part(job.part))
        return task.attack.extract(oracle, known, seed=job.seed), task.like, oracle.asked

    def _oracle(self, network: nn.Module, data: Dataset) -> Oracle:
        """The network behind an API that takes what a client can send."""
        from tellmark.models.torch.devices import resolve_device

        preprocessing = self.data.preprocessing
        served = load_model(network, preprocessing=preprocessing, classes=self.data.test.classes, device=self.device)
        victim = victim_of(served, data)
        return model_oracle(victim.model, victim.data, preprocessing=preprocessing, device=resolve_device(self.device))

    def _trained(self, task: Train, known: ThiefData, seed: int) -> nn.Module:
        from torch.nn import functional

        from tellmark.models.torch.devices import resolve_device

        with seeded(seed):
            network = task.network().to(resolve_device(self.device))
        train(
            network,
            known.inputs,
            known.true_labels("training"),
            loss=functional.cross_entropy,
            training=task.training,
            seed=seed,
        )
        return network

    def _marked(self, task: Embed, job: Job) -> nn.Module:
        owned = load_model(self.zoo.network(task.source, device=self.device), preprocessing=self.data.preprocessing)
        return task.detector.embed(owned, self.data.part(job.part), task.practice, seed=task.seed)
