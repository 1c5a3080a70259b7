"""Errands on their way: each is done once, after those it needs; where its worker dies it is tried once more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tellmark.errors import FileError
from tellmark.theft.lab.worker_process import Errand, WorkerProcess
from tellmark.types import Json

if TYPE_CHECKING:
    from tellmark.theft.lab.workers import Workers

ATTEMPTS = 2
"""An errand whose worker dies is tried once more."""
_RETRY_S = 2.0


@dataclass
class Outcome:
    """What came of errands.

    Attributes
    ----------
    failed : dict
        By key: why it was not done.
    finished : bool
        Whether every errand was done or has failed; else time was up.
    """

    failed: dict[str, str] = field(default_factory=dict)
    finished: bool = True


class Spent(Protocol):
    """Is told where time went, in seconds, as soon as that is known."""

    def __call__(self, *, bare: float, busy: float) -> None:
        """`bare` went into an errand itself; `busy` is how long a worker was at it, or took to get ready."""
        ...


def unheeded(*, bare: float, busy: float) -> None:
    """A `Spent` for whoever does not want to know."""
    del bare, busy


@dataclass(eq=False)
class Round:
    """One set of errands on its way; see `tellmark.theft.lab.workers.Workers.run`, whose parameters these are."""

    workers: Workers
    errands: list[Errand]
    until: float | None
    progress: Callable[[int, int], None]
    spent: Spent
    outcome: Outcome = field(default_factory=Outcome)
    done: set[str] = field(default_factory=set)
    steps: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    not_before: dict[str, float] = field(default_factory=dict)

    def run(self) -> Outcome:
        """Until every errand is done or has failed, or time is up."""
        while open_ones := self._open():
            if self.until is not None and time.monotonic() >= self.until:
                self.workers.stop_all()
                self.outcome.finished = False
                return self.outcome
            self._hand_out(open_ones)
            said = self.workers.next_word(timeout=0.5)
            if said is not None:
                self._hear(*said)
        return self.outcome

    def _open(self) -> list[Errand]:
        """Errands neither done nor failed; those that need a failed one fail with it."""
        for errand in self.errands:
            lost = [key for key in errand.needs if key in self.outcome.failed]
            if lost and errand.key not in self.outcome.failed:
                self.outcome.failed[errand.key] = "what it is made from could not be made"
        return [one for one in self.errands if one.key not in self.done and one.key not in self.outcome.failed]

    def _hand_out(self, open_ones: list[Errand]) -> None:
        waited_for = {one.key for one in open_ones}
        ready = [one for one in open_ones if not waited_for & set(one.needs) and self._is_free(one)]
        for errand, worker in zip(ready, self.workers.available(len(open_ones)), strict=False):
            self.steps[errand.key] = 0
            worker.take(errand)

    def _is_free(self, errand: Errand) -> bool:
        """Whether nobody is at it: no worker here, nor another run a moment ago."""
        return not self.workers.at_work_on(errand) and self.not_before.get(errand.key, 0.0) <= time.monotonic()

    def _hear(self, worker: WorkerProcess, word: dict[str, Json] | None) -> None:
        errand = worker.errand
        if worker not in self.workers:
            return  # the last words of one that was stopped
        if word is None:
            self._lost(worker)
        elif "ready" in word:
            worker.ready = True
            self.spent(bare=0.0, busy=worker.seconds())
        elif errand is None:
            return
        elif "step" in word:
            self.steps[errand.key] += 1
            self._show()
        elif "fatal" in word:
            raise FileError(str(word["fatal"]))
        else:
            self._finished(worker, errand, word)

    def _finished(self, worker: WorkerProcess, errand: Errand, word: dict[str, Json]) -> None:
        worker.errand = None
        if "busy" in word:
            self.not_before[errand.key] = time.monotonic() + _RETRY_S
            return
        self.spent(bare=float(word.get("done", 0.0)), busy=worker.seconds())
        if "failed" in word:
            self.outcome.failed[errand.key] = str(word["failed"])
        else:
            self.done.add(errand.key)
        self._show()

    def _lost(self, worker: WorkerProcess) -> None:
        errand, reason = worker.errand, worker.last_words()
        self.workers.lose(worker)
        if errand is None:
            raise FileError(f"a worker could not start: {reason}")
        self.spent(bare=0.0, busy=worker.seconds())
        attempts = self.attempts[errand.key] = self.attempts.get(errand.key, 0) + 1
        if attempts >= ATTEMPTS:
            self.outcome.failed[errand.key] = f"its worker died {attempts} times: {reason}"

    def _show(self) -> None:
        total = sum(one.weight for one in self.errands)
        behind = 0
        for one in self.errands:
            finished = one.key in self.done or one.key in self.outcome.failed
            behind += one.weight if finished else min(self.steps.get(one.key, 0), one.weight)
        self.progress(behind, total)
