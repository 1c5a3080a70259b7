"""The one form in which benchmark results are kept: ``docs/benchmarks/NAME.json``, written by the script that ran."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tellmark.files import replacing
from tellmark.types import Json

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "benchmarks"

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


class StolenKind(_Part):
    """How one kind of stolen model answered, over all models of that kind.

    Attributes
    ----------
    models : int
    transfer_mean, transfer_sd : float
        Of the share of triggers that a model matched.
    auc : float or None
        Of telling these models from the innocents by that share; `auc_ci95` is its 95 % interval.
    tpr : dict
        True positive rate at each false positive rate.
    median_queries : float or None
        Until the verdict.
    verdicts : dict
        How often each verdict was given.
    """

    models: int = Field(ge=1)
    transfer_mean: Share
    transfer_sd: float = Field(ge=0)
    auc: Share | None = None
    auc_ci95: tuple[Share, Share] | None = None
    tpr: dict[str, Share] = Field(default_factory=dict)
    median_queries: float | None = None
    verdicts: dict[str, int] = Field(default_factory=dict)


class Innocents(_Part):
    """How often independent models were taken for stolen ones."""

    models: int = Field(ge=1)
    false_claims: int = Field(ge=0)
    rate_ci95: tuple[Share, Share]


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
        By kind of theft; empty where the benchmark is about something else.
    innocents : Innocents or None
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
    figures: dict[str, float]


def write_result(result: Result, folder: Path = RESULTS) -> Path:
    """Write the result where its page is made from, all of it or nothing."""
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


def now() -> datetime:
    """The current time, UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def this_machine() -> Machine:
    """What this process runs on; no name and no address."""
    return Machine(
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=platform.system(),
        python=platform.python_version(),
    )


def _cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def checked_out_commit(root: Path = ROOT) -> str:
    """Hash of the commit, with ``+changes`` where tracked code differs from it; ``none`` outside a repository."""
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return "none"
    changed = _git(root, "status", "--porcelain", "--", "src", "benchmarks")
    return f"{commit}+changes" if changed else commit


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
