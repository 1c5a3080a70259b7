"""Count what is asked of a model and of its noisy copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tellmark.models.base import Answers, Model, ModelInfo, Noise, Parameter, PerturbableModel, labels_of
from tellmark.types import Batch, Labels


@dataclass
class Asked:
    """Inputs answered so far, and noisy copies made."""

    source_inputs: int = 0
    proxy_inputs: int = 0
    copies: int = 0

    @property
    def inputs(self) -> int:
        """By source and proxies together."""
        return self.source_inputs + self.proxy_inputs


@dataclass
class CountingModel:
    """A perturbable model that keeps count in `asked`."""

    model: PerturbableModel
    asked: Asked = field(default_factory=Asked)

    @property
    def info(self) -> ModelInfo:
        """The model's."""
        return self.model.info

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The model's."""
        return self.model.parameters

    def query(self, batch: Batch) -> Answers:
        """The model's answers."""
        self.asked.source_inputs += len(batch)
        return self.model.query(batch)

    @contextmanager
    def perturbed(self, noise: Noise) -> Iterator[Model]:
        """The model's noisy copy, counted as well."""
        self.asked.copies += 1
        with self.model.perturbed(noise) as copy:
            yield _CountingCopy(copy, self.asked)


@dataclass(frozen=True)
class _CountingCopy:
    copy: Model
    asked: Asked

    @property
    def info(self) -> ModelInfo:
        return self.copy.info

    def query(self, batch: Batch) -> Answers:
        self.asked.proxy_inputs += len(batch)
        return self.copy.query(batch)

    def labels(self, batch: Batch) -> Labels:
        self.asked.proxy_inputs += len(batch)
        return labels_of(self.copy, batch)
