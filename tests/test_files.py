"""A file is replaced as a whole or not at all."""

from __future__ import annotations

import os
import re
import resource
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tellmark.errors import FileError
from tellmark.files import check_replaceable, open_to_read, remove_partials, remove_partials_of, replacing


def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old and longer"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, FileNotFoundError])
def test_whatever_the_block_raises_leaves_the_old_content_and_nothing_else(tmp_path: Path, failure):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(failure), replacing(path) as file:  # noqa: PT012
        file.write(b"half of the new")
        raise failure(2, "of another file", "elsewhere")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_secret_is_readable_by_its_owner_only(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    with replacing(path, mode=0o600) as file:
        assert {stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.iterdir() if entry != path} == {0o600}
        file.write(b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_temporary_file_has_the_name_of_what_it_becomes(tmp_path: Path):
    with replacing(tmp_path / "my.mark"):
        (temporary,) = tmp_path.iterdir()
    assert re.fullmatch(r"my\.mark\.[0-9a-f]{16}\.tmp", temporary.name)


@pytest.mark.parametrize("letter", ["x", "β"])
def test_the_longest_name_can_be_written(tmp_path: Path, letter):
    path = tmp_path / (letter * (255 // len(letter.encode())))
    with replacing(path) as file:
        file.write(b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_symbolic_link_stays_one(tmp_path: Path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@contextmanager
def disk_with_room_for(size: int) -> Iterator[None]:
    """Let writing beyond `size` bytes of a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize("size", [5_000, 5_000_000])
def test_a_full_disk_is_reported_and_leaves_the_old_content(tmp_path: Path, size):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with disk_with_room_for(1000), pytest.raises(FileError, match=f"cannot write {path}: "), replacing(path) as file:
        file.write(bytes(size))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(tmp_path: Path):
    with (
        pytest.raises(FileError, match=r"the folder .*missing does not exist, create it first"),
        replacing(tmp_path / "missing" / "file"),
    ):
        pass


@pytest.mark.parametrize("path", ["/dev/null", "."])
def test_devices_and_folders_are_never_replaced(path):
    with pytest.raises(FileError, match="not a regular file"), replacing(path):
        pass
    assert Path(path).exists()
    with pytest.raises(FileError, match="not a regular file"):
        open_to_read(path)


def test_a_name_that_is_too_long_is_reported(tmp_path: Path):
    with pytest.raises(FileError, match="file name too long"), replacing(tmp_path / ("x" * 300)):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_reported(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(FileError, match="permission denied"), replacing(tmp_path / "file"):
        pass


def test_a_missing_file_is_reported_in_a_sentence(tmp_path: Path):
    with pytest.raises(FileError, match=f"^cannot read {tmp_path}/none: no such file or directory$"):
        open_to_read(tmp_path / "none")


@pytest.mark.parametrize("existing", [None, b"old"])
def test_asking_whether_a_file_can_be_written_changes_nothing(tmp_path: Path, existing):
    path = tmp_path / "file"
    if existing is not None:
        path.write_bytes(existing)
    check_replaceable(path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == ([("file", b"old")] if existing else [])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere/file", "does not exist, create it first"),
        (".", "not a regular file"),
        ("file/file", "cannot write"),
        ("x" * 300, "file name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_known_beforehand(tmp_path: Path, name, says):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match=says):
        check_replaceable(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path):
    left = tmp_path / f"verdict.json.{'0a' * 8}.tmp"
    others = [tmp_path / name for name in ("verdict.json", "notes.tmp", f"{'0a' * 8}.tmp", f"x.{'0A' * 8}.tmp")]
    for path in (left, *others):
        path.write_bytes(b"")
    (tmp_path / f"folder.{'0a' * 8}.tmp").mkdir()
    remove_partials(tmp_path)
    assert not left.exists()
    assert all(path.exists() for path in others)
    assert len(list(tmp_path.iterdir())) == 5
    remove_partials(tmp_path / "nowhere")


def test_what_is_left_of_one_file_is_removed_and_of_others_not(tmp_path: Path):
    mine, others = (tmp_path / f"{name}.{'0a' * 8}.tmp" for name in ("mine", "minetoo"))
    for path in (mine, others):
        path.write_bytes(b"")
    remove_partials_of(tmp_path / "mine")
    assert not mine.exists()
    assert others.exists()
