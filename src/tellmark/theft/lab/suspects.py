"""Models under examination: twins, stolen networks, and stolen networks behind an evasion."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from tellmark.digests import digest_json
from tellmark.models.base import Answers, Model, ModelInfo
from tellmark.models.preprocessing import Preprocessing
from tellmark.theft.base import Evasion
from tellmark.theft.lab.jobs import Job
from tellmark.theft.lab.zoo import Zoo
from tellmark.types import Batch, Digest


@dataclass(frozen=True)
class ZooModel:
    """A network of the zoo as a model, loaded when it is first needed.

    Attributes
    ----------
    address : str
    """

    address: Digest
    zoo: Zoo = field(repr=False)
    preprocessing: Preprocessing = field(repr=False)
    classes: tuple[str, ...] | None = field(repr=False)
    device: str | None = field(default=None, repr=False)

    @cached_property
    def loaded(self) -> Model:
        """The model itself."""
        return self.zoo.model(self.address, preprocessing=self.preprocessing, classes=self.classes, device=self.device)

    @property
    def info(self) -> ModelInfo:
        """See `tellmark.models.base.Model`."""
        return self.loaded.info

    def query(self, batch: Batch) -> Answers:
        """See `tellmark.models.base.Model`."""
        return self.loaded.query(batch)


@dataclass(frozen=True)
class Shield:
    """An evasion, ready to be put in front of a stolen model.

    Attributes
    ----------
    evasion : Evasion
    seed : int
        In [0, 2^63).
    data : str or None
        Digest of the data that it learnt from, if it did.
    """

    evasion: Evasion
    seed: int = field(repr=False)
    data: Digest | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Suspect:
    """A model under examination.

    Attributes
    ----------
    name : str
        Such as ``distill-soft 2``; the same in every run.
    kind : str
        Of a stolen model, the row of the table in which it counts; of an innocent one, what it has in common with the
        source (`tellmark.theft.lab.configuration.Independents`).
    job : Job
        What makes the network.
    shield : Shield or None
        What stands in front of it.
    innocent : bool
        Whether it owes nothing to the source.
    theft : str or None
        Name of the theft in the catalogue: of the evasion, where there is one.
    """

    name: str
    kind: str
    job: Job
    shield: Shield | None = None
    innocent: bool = False
    theft: str | None = None

    @cached_property
    def address(self) -> Digest:
        """What its answers depend on."""
        if self.shield is None:
            return self.job.address
        return digest_json(
            {
                "network": self.job.address,
                "evasion": repr(self.shield.evasion),
                "data": self.shield.data,
                "seed": str(self.shield.seed),
            }
        )
