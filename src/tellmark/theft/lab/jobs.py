"""What makes each network of a lab: its address follows from it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

from tellmark.digests import digest_json
from tellmark.models.preprocessing import Preprocessing
from tellmark.theft.base import Attack
from tellmark.theft.kinds import Practice
from tellmark.theft.lab.architectures import NetworkOf
from tellmark.theft.lab.detectors.base import Watermark
from tellmark.theft.training import Training
from tellmark.types import Digest, Json

PROCEDURE = 2
"""Raised when a change to the package changes the networks that come out."""

Role = Literal["source", "reference", "shadow", "thief", "twin", "accomplice"]
"""An accomplice is an independent network that a thief has."""


class Task(Protocol):
    """How a network is made."""

    @property
    def needs(self) -> tuple[Digest, ...]:
        """Networks that must be there before."""
        ...

    @property
    def epochs(self) -> int:
        """About how many passes over its data it takes."""
        ...

    def pedigree(self) -> dict[str, Json]:
        """All that the outcome depends on, beside data and seed."""
        ...


@dataclass(frozen=True)
class Train:
    """Train a network from random weights.

    Attributes
    ----------
    network : NetworkOf
    training : Training
    """

    network: NetworkOf
    training: Training

    @property
    def needs(self) -> tuple[Digest, ...]:
        """Nothing."""
        return ()

    @property
    def epochs(self) -> int:
        """Those of the training."""
        return self.training.epochs

    def pedigree(self) -> dict[str, Json]:
        """Both settings, in words."""
        return {"network": repr(self.network), "training": repr(self.training)}


@dataclass(frozen=True)
class Steal:
    """Steal a network.

    Attributes
    ----------
    attack : Attack
    source : str
        Address of the victim.
    like : NetworkOf
        The architecture that probably comes out.
    accomplice : str or None
        Address of another network that the attack takes.
    """

    attack: Attack
    source: Digest
    like: NetworkOf
    accomplice: Digest | None = None

    @property
    def needs(self) -> tuple[Digest, ...]:
        """The victim, and the accomplice."""
        return (self.source,) if self.accomplice is None else (self.source, self.accomplice)

    @property
    def epochs(self) -> int:
        """Those of its training, if it has one."""
        training = getattr(self.attack, "training", None)
        return training.epochs if isinstance(training, Training) else 1

    def pedigree(self) -> dict[str, Json]:
        """The attack with all its settings, and whom it robs."""
        return {"attack": repr(self.attack), "source": self.source}


@dataclass(frozen=True)
class Embed:
    """Train a mark into the owner's network.

    Attributes
    ----------
    detector : Watermark
    source : str
        Address of the owner's network.
    practice : Practice
    network : NetworkOf
    seed : int
        The owner's secret: the detector asks later what follows from it.
    """

    detector: Watermark
    source: Digest
    practice: Practice
    network: NetworkOf
    seed: int = field(repr=False)

    @property
    def needs(self) -> tuple[Digest, ...]:
        """The owner's network."""
        return (self.source,)

    @property
    def epochs(self) -> int:
        """Those of a training from random weights."""
        return self.practice.training.epochs

    def pedigree(self) -> dict[str, Json]:
        """The detector with all its settings, and what it changes."""
        return {
            "watermark": repr(self.detector),
            "practice": repr(self.practice),
            "source": self.source,
            "secret": str(self.seed),
        }


@dataclass(frozen=True)
class Job:
    """One network to be made.

    Attributes
    ----------
    name : str
        In progress and messages, such as ``twin same 2``.
    role : Role
    task : Train, Steal or Embed
    part : str
        Name of the data.
    data : str
        Their digest.
    preprocessing : Preprocessing
    seed : int
        In [0, 2^63).
    """

    name: str
    role: Role
    task: Train | Steal | Embed
    part: str
    data: Digest
    preprocessing: Preprocessing = field(repr=False)
    seed: int = field(repr=False)

    @cached_property
    def pedigree(self) -> dict[str, Json]:
        """All that the network depends on, apart from the machine's rounding."""
        return {
            "procedure": PROCEDURE,
            **self.task.pedigree(),
            "data": self.data,
            "preprocessing": self.preprocessing.model_dump(mode="json"),
            "seed": str(self.seed),  # JSON's whole numbers end at 2^53
        }

    @cached_property
    def address(self) -> Digest:
        """Where the network is kept."""
        return digest_json(self.pedigree)
