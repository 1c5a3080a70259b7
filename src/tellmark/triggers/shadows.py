"""Shadows, models that stand for what a thief would end up with: those the owner brings, and those he orders."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tellmark.data.dataset import Dataset
from tellmark.digests import digest_json
from tellmark.proxies.thefts import TheftFamilyName
from tellmark.triggers.panel import Panelist
from tellmark.types import Digest


@dataclass(frozen=True)
class Supplied:
    """Models of one theft family that the owner brings."""

    family: TheftFamilyName
    models: tuple[Panelist, ...]


@dataclass(frozen=True)
class Order:
    """Shadows to be made.

    Attributes
    ----------
    families : tuple of (family, count)
        No family twice.
    data : Dataset or None
        What the thieves have; None where no network is trained.
    student : str or None
        Spec of the architecture that distilled ones get; None takes a small one of Tellmark's.
    epochs : int or None
        Of their training; None lets each family choose.
    folder : Path or None
        Where finished ones are kept, so that an interrupted run goes on.
    """

    families: tuple[tuple[TheftFamilyName, int], ...]
    data: Dataset | None = None
    student: str | None = None
    epochs: int | None = None
    folder: Path | None = None

    @property
    def digest(self) -> Digest:
        """Digest of what is ordered, wherever it is kept."""
        data = None if self.data is None else self.data.digest
        return digest_json([sorted(map(list, self.families)), data, self.student, self.epochs])


def shadow_folder(state: Path) -> Path:
    """Where finished shadows are kept beside the state of a run."""
    return state.with_name(state.name + ".shadows")


def remove_shadows(state: Path) -> None:
    """Forget the shadows that a finished run has made."""
    shutil.rmtree(shadow_folder(state), ignore_errors=True)
