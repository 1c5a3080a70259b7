"""A file of lines grows behind its last whole line, and what was torn is cut off."""

from __future__ import annotations

import errno

import pytest

from tellmark.errors import FileError
from tellmark.models.wrappers.growing import GrowingFile


@pytest.mark.parametrize(
    ("there", "length", "kept"),
    [(b"", 0, b""), (b"one\n", 4, b"one\n"), (b"one\ntw", 4, b"one\n"), (b"one", 3, b"one\n")],
    ids=["empty", "whole", "torn", "without its line feed"],
)
def test_lines_are_added_behind_the_last_whole_one(tmp_path, there, length, kept):
    path = tmp_path / "lines"
    path.write_bytes(there)
    file = GrowingFile(path, length)
    file.add(b"next")
    file.settle()
    file.close()
    assert path.read_bytes() == kept + b"next\n"
    assert file.length == len(kept) + 5


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(FileError, match=r"cannot write .*missing: no such file"):
        GrowingFile(tmp_path / "missing", 0)


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_is_said_in_a_sentence(tmp_path, monkeypatch, call):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "lines"
    path.write_bytes(b"")
    file = GrowingFile(path, 0)
    monkeypatch.setattr(f"tellmark.models.wrappers.growing.os.{call}", full)
    step = {"write": lambda: file.add(b"one"), "fsync": file.settle}[call]
    with pytest.raises(FileError, match=r"cannot write .*lines: no space left on device"):
        step()
    monkeypatch.undo()
    file.close()
