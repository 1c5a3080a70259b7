"""Limits bind a process for good, from what it has already on."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from tellmark.errors import InvalidInput
from tellmark.memory import available_memory
from tellmark.models.sandbox.limits import Limits

GIB = 1 << 30


def in_a_process(code: str):
    """What a fresh process prints that has imposed 1 GiB and 50 s on itself."""
    before = "import json, resource\nfrom tellmark.models.sandbox.limits import Limits, impose\n"
    script = f"{before}impose(Limits(memory={GIB}, seconds=50))\n{code}"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def test_memory_is_counted_from_what_there_is():
    code = """
found = []
for size in (1 << 28, 1 << 31):
    try:
        bytearray(size)
        found.append("had")
    except MemoryError:
        found.append("refused")
print(json.dumps(found))
"""
    assert in_a_process(code) == ["had", "refused"]


def test_every_limit_is_set_and_hard():
    names = ("RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CORE")
    cpu, *rest = in_a_process(f"print(json.dumps([resource.getrlimit(getattr(resource, n)) for n in {names}]))")
    assert 50 <= cpu[0] <= 60
    assert cpu[1] == cpu[0] + 1
    assert rest == [[256, 256], [0, 0], [0, 0]]


def test_a_lower_limit_stays():
    code = "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)); impose(Limits(memory=1 << 29))\n"
    assert in_a_process(code + "print(json.dumps(resource.getrlimit(resource.RLIMIT_NOFILE)))") == [40, 40]


def test_free_memory_is_what_the_limit_leaves():
    found = in_a_process("from tellmark.memory import available_memory\nprint(json.dumps(available_memory()))")
    assert found <= GIB
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != GIB  # nothing was done to this process


def test_half_of_what_is_free_by_default():
    assert 0 < Limits().memory <= available_memory()


@pytest.mark.parametrize("given", [{"memory": 0}, {"seconds": -1}, {"patience": 0}, {"patience": float("nan")}])
def test_limits_that_are_none(given):
    with pytest.raises(InvalidInput, match="must be above 0"):
        Limits(**given)
