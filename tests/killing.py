"""Kills a verification before any line of what writes it down, and counts these lines."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

WATCHED = ("/models/wrappers/", "/verification/conduct", "/verification/drift")
"""Parts of the names of modules in which a run is killed."""


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Run `work` in a process that is killed before line number `step` of the watched modules; False if it ended."""
    child = os.fork()
    if child == 0:
        left = step

        def watch(frame, event, argument):
            nonlocal left
            if not any(part in frame.f_code.co_filename for part in WATCHED):
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return watch

        code = 1
        try:
            sys.settrace(watch)
            work()
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def lines_of(work: Callable[[], object]) -> int:
    """How many lines of the watched modules `work` runs."""
    count = 0

    def watch(frame, event, argument):
        nonlocal count
        if not any(part in frame.f_code.co_filename for part in WATCHED):
            return None
        count += event == "line"
        return watch

    sys.settrace(watch)
    try:
        work()
    finally:
        sys.settrace(None)
    return count
