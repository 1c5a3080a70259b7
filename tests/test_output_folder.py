"""A folder appears as a whole or not at all, and replaces only what may be replaced."""

from __future__ import annotations

import pytest

from tellmark.errors import FileError, InvalidInput
from tellmark.output_folder import new_folder, write_whole


def yes(folder):
    return True


def written(path, **options):
    with new_folder(path, **options) as folder:
        write_whole(folder / "a.txt", b"new")


def test_it_appears_when_the_block_ends(tmp_path):
    with new_folder(tmp_path / "made") as folder:
        write_whole(folder / "a.txt", b"new")
        assert not (tmp_path / "made").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert (tmp_path / "made" / "a.txt").read_bytes() == b"new"


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "made").mkdir()
    written(tmp_path / "made")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["a.txt"]


def test_what_may_be_replaced_is_replaced_as_a_whole(tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old.txt").write_text("old")
    with pytest.raises(InvalidInput, match="made exists and is not empty: choose another name"):
        written(tmp_path / "made")
    written(tmp_path / "made", may_replace=yes)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [RuntimeError("x"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_nothing_changes_if_the_block_fails(tmp_path, error):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old.txt").write_text("old")

    def fail():
        with new_folder(tmp_path / "made", may_replace=yes) as folder:
            write_whole(folder / "a.txt", b"new")
            raise error

    with pytest.raises((type(error), FileError)):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["old.txt"]


def test_a_full_disk_is_named_and_an_error_of_another_file_is_not_blamed_on_the_folder(tmp_path):
    with (
        pytest.raises(FileError, match="cannot write .*made: no space left on device"),
        new_folder(tmp_path / "made"),
    ):
        raise OSError(28, "No space left on device")
    with pytest.raises(FileNotFoundError), new_folder(tmp_path / "made"):
        (tmp_path / "elsewhere.txt").read_text()


def test_the_old_folder_comes_back_if_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old.txt").write_text("old")
    real = type(tmp_path).rename

    def rename(self, target):
        if self.name.endswith(".tmp"):
            raise OSError(5, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", rename)
    with pytest.raises(FileError, match="input/output error"):
        written(tmp_path / "made", may_replace=yes)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert (tmp_path / "made" / "old.txt").exists()


def test_a_file_in_the_way_or_no_folder_above_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput, match="file exists and is no folder"):
        written(tmp_path / "file", may_replace=yes)
    with pytest.raises(FileError, match="the folder .*missing does not exist, create it first"):
        written(tmp_path / "missing" / "made")
    with pytest.raises(FileError, match="does not exist"):
        written(tmp_path / "file" / "made")


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    written(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a.txt").exists()
