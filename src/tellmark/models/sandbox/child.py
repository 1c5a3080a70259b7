"""The process that opens a suspect's file: it loads the model, and answers what comes through the pipe."""

from __future__ import annotations

import os
import select
import sys
import tempfile
import threading
from collections.abc import Callable

from tellmark.errors import ModelError, TellmarkError
from tellmark.models.answers import first_line, is_out_of_memory
from tellmark.models.base import Model
from tellmark.models.registry import loader_of
from tellmark.models.sandbox.frames import Pipe, PipeClosed
from tellmark.models.sandbox.limits import Limits, impose
from tellmark.models.sandbox.messages import (
    Message,
    answers_message,
    batch_in,
    error_message,
    info_message,
    spec_in,
)
from tellmark.models.sandbox.view import TEMPORARY

_ANY_SIZE = 1 << 62


def serve(pipe: Pipe) -> None:
    """Load the model that the first frame names, within the limits that it sets, and answer the batches that follow.

    The framework is imported before the limits hold: it is no part of the file.
    """
    order = pipe.receive(most=0).header
    loaded: list[Model] = []

    def load() -> Message:
        spec = spec_in(order["spec"])
        loader = loader_of(spec.kind)
        impose(Limits(**order["limits"]))
        loaded.append(loader(spec))
        return info_message(loaded[0].info)

    pipe.send(*_in_a_sentence(load))
    while loaded:
        frame = pipe.receive(most=_ANY_SIZE)
        pipe.send(*_in_a_sentence(lambda frame=frame: answers_message(loaded[0].query(batch_in(frame)))))


def _in_a_sentence(do: Callable[[], Message]) -> Message:
    """The message that comes of it; every failure is one as well."""
    try:
        return do()
    except TellmarkError as error:
        return error_message(error)
    except Exception as error:  # noqa: BLE001 - a hostile file may cause anything
        if is_out_of_memory(error):
            return error_message(ModelError("the suspect's file takes more memory than the sandbox has"))
        words = f"{type(error).__name__}: {first_line(error)}"
        return error_message(ModelError(f"the suspect's file cannot be used: {words}"))


def _end_with(reading: int) -> None:
    """End this process, whatever it is at, once nobody is left who could ask it: a graph may have no end of its own."""
    poll = select.poll()
    poll.register(reading, 0)  # no event but that the other end is closed, which is told unasked
    poll.poll()
    os._exit(0)


def main() -> None:
    """Answer on what was standard output; whatever a library prints there goes nowhere."""
    writing = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    threading.Thread(target=_end_with, args=(0,), daemon=True).start()
    tempfile.tempdir = TEMPORARY  # else whoever asks for its name would try to write there, and fail
    try:
        serve(Pipe(0, writing))
    except PipeClosed:
        sys.exit(0)


if __name__ == "__main__":
    main()
