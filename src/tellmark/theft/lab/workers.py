"""Worker processes: a few of them, each with one errand at a time."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from tellmark.theft.lab.errands import Outcome, Round, Spent, unheeded
from tellmark.theft.lab.worker_process import Errand, WorkerProcess
from tellmark.types import Json


class Workers:
    """A few processes that run errands; a context manager, at whose end they stop.

    Parameters
    ----------
    command : sequence of str
        Starts a worker. It says ``{"ready": true}``, then reads one message per line, and answers each with
        ``{"done": seconds}``, ``{"busy": true}`` where another run is at it, ``{"failed": reason}`` or
        ``{"fatal": reason}``; before that it may say ``{"step": true}`` any number of times. When its input ends it
        stops at once.
    count : int
    logs : Path
        Folder for what workers write on standard error.
    """

    def __init__(self, command: Sequence[str], *, count: int, logs: Path) -> None:
        self._command = list(command)
        self._logs = logs
        self._said: queue.Queue[tuple[WorkerProcess, dict[str, Json] | None]] = queue.Queue()
        self._count = count
        self._started = 0
        self._workers: list[WorkerProcess] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop_all()

    def run(
        self,
        errands: Sequence[Errand],
        *,
        until: float | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
        spent: Spent = unheeded,
    ) -> Outcome:
        """Run errands, each after those that it needs.

        Parameters
        ----------
        errands : sequence of Errand
        until : float, optional
            By `time.monotonic`: when to stop, whatever is under way.
        progress : callable
            Told how many steps are behind, and how many there are.
        spent : callable
            Told where time went.

        Raises
        ------
        FileError
            If a worker cannot start, or cannot write.
        """
        return Round(self, list(errands), until, progress, spent).run()

    def available(self, wanted: int) -> list[WorkerProcess]:
        """Workers without an errand, after as many as are `wanted` were started, up to the count."""
        while len(self._workers) < min(self._count, wanted):
            self._started += 1
            log = self._logs / f"worker-{self._started}.log"
            self._workers.append(WorkerProcess(self._command, log, self._said))
        return [worker for worker in self._workers if worker.ready and worker.errand is None]

    def __contains__(self, worker: object) -> bool:
        return worker in self._workers

    def at_work_on(self, errand: Errand) -> bool:
        """Whether some worker is at this errand."""
        return any(worker.errand is errand for worker in self._workers)

    def next_word(self, timeout: float) -> tuple[WorkerProcess, dict[str, Json] | None] | None:
        """What a worker said next; a message of None is its end. None if all were silent."""
        try:
            return self._said.get(timeout=timeout)
        except queue.Empty:
            return None

    def lose(self, worker: WorkerProcess) -> None:
        """Forget a worker that has died."""
        worker.stop()
        self._workers.remove(worker)

    def stop_all(self) -> None:
        """Stop everyone, whatever they are at."""
        for worker in list(self._workers):
            self.lose(worker)
