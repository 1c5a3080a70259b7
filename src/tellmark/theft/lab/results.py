"""The folder of results: the configuration, one file for each model and each finding, and the summary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tellmark.errors import FileError, Mismatch
from tellmark.files import replacing
from tellmark.theft.lab.configuration import Configuration
from tellmark.theft.lab.form import Result, read_result
from tellmark.theft.lab.terms import Terms
from tellmark.types import Digest
from tellmark.verification.verdict import Verdict

_Share = Annotated[float, Field(ge=0, le=1)]
_Kept = TypeVar("_Kept", bound=BaseModel)


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measured(_Document):
    """How good a model is, and how much it is like the source.

    Attributes
    ----------
    name : str
    role : str
        ``source``, ``reference``, ``shadow``, ``thief``, ``twin`` or ``accomplice``.
    kind : str or None
        Of a suspect; see `tellmark.theft.lab.suspects.Suspect`.
    lineage : str
        Whose source it is compared with.
    weights : str
        Digest of its weights.
    accuracy : float
        On the test data.
    agreement : float
        Share of the test data that it answers as the source does.
    asked : int or None
        Queries that its thief asked.
    seconds : float
        That its making took.
    grounds : str or None
        Digest of all that this depends on (`tellmark.theft.lab.grounds`); None was never written by a lab of today.
    """

    name: str
    role: str
    kind: str | None
    lineage: str
    weights: Digest
    accuracy: _Share
    agreement: _Share
    asked: int | None
    seconds: float
    grounds: Digest | None = None


class Preparation(_Document):
    """A detector was prepared.

    Attributes
    ----------
    detector : str
    terms : Terms
    grounds : str
        Digest of all that they depend on.
    """

    detector: str
    terms: Terms
    grounds: Digest


class Finding(_Document):
    """What a detector found out about one model.

    Attributes
    ----------
    detector : str
    suspect : str
        Its name.
    kind : str
        See `tellmark.theft.lab.suspects.Suspect`.
    innocent : bool
        Whether it owes nothing to the source.
    score : float
        What it is ranked by; see `tellmark.theft.lab.detectors.base.Evidence`.
    matched : float
        Share of all questions that it answered as the source does.
    queries : int
        Until the verdict.
    verdict : str
    p_value : float or None
    grounds : str or None
        Digest of all that this depends on.
    """

    detector: str
    suspect: str
    kind: str
    innocent: bool = False
    score: _Share
    matched: _Share = 0.0
    queries: int
    verdict: Verdict
    p_value: float | None = None
    grounds: Digest | None = None


class Clock(_Document):
    """Where the time went in which networks were made, over all runs.

    Attributes
    ----------
    bare : float
        Seconds that attacks and trainings took by themselves, on every network that was made in this folder's runs.
    busy : float
        Seconds that workers were at those networks, from the moment they were told to until the network was in the
        zoo; with the start of every worker, and what was lost with one that died. What was under way when a run ended
        is in neither, nor is the time in which a worker had nothing to do.
    """

    bare: float = 0.0
    busy: float = 0.0

    @property
    def overhead(self) -> float | None:
        """What the lab adds to bare training, as a share of it."""
        return None if self.bare == 0 else self.busy / self.bare - 1


class Results:
    """A folder of results, to which every file is added as a whole or not at all.

    Parameters
    ----------
    folder : Path
        Created when the first file is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, lab: Configuration) -> None:
        """Write the configuration, or see that it is the one that was begun with.

        Raises
        ------
        Mismatch
            If the folder holds results of another lab.
        FileError
            If it cannot be written.
        """
        path = self.folder / "configuration.json"
        if path.exists():
            if self.configuration() != lab:
                raise Mismatch(
                    f"{self.folder} holds results of another lab, or of other settings: choose another folder"
                )
            return
        _write(path, lab)

    def configuration(self) -> Configuration:
        """The lab that the results are of.

        Raises
        ------
        FileError
            If there is none.
        """
        return _read(self.folder / "configuration.json", Configuration)

    def measured(self, address: Digest) -> Measured | None:
        """How good the model at this address is; None while nobody knows."""
        return _read_if_there(self.folder / "models" / _file(address), Measured)

    def keep_measured(self, address: Digest, measured: Measured) -> None:
        """Write how good a model is."""
        _write(self.folder / "models" / _file(address), measured)

    def finding(self, detector: str, address: Digest) -> Finding | None:
        """What this detector found about the suspect; None while it has not examined it."""
        return _read_if_there(self.folder / "findings" / detector / _file(address), Finding)

    def keep_finding(self, address: Digest, finding: Finding) -> None:
        """Write what a detector found about the suspect."""
        _write(self.folder / "findings" / finding.detector / _file(address), finding)

    def preparation(self, detector: str) -> Preparation | None:
        """On what terms this detector examines; None while it has not been prepared."""
        return _read_if_there(self.folder / "detectors" / f"{detector}.json", Preparation)

    def keep_preparation(self, preparation: Preparation) -> None:
        """Write on what terms a detector examines."""
        _write(self.folder / "detectors" / f"{preparation.detector}.json", preparation)

    def clock(self) -> Clock:
        """Times so far."""
        return _read_if_there(self.folder / "clock.json", Clock) or Clock()

    def add_times(self, *, bare: float, busy: float) -> None:
        """Add to the times so far."""
        before = self.clock()
        _write(self.folder / "clock.json", Clock(bare=before.bare + bare, busy=before.busy + busy))

    @property
    def logs(self) -> Path:
        """Where workers write what they have to say."""
        return self.folder / "logs"

    def figure(self) -> str | None:
        """Name of the figure in this folder, where one was drawn."""
        path = self.folder / f"{self.configuration().name}.svg"
        return path.name if path.exists() else None

    def summary(self) -> Result:
        """The summary.

        Raises
        ------
        FileError
            If the lab is not through, or the file is damaged.
        """
        path = self.folder / f"{self.configuration().name}.json"
        if not path.exists():
            raise FileError(f"{self.folder} holds no summary: tellmark lab run goes on with the lab, and ends with one")
        try:
            return read_result(path)
        except ValidationError as error:
            raise FileError(f"{path} is damaged: remove it, and run the lab again") from error


def _file(address: Digest) -> str:
    return f"{address.removeprefix('sha256:')[:32]}.json"


def _write(path: Path, document: BaseModel) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot write {path.parent}: {(error.strerror or 'failed').lower()}") from error
    with replacing(path) as file:
        file.write(document.model_dump_json(indent=1).encode() + b"\n")


def _read(path: Path, kind: type[_Kept]) -> _Kept:
    found = _read_if_there(path, kind)
    if found is None:
        raise FileError(f"there is no {path}: it is where tellmark lab run begins")
    return found


def _read_if_there(path: Path, kind: type[_Kept]) -> _Kept | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"cannot read {path}: {(error.strerror or 'failed').lower()}") from error
    except ValidationError as error:
        raise FileError(f"{path} is damaged: remove it, and run the lab again") from error
