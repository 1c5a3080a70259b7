"""The first thing that the process for a suspect's file does: where asked to, it cuts itself off the network.

It is run by its path and imports nothing of Tellmark before: a process that has threads, as NumPy starts them, cannot
be given a user namespace any more.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import sys

NOT_CUT = 71
"""The exit code where the system does not let it."""

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def cut_network() -> None:
    """Move this process into a network of its own that has no interface but an unused loopback.

    Raises
    ------
    OSError
        If the system does not allow it.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_NEW_USER | _NEW_NETWORK) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def main(task: str) -> None:
    """``cut`` and go on, ``try`` to cut and end, or ``keep`` things as they are and go on."""
    if task in ("cut", "try"):
        try:
            cut_network()
        except (OSError, AttributeError) as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(NOT_CUT)
    if task != "try":
        runpy.run_module("tellmark.models.sandbox.child", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
