"""The ways to cut a process off, and the strongest of them that works here."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tellmark.errors import ModelError
from tellmark.models.sandbox import start
from tellmark.models.sandbox.view import TEMPORARY, View

_START = Path(start.__file__).resolve()
_TRIAL_S = 60.0


class Confinement(Protocol):
    """One way to start a process that is cut off."""

    @property
    def words(self) -> str:
        """What is kept from the process, and what is not."""
        ...

    def command(self, view: View) -> list[str]:
        """The command that starts it."""
        ...


@dataclass(frozen=True)
class Bubblewrap:
    """A file system of what is in view alone, read-only, and namespaces of its own for all the rest.

    References
    ----------
    https://github.com/containers/bubblewrap
    """

    @property
    def words(self) -> str:
        """What is kept from the process."""
        return "no network, no files but the suspect's and the installed packages, all of them read-only (bubblewrap)"

    def command(self, view: View) -> list[str]:
        """The command that starts it."""
        return [*self._wrapped(view), *_python(view, "keep")]

    def reason_against(self, view: View) -> str | None:
        """Why it does not work here; None where it does."""
        if shutil.which("bwrap") is None:
            return "bubblewrap (bwrap) is not installed"
        return _fault_of(
            [*self._wrapped(view), str(view.python), "-I", "-S", "-c", ""], view, "bubblewrap does not work here"
        )

    def _wrapped(self, view: View) -> list[str]:
        program = shutil.which("bwrap") or "bwrap"
        folder = str(view.folder)
        return [
            *(program, "--unshare-all", "--cap-drop", "ALL"),
            *("--proc", "/proc", "--dev", "/dev", "--dir", TEMPORARY, "--dir", folder),
            *(word for path in view.files for word in ("--ro-bind", str(path), str(path))),
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", folder, "--"),
        ]


@dataclass(frozen=True)
class NetworkNamespace:
    """A network of its own, with no way out."""

    @property
    def words(self) -> str:
        """What is kept from the process, and what is not."""
        return (
            "no network; your files and programs can be reached (a network namespace; install bubblewrap to hide them)"
        )

    def command(self, view: View) -> list[str]:
        """The command that starts it."""
        return _python(view, "cut")

    def reason_against(self, view: View) -> str | None:
        """Why it does not work here; None where it does."""
        return _fault_of(
            [str(view.python), "-I", "-S", str(_START), "try"], view, "the system allows no network namespace"
        )


@dataclass(frozen=True)
class LimitsAlone:
    """A process that is bound by its limits, and by nothing else."""

    @property
    def words(self) -> str:
        """What is kept from the process, and what is not."""
        return "limits on memory and time alone; the network and your files can be reached"

    def command(self, view: View) -> list[str]:
        """The command that starts it."""
        return _python(view, "keep")


def strongest(view: View, *, accept_network: bool) -> Confinement:
    """The strongest confinement that works here.

    Parameters
    ----------
    view : View
    accept_network : bool
        Whether a process that reaches the network is better than none.

    Raises
    ------
    ModelError
        If the network cannot be cut off, and that is not accepted.
    """
    faults: list[str] = []
    for confinement in (Bubblewrap(), NetworkNamespace()):
        fault = confinement.reason_against(view)
        if fault is None:
            return confinement
        faults.append(fault)
    if accept_network:
        return LimitsAlone()
    raise ModelError(
        f"the sandbox cannot cut off the network: {'; '.join(faults)}. Install bubblewrap, use a container without "
        f"network, or accept a sandbox with network (--sandbox-network)"
    )


def _python(view: View, task: str) -> list[str]:
    """Without the folder of the script, the current folder or user settings in the search path: all is in the view."""
    return [str(view.python), "-P", "-s", str(_START), task]


def _fault_of(command: list[str], view: View, what: str) -> str | None:
    try:
        tried = subprocess.run(
            command,
            env=view.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{what} ({type(error).__name__})"
    if tried.returncode == 0:
        return None
    said = tried.stderr.decode(errors="replace").strip().splitlines()
    return f"{what} ({said[-1]})" if said else what
