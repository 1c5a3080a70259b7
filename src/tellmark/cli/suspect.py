"""A suspect as the options name it: in this process, or in a sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from tellmark.errors import InvalidInput

if TYPE_CHECKING:
    from tellmark.models.base import Model

_GIB = 1 << 30
_MOST_GIB = 1 << 20


@dataclass(frozen=True)
class SandboxChoice:
    """What the options say of the sandbox.

    Attributes
    ----------
    wanted : bool
    network : bool
        Whether one that cannot cut off the network will do.
    memory : float or None
        GiB.
    seconds : int or None
        Of processor time.

    Raises
    ------
    InvalidInput
        If there are words about a sandbox that is not wanted.
    """

    wanted: bool
    network: bool = False
    memory: float | None = None
    seconds: int | None = None

    def __post_init__(self) -> None:
        if not self.wanted and (self.network or self.memory is not None or self.seconds is not None):
            raise InvalidInput("there is no sandbox to give a network, memory or seconds to: add --sandbox")
        if self.memory is not None and not 0 < self.memory <= _MOST_GIB:
            raise InvalidInput(f"the sandbox's memory must be above 0 and at most {_MOST_GIB} GiB, not {self.memory:g}")

    @property
    def bytes(self) -> int | None:
        """Of memory."""
        return None if self.memory is None else max(1, int(self.memory * _GIB))


def confined(specs: Sequence[str], sandbox: SandboxChoice) -> list[tuple[str, SandboxChoice]]:
    """Each of several models with its sandbox: those in files have the one that is wanted, others none.

    Where no model is in a file, all have it, and the first that is loaded says that there is nothing to put in it.
    """
    from tellmark.models.sandbox.loading import KINDS
    from tellmark.models.spec import parse_spec

    in_files = [parse_spec(spec).kind in KINDS for spec in specs]
    outside = SandboxChoice(wanted=False)
    return [
        (spec, sandbox if there or not any(in_files) else outside) for spec, there in zip(specs, in_files, strict=True)
    ]


@contextmanager
def suspect_loaded(
    spec: str, sandbox: SandboxChoice, *, trust: bool, device: str | None, batch_size: int | None
) -> Iterator[Model]:
    """The suspect, for the ``with`` block; what its sandbox keeps from it goes to standard error.

    Raises
    ------
    TellmarkError
        As of `tellmark.load_model`, or of `load_sandboxed`.
    """
    from tellmark.models.loading import load_model
    from tellmark.models.sandbox.limits import Limits
    from tellmark.models.sandbox.loading import load_sandboxed

    if not sandbox.wanted:
        yield load_model(spec, trust=trust, device=device, batch_size=batch_size)
        return
    if trust:
        raise InvalidInput("--trust says that you made the file, --sandbox that a stranger did: give one of them")
    given = {"memory": sandbox.bytes, "seconds": sandbox.seconds}
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    loaded = load_sandboxed(spec, device=device, batch_size=batch_size, limits=limits, accept_network=sandbox.network)
    with loaded as model:
        typer.echo(f"Sandbox: {model.confinement}", err=True)
        yield model
