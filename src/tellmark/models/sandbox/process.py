"""The process that opens a suspect's file, seen from the one that asks it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tellmark.errors import ModelError
from tellmark.models.sandbox.frames import Frame, Pipe, PipeClosed, PipeError, PipeLate
from tellmark.models.sandbox.limits import Limits
from tellmark.models.sandbox.start import NOT_CUT
from tellmark.types import Json

_STARTING_S = 120.0
"""Beyond patience, for the interpreter and the framework."""

_ENDING_S = 10.0
_BY_SIGNAL = 128
"""Bubblewrap passes a death by signal on as an exit code above this."""


class Process:
    """A process that answers frames with frames until one of them is not as it should be; then it is ended.

    Parameters
    ----------
    command : sequence of str
    variables : dict of str to str
        Its whole environment.
    limits : Limits
    name : str
        Of the model, for errors.
    """

    def __init__(self, command: Sequence[str], variables: dict[str, str], limits: Limits, name: str) -> None:
        self._name = name
        self._limits = limits
        self._fault: str | None = None
        self._process = subprocess.Popen(
            command,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what it writes there could steer a terminal
            bufsize=0,
            start_new_session=True,
        )
        self.close = weakref.finalize(self, _end, self._process)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for stream in (self._process.stdin, self._process.stdout):
            os.set_blocking(stream.fileno(), False)
        self._pipe = Pipe(self._process.stdout.fileno(), self._process.stdin.fileno())
        self._grace = _STARTING_S

    def exchange(self, header: dict[str, Json], body: Sequence[Any] = (), *, most: int) -> Frame:
        """Send a frame, and wait for the one that answers it, of at most `most` bytes.

        Raises
        ------
        ModelError
            If the process died, was too slow, or answered something else; it is ended then.
        """
        if self._fault is not None or not self.close.alive:
            raise ModelError(self._fault or f"the sandbox of {self._name} is closed")
        deadline = time.monotonic() + self._limits.patience + self._grace
        self._grace = 0.0
        try:
            self._pipe.send(header, body, deadline=deadline)
            return self._pipe.receive(most=most, deadline=deadline)
        except PipeError as error:
            raise self.failed(error) from None
        except BaseException:
            self.close()  # the answer that is under way would be taken for the next one's
            raise

    def failed(self, error: PipeError) -> ModelError:
        """End the process, for which nothing that it says is taken any more; the error says why."""
        if isinstance(error, PipeClosed):
            why = self._why_it_ended()
        elif isinstance(error, PipeLate):
            why = f"it gave no answer within {self._limits.patience:g} s"
        else:
            why = str(error)
        self.close()
        self._fault = f"the sandbox of {self._name} was ended: {why}"
        return ModelError(self._fault)

    def _why_it_ended(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=_ENDING_S)
            number = -code if code < 0 else max(0, code - _BY_SIGNAL)
            if number == signal.SIGXCPU:
                return f"it used up its {self._limits.seconds} s of processor time"
            if number:
                memory = self._limits.memory / 2**30
                return f"it died of signal {number}, as where memory runs short (it has {memory:.3g} GiB)"
            if code == NOT_CUT:
                return "its network could not be cut off"
            return f"it stopped by itself, with exit code {code}"
        return "it does not answer any more"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and those in its group, and free what it took."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait(timeout=_ENDING_S)
