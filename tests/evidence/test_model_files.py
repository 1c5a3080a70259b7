"""Files of a model are named within their folder and digested byte for byte."""

from __future__ import annotations

import hashlib

import pytest

from tellmark.errors import EvidenceError, FileError, InvalidInput
from tellmark.evidence.model_files import check_files, model_files
from tellmark.evidence.predicates import FileRecord


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net" / "deep").mkdir(parents=True)
    (tmp_path / "net" / "b.bin").write_bytes(b"bb")
    (tmp_path / "net" / "deep" / "a.bin").write_bytes(b"aa")
    (tmp_path / "net" / "Ω.txt").write_bytes(b"")
    return tmp_path


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def test_a_folder_gives_its_files_by_their_way_within_it(folder):
    found = {record.name: record.digest for record in model_files([folder / "net"])}
    assert found == {"b.bin": digest(b"bb"), "deep/a.bin": digest(b"aa"), "Ω.txt": digest(b"")}
    check_files(model_files([folder / "net"]))


def test_a_file_has_its_own_name_and_the_order_given_does_not_count(folder):
    paths = [folder / "net" / "deep" / "a.bin", folder / "net" / "b.bin"]
    assert [record.name for record in model_files(paths)] == ["a.bin", "b.bin"]
    assert model_files(paths) == model_files(paths[::-1])
    assert model_files([]) == ()


def test_two_files_of_one_name_are_refused(folder):
    (folder / "b.bin").write_bytes(b"other")
    with pytest.raises(InvalidInput, match=r"two model files are called b\.bin"):
        model_files([folder / "net" / "b.bin", folder / "b.bin"])


def test_links_and_empty_folders_and_missing_files_are_refused(folder):
    (folder / "empty").mkdir()
    with pytest.raises(InvalidInput, match="holds no file"):
        model_files([folder / "empty"])
    with pytest.raises(FileError):
        model_files([folder / "nowhere.bin"])
    (folder / "net" / "link.bin").symlink_to(folder / "net" / "b.bin")
    with pytest.raises(FileError, match="symbolic link"):
        model_files([folder / "net"])


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../b", "a//b", "./a", ".", "", "a/", "n" * 481, "\ud800"])
def test_a_name_that_is_no_relative_path_is_refused(name):
    with pytest.raises(EvidenceError, match="no relative path"):
        check_files([FileRecord(name=name, digest=digest(b""))])
