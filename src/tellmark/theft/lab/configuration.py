"""What a lab runs, as its TOML file says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tellmark.models.preprocessing import Preprocessing
from tellmark.proxies.thefts import TheftFamilyName
from tellmark.theft.lab.architectures import architecture_named
from tellmark.types import Json

Count = Annotated[int, Field(ge=0, le=1000)]
Level = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Settings = dict[str, Json]

COPY = "copy"
"""What an evasion may be put in front of beside thefts: the source itself, as it was copied."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSource(_Table):
    """The data, and who has which part of it.

    Attributes
    ----------
    training : str
        ``digits``, which come with scikit-learn, or a file or folder as `tellmark.load_data` reads it; a relative
        path is looked up in the folder that ``TELLMARK_DATA`` names, if it is set.
    holdout : str or None
        What is held out to make questions of and to measure accuracies on; None takes some of `training`.
    holdout_items, test_items : int
        How many of those the owner has to make questions of, and how many accuracies are measured on.
    training_items : int or None
        How many of the training data are used; None uses all.
    owner_share : float
        Of the training data, the share that the source is trained on; the rest is the other half.
    surrogates : dict
        Data of other domains, by the name that thefts call them by.
    mean, std : tuple of float
        Normalisation, one for each channel or a single one.
    """

    training: str
    holdout: str | None = None
    holdout_items: Annotated[int, Field(ge=1)]
    test_items: Annotated[int, Field(ge=1)]
    training_items: Annotated[int, Field(ge=2)] | None = None
    owner_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    surrogates: dict[Name, str] = Field(default_factory=dict)
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    @model_validator(mode="after")
    def _has_a_normalisation(self) -> DataSource:
        _ = self.preprocessing
        return self

    @property
    def preprocessing(self) -> Preprocessing:
        """From images to what networks take."""
        return Preprocessing(mean=self.mean, std=self.std)


class Architectures(_Table):
    """Which networks take part.

    Attributes
    ----------
    same : str
        The source's.
    other : tuple of str
        Those that stand for all others.
    """

    same: str
    other: tuple[str, ...] = ()

    @field_validator("same")
    @classmethod
    def _known(cls, name: str) -> str:
        return architecture_named(name)

    @field_validator("other")
    @classmethod
    def _all_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(architecture_named, names))


class Independents(_Table):
    """How many models that owe nothing to the source.

    Attributes
    ----------
    same : int
        Trained on the source's data, with its architecture.
    other_architecture : int
        Trained on the source's data; the other architectures in turn.
    other_data : int
        Trained on the data that the source was not trained on; all architectures in turn.
    """

    same: Count = 0
    other_architecture: Count = 0
    other_data: Count = 0


class Theft(_Table):
    """Stolen models of one kind.

    Attributes
    ----------
    kind : str
        As `tellmark.theft.catalogue` names it.
    name : str or None
        The row of the table; None makes it up of kind, architecture and data.
    count : int
        How many, each from a seed of its own; of each architecture.
    architectures : tuple of str
        ``same`` and ``other``, or names: of students that are trained from random weights.
    data : str or None
        The thief's: ``owner``, ``other``, or a surrogate's name. None takes ``owner``, or ``other`` where the kind
        needs data that the source has not seen.
    on : tuple of str
        What an evasion is put in front of: ``copy``, or kinds of theft that are listed, too.
    settings : dict
        Of the attack, by the names of its fields.
    """

    kind: str
    name: str | None = None
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    architectures: tuple[str, ...] = ("same",)
    data: str | None = None
    on: tuple[str, ...] = (COPY,)
    settings: Settings = Field(default_factory=dict)

    @field_validator("architectures")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name if name in ("same", "other") else architecture_named(name) for name in names)


class Shadow(Theft):
    """Stolen models that the owner makes, to prepare detectors with.

    Attributes
    ----------
    family : str
        The theft family that they are members of.
    """

    family: TheftFamilyName


class Detectors(_Table):
    """Who examines the models.

    Attributes
    ----------
    names : tuple of str
        As `tellmark.theft.lab.detectors.catalogue` names them. The first is the one that the results are headed by.
    settings : dict
        By detector: settings that differ from its defaults.
    watermark_thefts : tuple of str or None
        Kinds of theft that are carried out on the sources of watermarks, too, each of which doubles the work; None
        takes all.
    """

    names: Annotated[tuple[str, ...], Field(min_length=1)]
    settings: dict[str, Settings] = Field(default_factory=dict)
    watermark_thefts: tuple[str, ...] | None = None


class Protocol(_Table):
    """What holds for all detectors alike.

    Attributes
    ----------
    queries : int
        Each detector's budget for one model.
    alpha : float
        Level of the verdict ``supports``.
    levels : tuple of float
        False positive rates at which true positive rates are given.
    least_skill : float
        A model that exceeds chance by less than this share of what the source exceeds it by has failed to learn.
        It is listed, and has no part in any figure.
    """

    queries: Annotated[int, Field(ge=1)] = 300
    alpha: Level = 0.01
    levels: tuple[Level, ...] = (0.01, 0.05)
    least_skill: Annotated[float, Field(ge=0, lt=1)] = 0.25


class Configuration(_Table):
    """A lab.

    Attributes
    ----------
    name : str
        Lower case, words joined by hyphens; results are filed under it.
    seed : int
        Decides every random choice.
    data : DataSource
    architectures : Architectures
    training, further : dict
        Settings of `tellmark.theft.training.Training`: of networks from random weights, and of copies of the source
        that are trained on.
    trainings : dict
        By architecture, settings of networks from random weights that differ from `training`.
    references, twins : Independents
        Models that detectors are prepared with, and models under examination that they never saw.
    shadows : tuple of Shadow
    thefts : tuple of Theft
    detectors : Detectors
    protocol : Protocol
    """

    name: Name
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 1
    data: DataSource
    architectures: Architectures
    training: Settings = Field(default_factory=dict)
    further: Settings = Field(default_factory=dict)
    trainings: dict[str, Settings] = Field(default_factory=dict)
    references: Independents
    twins: Independents
    shadows: tuple[Shadow, ...] = ()
    thefts: Annotated[tuple[Theft, ...], Field(min_length=1)]
    detectors: Detectors
    protocol: Protocol = Field(default_factory=Protocol)

    @field_validator("trainings")
    @classmethod
    def _of_known(cls, settings: dict[str, Settings]) -> dict[str, Settings]:
        return {architecture_named(name): changed for name, changed in settings.items()}

    @model_validator(mode="after")
    def _has_others(self) -> Configuration:
        wants = [self.references.other_architecture, self.twins.other_architecture]
        wants += [theft.architectures.count("other") for theft in (*self.thefts, *self.shadows)]
        if any(wants) and not self.architectures.other:
            raise ValueError("other architectures are asked for, and [architectures] names none under other")
        if self.twins == Independents():
            raise ValueError("without twins nothing says how often an innocent model is claimed: ask for some")
        return self
