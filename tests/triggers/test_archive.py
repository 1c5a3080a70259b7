"""The canonical zip: every zip reader reads it, and nothing but it is read."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tellmark.digests import digest_bytes
from tellmark.errors import MarkError
from tellmark.triggers.archive import Archive, ArchiveWriter, FilePart, archive_chunks
from tellmark.triggers.zip_records import Entry, directory, local_header

MEMBERS = {"a.json": b"{}", "empty": b"", "b.bin": bytes(range(256)) * 10}


def written(members: dict[str, bytes]) -> bytes:
    """The archive as the writer writes it, each member in two pieces."""
    file = io.BytesIO()
    writer = ArchiveWriter(file)
    for name, content in members.items():
        with writer.member(name) as member:
            member.write(content[:3])
            member.write(content[3:])
    writer.finish()
    return file.getvalue()


def opened(data: bytes, *, before: bytes = b"") -> Archive:
    return Archive(FilePart(io.BytesIO(before + data), len(before), len(data)), name="my.mark")


names = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-", min_size=1, max_size=20)


@given(st.dictionaries(names, st.binary(max_size=200), max_size=5), st.binary(max_size=10))
def test_what_is_written_is_read_back_wherever_it_lies_in_a_file(members, before):
    archive = opened(written(members), before=before)
    assert {name: archive.read(name) for name in archive.entries} == members
    assert list(archive.entries) == list(members)


@given(st.dictionaries(names, st.binary(max_size=200), max_size=5))
def test_the_writer_and_the_stream_give_the_same_bytes(members):
    assert b"".join(archive_chunks(members.items())) == written(members)


def test_the_standard_library_reads_it():
    with zipfile.ZipFile(io.BytesIO(written(MEMBERS))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == MEMBERS
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100600}


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs unzip")
def test_unzip_reads_it(tmp_path: Path):
    (tmp_path / "file.zip").write_bytes(written(MEMBERS))
    subprocess.run(["unzip", "-q", "file.zip"], cwd=tmp_path, check=True)  # noqa: S607
    assert {name: (tmp_path / name).read_bytes() for name in MEMBERS} == MEMBERS


def test_members_of_more_than_four_gigabytes_have_headers_that_say_so():
    entries = [Entry("large", 0, 5 << 30, 7), Entry("small", (5 << 30) + 55, 1, 8)]
    file = io.BytesIO(directory(entries))
    with zipfile.ZipFile(OnlyTheEnd(file.getvalue(), offset=entries[-1].stop)) as archive:
        assert [(info.header_offset, info.file_size) for info in archive.infolist()] == [
            (0, 5 << 30),
            (entries[1].offset, 1),
        ]


class OnlyTheEnd(io.RawIOBase):
    """A file of which only the bytes from `offset` on exist."""

    def __init__(self, data: bytes, *, offset: int) -> None:
        self._file, self._offset = io.BytesIO(data), offset

    def seekable(self) -> bool:
        return True

    def seek(self, position: int, whence: int = 0, /) -> int:
        if whence == io.SEEK_SET:
            position -= self._offset
        return self._file.seek(position, whence) + self._offset

    def tell(self) -> int:
        return self._file.tell() + self._offset

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)


def test_every_changed_byte_is_noticed():
    data = written(MEMBERS)
    for position in range(len(data)):
        for mask in (0x01, 0x20, 0x80):
            changed = data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]
            with pytest.raises(MarkError):
                everything(changed)


def test_every_truncation_and_every_appendix_is_noticed():
    data = written(MEMBERS)
    for size in range(len(data)):
        with pytest.raises(MarkError):
            everything(data[:size])
    for appendix in (b"\0", data, b"PK"):
        with pytest.raises(MarkError):
            everything(data + appendix)
        with pytest.raises(MarkError):
            everything(appendix + data)


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda tail: b"PK\3\4" + tail + directory([])))
def test_arbitrary_bytes_are_no_archive(data):
    if data == directory([]):
        return
    with pytest.raises(MarkError):
        everything(data)


def everything(data: bytes) -> dict[str, bytes]:
    archive = opened(data)
    return {name: archive.read(name) for name in archive.entries}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_packed_by_another_program_is_refused(method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a.json", "{}" * 100)
    with pytest.raises(MarkError, match="changed after it was made"):
        opened(file.getvalue())


def test_two_members_of_one_name_are_refused():
    data = b"".join(archive_chunks([("a.json", b"{}"), ("a.json", b"[]")]))
    with pytest.raises(MarkError, match="two members of one name"):
        opened(data)


@pytest.mark.parametrize("size", [2, 10**9, 2**64 - 1])
def test_sizes_that_lie_are_refused_before_anything_is_read(size):
    content = b"{}{}"
    lying = Entry("a.json", 0, size, 0)
    data = local_header(lying) + content
    end = bytearray(directory([Entry("a.json", 0, len(content), 0)]))
    at = end.index(b"PK\6\6") - 24
    end[at : at + 8] = end[at + 8 : at + 16] = size.to_bytes(8, "little")
    with pytest.raises(MarkError, match="truncated, or was changed"):
        opened(bytes(data + end))


def test_overlapping_members_are_refused():
    """The trick of a zip bomb without compression: many entries, one content."""
    first = Entry("a.json", 0, 1000, 0)
    entries = [first, Entry("b.json", 10, 990, 0)]
    data = local_header(first) + bytes(1000)
    with pytest.raises(MarkError, match="truncated, or was changed"):
        opened(data + directory(entries))


def test_a_directory_size_beyond_the_file_is_refused():
    data = bytearray(written(MEMBERS))
    at = data.index(b"PK\6\6") + 40
    data[at : at + 8] = (2**63).to_bytes(8, "little")
    with pytest.raises(MarkError, match="truncated, or was changed"):
        opened(bytes(data))


def test_content_is_refused_above_its_limit_and_when_it_is_missing():
    archive = opened(written(MEMBERS))
    assert archive.read("b.bin", limit=2560) == MEMBERS["b.bin"]
    with pytest.raises(MarkError, match=r"b.bin in my.mark has 2560 bytes, and at most 2559 are allowed"):
        archive.read("b.bin", limit=2559)
    with pytest.raises(MarkError, match=r"my.mark has no member c.bin"):
        archive.read("c.bin")


def test_a_digest_is_that_of_the_content():
    assert opened(written(MEMBERS)).digest("b.bin") == digest_bytes(MEMBERS["b.bin"])
