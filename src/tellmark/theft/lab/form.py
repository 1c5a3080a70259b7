"""The one form in which results are kept: a JSON file, written by the program that ran."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tellmark.files import replacing
from tellmark.theft.lab.terms import Terms
from tellmark.types import Json

Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Machine(_Part):
    """Where it ran, as far as it bears on the figures."""

    cpu: str
    cores: int = Field(ge=1)
    memory_gib: float = Field(gt=0)
    system: str
    python: str


class HardestTwins(_Part):
    """The kind of twin that a theft is hardest to tell from, and how well it is told from it.

    Attributes
    ----------
    kind : str
        As in `Innocents.kinds`.
    auc : float
        Of telling the stolen models from these twins alone; `auc_ci95` is its 95 % interval.
    """

    kind: str
    auc: Share
    auc_ci95: tuple[Share, Share]


class StolenKind(_Part):
    """How one kind of stolen model answered, over all models of that kind.

    Attributes
    ----------
    models : int
    transfer_mean, transfer_sd : float
        Of the share of questions that a model answered as the source does.
    auc : float or None
        Of telling these models from the innocents; `auc_ci95` is its 95 % interval.
    hardest_twins : HardestTwins or None
        Where there are several kinds of innocents.
    tpr : dict
        True positive rate at each false positive rate.
    median_queries : float or None
        Until the verdict ``supports``.
    verdicts : dict
        How often each verdict was given.
    accuracy_lost : float or None
        The source's accuracy less that of these models, on average: what the theft cost the thief.
    known : bool or None
        Whether the detector was prepared with other models that were stolen in this way; None where nobody said.
    """

    models: int = Field(ge=1)
    transfer_mean: Share
    transfer_sd: float = Field(ge=0)
    auc: Share | None = None
    auc_ci95: tuple[Share, Share] | None = None
    hardest_twins: HardestTwins | None = None
    tpr: dict[str, Share] = Field(default_factory=dict)
    median_queries: float | None = None
    verdicts: dict[str, int] = Field(default_factory=dict)
    accuracy_lost: float | None = None
    known: bool | None = None


class InnocentKind(_Part):
    """How often independent models of one kind were taken for stolen ones.

    Attributes
    ----------
    models, false_claims : int
    rate_ci95 : tuple of float
        Exact 95 % interval of the rate of false claims.
    transfer_mean, transfer_sd : float or None
        Of the share of questions that a model answered as the source does.
    """

    models: int = Field(ge=1)
    false_claims: int = Field(ge=0)
    rate_ci95: tuple[Share, Share]
    transfer_mean: Share | None = None
    transfer_sd: float | None = Field(default=None, ge=0)


class Innocents(InnocentKind):
    """The same of all independent models together, and by kind.

    Attributes
    ----------
    kinds : dict
        ``same`` (data and architecture), ``other-architecture``, ``other-data``; empty where nobody told them apart.
    """

    kinds: dict[str, InnocentKind] = Field(default_factory=dict)


class DetectorResult(_Part):
    """What one detector found.

    Attributes
    ----------
    kinds : dict
        By kind of theft.
    innocents : Innocents or None
    terms : Terms or None
        What its verdicts rest on.
    """

    kinds: dict[str, StolenKind]
    innocents: Innocents | None
    terms: Terms | None = None


class Result(_Part):
    """One run of one benchmark.

    Attributes
    ----------
    name : str
    command : str
        That runs it again, from the root of the repository.
    commit : str
        What was checked out; ends in ``+changes`` where files differed from it.
    date : datetime
        Of the end of the run, UTC.
    machine : Machine
    seed : int
    settings : dict
        All that the figures depend on, and how they were measured.
    kinds : dict
        By kind of theft; empty where the benchmark is about something else. Where several detectors were compared,
        those of the first.
    innocents : Innocents or None
        Likewise.
    detectors : dict
        By name, where several were compared.
    figures : dict
        Named numbers.
    """

    schema_: Literal["tellmark.benchmark/1"] = Field(default="tellmark.benchmark/1", alias="schema")
    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    command: str
    commit: str
    date: datetime
    machine: Machine
    seed: int
    settings: dict[str, Json]
    kinds: dict[str, StolenKind] = Field(default_factory=dict)
    innocents: Innocents | None = None
    detectors: dict[str, DetectorResult] = Field(default_factory=dict)
    figures: dict[str, float]


def write_result(result: Result, folder: Path) -> Path:
    """Write ``NAME.json`` in the folder, all of it or nothing.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    text = json.dumps(result.model_dump(mode="json", by_alias=True), indent=1, ensure_ascii=False)
    with replacing(path) as file:
        file.write(text.encode() + b"\n")
    return path


def read_result(path: Path) -> Result:
    """Read a result.

    Raises
    ------
    pydantic.ValidationError
        If the file does not have the form.
    """
    return Result.model_validate_json(path.read_bytes())
