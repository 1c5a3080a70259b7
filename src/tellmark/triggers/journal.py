"""Where an interrupted marking stands, kept in one file so that a killed run goes on and loses nothing.

The file holds the seed and is as secret as the mark: it is readable by its owner only, and removed once the
mark is written. It holds candidate numbers, not inputs, so it stays small.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_safetensors

from tellmark.documents import as_json
from tellmark.errors import Mismatch
from tellmark.files import replacing
from tellmark.proxies.screen import Admission
from tellmark.triggers.document import IndependenceRecord
from tellmark.triggers.survival import Survival
from tellmark.types import Digest, Indices, Json, Labels, Seed

SECONDS_BETWEEN_SAVES = 1.0
_VERSION = 3
_ACCEPTED = ("indices", "items", "labels", "names")
_GROUP = ("indices", "labels", "margins", "lost")
_SURVIVAL = ("margins", "survived")


@dataclass(frozen=True)
class Group:
    """Candidates under test by the proxies.

    Attributes
    ----------
    indices, labels : ndarray of int64, shape (alive,)
        The candidates that all proxies so far answered like the source, and that answer.
    margins : ndarray of float32, shape (alive,)
        By how much the source preferred it.
    lost : ndarray of float32
        The margins of those that some proxy answered otherwise.
    proxies_done : int
        How many of the admitted proxies have been asked.
    """

    indices: Indices = field(default_factory=lambda: np.empty(0, np.int64))
    labels: Labels = field(default_factory=lambda: np.empty(0, np.int64))
    margins: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    lost: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    proxies_done: int = 0

    def __len__(self) -> int:
        return len(self.indices)

    def plus(self, indices: Indices, labels: Labels, margins: NDArray[np.float32]) -> Group:
        """With further candidates, which no proxy was asked about yet."""
        return Group(
            np.concatenate([self.indices, indices]),
            np.concatenate([self.labels, labels]),
            np.concatenate([self.margins, margins]),
        )

    def first(self, count: int) -> Group:
        """The first candidates of a group that no proxy was asked about yet."""
        return Group(self.indices[:count], self.labels[:count], self.margins[:count])

    def those(self, which: NDArray[np.bool_]) -> Group:
        """The candidates where the mask is true; the others are lost."""
        lost = np.concatenate([self.lost, self.margins[~which]])
        return Group(self.indices[which], self.labels[which], self.margins[which], lost, self.proxies_done)


@dataclass(frozen=True)
class Accepted:
    """Triggers so far, in order of candidate number: numbers, items, labels, and names of their inputs.

    A name is the first 8 bytes of the input's digest; no two triggers have the same.
    """

    indices: Indices = field(default_factory=lambda: np.empty(0, np.int64))
    items: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    labels: Labels = field(default_factory=lambda: np.empty(0, np.int64))
    names: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, positions: Indices) -> Accepted:
        """Those at these positions."""
        return Accepted(self.indices[positions], self.items[positions], self.labels[positions], self.names[positions])

    def plus(self, other: Accepted) -> Accepted:
        """These, and then the others."""
        return Accepted(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in _ACCEPTED))


@dataclass(frozen=True)
class Tally:
    """Counts of candidates: drawn, asked of the source, kept for the proxies, survived all of them."""

    drawn: int = 0
    asked: int = 0
    kept: int = 0
    survived: int = 0

    def plus(self, *, drawn: int = 0, asked: int = 0, kept: int = 0, survived: int = 0) -> Tally:
        """These counts and those."""
        return Tally(self.drawn + drawn, self.asked + asked, self.kept + kept, self.survived + survived)


@dataclass(frozen=True)
class State:
    """How far the selection of one tier has come.

    Attributes
    ----------
    tally, dry : Tally
        Counts from the beginning, and since a candidate was last accepted.
    accepted : Accepted
        The triggers; where they are to be ranked, the pool that they come from.
    group : Group or None
        Candidates under test.
    survival : Survival
        What became of those that were.
    responses : mapping of str to ndarray
        By what a model was asked for: its agreement with each candidate of the pool (float32, shape (pool,)), or
        which triggers it matches (bool, shape (triggers,)).
    """

    tally: Tally = field(default_factory=Tally)
    dry: Tally = field(default_factory=Tally)
    accepted: Accepted = field(default_factory=Accepted, repr=False)
    group: Group | None = field(default=None, repr=False)
    survival: Survival = field(default_factory=Survival, repr=False)
    responses: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class RunState:
    """All that an interrupted marking needs to go on.

    Attributes
    ----------
    seed : Seed
        Secret.
    magnitude : float or None
        Of the noise, once it was decided on.
    admission : Admission
        Which noisy copies serve.
    independence : IndependenceRecord or None
        How the models given were told from copies and from each other, once they were asked.
    tiers : mapping of str to State
        By the recipe's name.
    """

    seed: Seed = field(repr=False)
    magnitude: float | None = None
    admission: Admission = field(default_factory=Admission)
    independence: IndependenceRecord | None = None
    tiers: Mapping[str, State] = field(default_factory=dict, repr=False)

    def with_tier(self, name: str, state: State) -> RunState:
        """The run with this tier where it stands now."""
        return replace(self, tiers={**self.tiers, name: state})


class Journal:
    """Keeps the state of one marking; without a path it keeps nothing.

    Parameters
    ----------
    path : Path or None
        The state file.
    purpose : str
        Digest of what is being made (settings, source, data): a state of another purpose is refused.
    """

    def __init__(self, path: Path | None, purpose: Digest, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._purpose = purpose
        self._clock = clock
        self._saved_at = -float("inf")
        self._unsaved: RunState | None = None

    def load(self, seed: Seed | None) -> RunState | None:
        """The state of an interrupted run, or None when there is none.

        Raises
        ------
        Mismatch
            If the file belongs to other settings, another seed, another source or other data, or is damaged.
        """
        if self._path is None or not self._path.exists():
            return None
        try:
            state, purpose = _read(self._path)
        except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Mismatch(f"{self._path} is not a readable state file: remove it to start anew") from error
        if purpose != self._purpose or (seed is not None and seed != state.seed):
            raise Mismatch(
                f"{self._path} belongs to an interrupted run with other settings, seed, source or data: "
                f"run with those again, or remove the file to start anew"
            )
        return state

    def save(self, state: RunState) -> None:
        """Keep `state` now."""
        if self._path is not None:
            with replacing(self._path, mode=0o600) as file:
                file.write(_to_bytes(state, self._purpose))
            self._saved_at = self._clock()
        self._unsaved = None

    def save_if_due(self, state: RunState) -> None:
        """Keep `state` if the last time is more than a second ago, else remember it for `flush`."""
        self._unsaved = state
        if self._clock() - self._saved_at >= SECONDS_BETWEEN_SAVES:
            self.save(state)

    def flush(self) -> None:
        """Keep the newest state that was not yet kept."""
        if self._unsaved is not None:
            self.save(self._unsaved)

    def remove(self) -> None:
        """Forget the state: the mark is written."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _to_bytes(run: RunState, purpose: Digest) -> bytes:
    head = {
        "version": _VERSION,
        "purpose": purpose,
        "seed": run.seed.hex(),
        "magnitude": run.magnitude,
        "admission": asdict(run.admission),
        "independence": None if run.independence is None else as_json(run.independence),
        "tiers": {name: _head_of(state) for name, state in run.tiers.items()},
    }
    arrays: dict[str, NDArray[Any]] = {}
    for name, state in run.tiers.items():
        arrays |= {f"{name}.{key}": np.ascontiguousarray(array) for key, array in _arrays_of(state).items()}
    return to_safetensors(arrays, metadata={"state": json.dumps(head)})


def _head_of(state: State) -> Json:
    return {
        "tally": asdict(state.tally),
        "dry": asdict(state.dry),
        "proxies_done": None if state.group is None else state.group.proxies_done,
        "responses": list(state.responses),
    }


def _arrays_of(state: State) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {f"accepted.{name}": getattr(state.accepted, name) for name in _ACCEPTED}
    if state.group is not None:
        arrays |= {f"group.{name}": getattr(state.group, name) for name in _GROUP}
    arrays |= {f"survival.{name}": getattr(state.survival, name) for name in _SURVIVAL}
    return arrays | {f"response.{number}": matched for number, matched in enumerate(state.responses.values())}


def _read(path: Path) -> tuple[RunState, str]:
    with safe_open(path, framework="numpy") as file:
        head = json.loads((file.metadata() or {})["state"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if head["version"] != _VERSION:
        raise ValueError("made by another version")
    admission, independence = head["admission"], head["independence"]
    run = RunState(
        seed=Seed(bytes.fromhex(head["seed"])),
        magnitude=head["magnitude"],
        admission=Admission(
            admission["tried"],
            tuple(admission["members"]),
            tuple(admission["accuracies"]),
            tuple(admission["refused"]),
        ),
        independence=None if independence is None else IndependenceRecord.model_validate(independence),
        tiers={name: _state(tier, name, arrays) for name, tier in head["tiers"].items()},
    )
    return run, head["purpose"]


def _state(head: Json, tier: str, arrays: Mapping[str, NDArray[Any]]) -> State:
    done = head["proxies_done"]
    group = None
    if done is not None:
        group = Group(**{name: arrays[f"{tier}.group.{name}"] for name in _GROUP}, proxies_done=done)
    return State(
        tally=Tally(**head["tally"]),
        dry=Tally(**head["dry"]),
        accepted=Accepted(**{name: arrays[f"{tier}.accepted.{name}"] for name in _ACCEPTED}),
        group=group,
        survival=Survival(**{name: arrays[f"{tier}.survival.{name}"] for name in _SURVIVAL}),
        responses={name: arrays[f"{tier}.response.{number}"] for number, name in enumerate(head["responses"])},
    )
