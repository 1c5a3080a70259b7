"""What the process that opens a suspect's file may take of this machine."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path

from tellmark.errors import InvalidInput
from tellmark.memory import available_memory

_OPEN_FILES = 256
_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Limits:
    """Bounds that hold from the moment the file is opened; what the framework itself takes is granted before.

    The process may have 256 files open, and write none.

    Attributes
    ----------
    memory : int
        Bytes of address space. Half of the free memory when left out.
    seconds : int
        Processor time, of all threads together, for loading and all answers.
    patience : float
        Seconds by the clock that loading, or the answers to one piece of a batch, may take.

    Raises
    ------
    InvalidInput
        If one of them is not above 0.
    """

    memory: int = field(default_factory=lambda: available_memory() // 2)
    seconds: int = 3600
    patience: float = 600.0

    def __post_init__(self) -> None:
        for name, value in (("memory", self.memory), ("seconds", self.seconds), ("patience", self.patience)):
            if not 0 < value < math.inf:
                raise InvalidInput(f"the sandbox's {name} must be above 0, not {value}")


def impose(limits: Limits) -> None:
    """Bind this process to `limits`, for good: what it takes already is left to it, and no more than they say is added.

    For Linux alone.
    """
    import resource

    _bind(resource.RLIMIT_AS, _address_space() + limits.memory)
    processor = math.ceil(time.process_time()) + limits.seconds
    _bind(resource.RLIMIT_CPU, processor, hard=processor + 1)  # the first ends the process by a signal that tells why
    _bind(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _bind(resource.RLIMIT_FSIZE, 0)
    _bind(resource.RLIMIT_CORE, 0)


def _bind(kind: int, soft: int, *, hard: int | None = None) -> None:
    """Set one limit, or leave the one there is where that is lower."""
    import resource

    highest = resource.getrlimit(kind)[1]
    both = (soft, soft if hard is None else hard)
    resource.setrlimit(
        kind, both if highest == resource.RLIM_INFINITY else (min(both[0], highest), min(both[1], highest))
    )


def _address_space() -> int:
    import resource

    return int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
