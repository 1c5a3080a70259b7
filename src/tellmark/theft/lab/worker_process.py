"""One worker process, seen from the one that sends it on errands."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tellmark.types import Json

_QUIT_S = 10.0
_PACKAGES = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Errand:
    """Something that a worker can do by itself.

    Attributes
    ----------
    key : str
        Unique among the errands.
    words : str
        What messages call it.
    message : dict
        What the worker is told.
    needs : tuple of str
        Keys of errands that must be done before.
    weight : int
        About how many steps it has.
    """

    key: str
    words: str
    message: dict[str, Json] = field(repr=False)
    needs: tuple[str, ...] = ()
    weight: int = 1


class WorkerProcess:
    """A process that reads errands and writes what came of them; see `tellmark.theft.lab.workers.Workers`.

    Parameters
    ----------
    command : sequence of str
    log : Path
        Gets what it writes on standard error.
    said : queue.Queue
        Gets the worker and each of its messages, and in the end the worker and None.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        said: queue.Queue[tuple[WorkerProcess, dict[str, Json] | None]],
    ) -> None:
        self.errand: Errand | None = None
        self.ready = False
        self._since = time.monotonic()
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._errors: IO[bytes] = log.open("ab")
        paths = [str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)},
        )
        threading.Thread(target=self._listen, args=(said,), daemon=True).start()

    def take(self, errand: Errand) -> None:
        """Send the worker on an errand; if it has just died, its end is in the queue already."""
        self.errand = errand
        self._since = time.monotonic()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(errand.message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return

    def seconds(self) -> float:
        """Since it was started, or took its errand."""
        return time.monotonic() - self._since

    def stop(self) -> None:
        """End the process, and free what it took."""
        self._process.kill()
        self._process.wait(timeout=_QUIT_S)
        for stream in (self._process.stdin, self._errors):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue

    def last_words(self) -> str:
        """How it ended, and where to read more."""
        code = self._process.wait(timeout=_QUIT_S)
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        last = f", {lines[-1].strip()}" if lines and code > 0 else ""
        return f"{how}{last} (see {self._log.parent.name}/{self._log.name} among the results)"

    def _listen(self, said: queue.Queue[tuple[WorkerProcess, dict[str, Json] | None]]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                said.put((self, json.loads(line)))
        said.put((self, None))
