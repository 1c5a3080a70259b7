"""How much memory is free, on this machine and on a GPU."""

from __future__ import annotations

from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_STATM = Path("/proc/self/statm")
_UNKNOWN = 2 << 30
"""Assumed where the system does not tell."""


def available_memory(*, meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """Bytes that this process can still allocate: the least of the machine's, its container's and its own limit's."""
    amounts = [amount for amount in (_machine(meminfo), _container(cgroup), _process()) if amount is not None]
    return min(amounts, default=_UNKNOWN)


def _machine(meminfo: Path) -> int | None:
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return None


def _container(cgroup: Path) -> int | None:
    """Control group version 2: the limit less what is in use."""
    try:
        limit = (cgroup / "memory.max").read_text(encoding="ascii").strip()
        used = (cgroup / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return None if limit == "max" else max(0, int(limit) - int(used))


def _process() -> int | None:
    """The limit of the address space (``ulimit -v``) less what is in use; systems other than Linux do not tell."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        pages = int(_STATM.read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return None
    return None if limit == resource.RLIM_INFINITY else max(0, limit - pages * resource.getpagesize())
