"""Resident memory of this process, as the system counts it."""

from __future__ import annotations

from pathlib import Path


def resident(name: str) -> int:
    """``VmRSS``, resident memory now, or ``VmHWM``, its peak, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"this system does not report {name}: resident memory is measured on Linux only")
