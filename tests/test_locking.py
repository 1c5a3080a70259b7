"""Only one process holds a lock, and none is left behind."""

import subprocess
import sys

import pytest

from tellmark.errors import FileError
from tellmark.locking import sole_run

HOLD = """
import pathlib, sys
from tellmark.locking import sole_run
with sole_run(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    lock = tmp_path / "my.mark.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        yield lock, holder
        holder.kill()


def test_a_second_run_is_refused_while_the_first_is_at_work(held):
    lock, holder = held
    with pytest.raises(FileError, match="another run is at work on my.mark"), sole_run(lock):
        pass
    holder.communicate("")
    assert not lock.exists()
    with sole_run(lock):
        assert lock.exists()
    assert not lock.exists()


def test_a_killed_run_is_no_hindrance(held):
    lock, holder = held
    holder.kill()
    holder.wait()
    with sole_run(lock):
        pass
    assert not lock.exists()


def test_a_failed_run_leaves_no_lock(tmp_path):
    lock = tmp_path / "my.mark.lock"
    with pytest.raises(ZeroDivisionError), sole_run(lock):
        raise ZeroDivisionError
    assert not lock.exists()


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(FileError, match="cannot write"), sole_run(tmp_path / "missing" / "lock"):
        pass
