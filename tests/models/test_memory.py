"""Free memory, as Linux tells it."""

from __future__ import annotations

import pytest

from tellmark.models.memory import available_memory

MEMINFO = "MemTotal: 100 kB\nMemFree: 20 kB\nMemAvailable:   50 kB\n"


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [("max", "7", 50 * 1024), ("40000", "10000", 30000), ("999999", "0", 50 * 1024), ("10", "50", 0)],
)
def test_the_smaller_of_machine_and_container(tmp_path, limit, used, expected):
    (tmp_path / "meminfo").write_text(MEMINFO)
    (tmp_path / "memory.max").write_text(limit + "\n")
    (tmp_path / "memory.current").write_text(used + "\n")
    assert available_memory(meminfo=tmp_path / "meminfo", cgroup=tmp_path) == expected


def test_the_machine_alone(tmp_path):
    (tmp_path / "meminfo").write_text(MEMINFO)
    assert available_memory(meminfo=tmp_path / "meminfo", cgroup=tmp_path) == 50 * 1024


def test_a_system_that_does_not_tell(tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 100 kB\n")
    for meminfo in (tmp_path / "meminfo", tmp_path / "absent"):
        assert available_memory(meminfo=meminfo, cgroup=tmp_path / "absent") == 2 << 30


def test_this_machine_has_some():
    assert available_memory() > 0
