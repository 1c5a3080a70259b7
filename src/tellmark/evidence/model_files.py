"""Digests of the files of the owner's model, named as in the manifest of a signed model (OpenSSF Model Signing).

References
----------
OpenSSF Model Signing specification, version 1. https://github.com/ossf/model-signing-spec
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from tellmark.digests import digest_file
from tellmark.errors import EvidenceError, FileError, InvalidInput
from tellmark.evidence.predicates import FileRecord
from tellmark.files import open_to_read

_LONGEST_NAME = 480


def model_files(paths: Sequence[Path]) -> tuple[FileRecord, ...]:
    """The files at these paths, sorted by name.

    A file has its own name, the files of a folder their way within it, with ``/`` between the parts.

    Raises
    ------
    InvalidInput
        If two files would have one name, one has no name that JSON can hold, or a folder holds none.
    FileError
        If a file cannot be read, or is a symbolic link within a folder: what it points to may be elsewhere tomorrow.
    """
    records: dict[str, FileRecord] = {}
    for path in paths:
        for name, file in _named_files(path):
            problem = problem_of_name(name)
            if problem is not None:
                raise InvalidInput(f"{str(file)!r} cannot be registered: its name {problem}")
            if name in records:
                raise InvalidInput(f"two model files are called {name}: give the folder that holds both, once")
            records[name] = FileRecord(name=name, digest=_digest(file))
    return tuple(records[name] for name in sorted(records))


def check_files(files: Sequence[FileRecord]) -> None:
    """Check the list of files that a registration states.

    Raises
    ------
    EvidenceError
        If a name is no relative path, or the names are not sorted, each there once.
    """
    names = [file.name for file in files]
    if any(problem_of_name(name) for name in names):
        raise EvidenceError("a model file has a name that is no relative path")
    if names != sorted(set(names)):
        raise EvidenceError("the model files are not in the order of their names, each once")


def problem_of_name(name: str) -> str | None:
    """Why this is no name of a file within a folder, as the end of a sentence; None if it is one."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "is no Unicode text"
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or str(path) != name:
        return "is no relative path in its shortest form"
    return "is too long" if len(name) > _LONGEST_NAME else None


def _named_files(path: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        yield path.name, path
        return
    files = sorted(file for file in path.rglob("*") if file.is_symlink() or not file.is_dir())
    if not files:
        raise InvalidInput(f"the folder {path} holds no file of a model")
    for file in files:
        if file.is_symlink():
            raise FileError(f"{file} is a symbolic link: give a folder with the files themselves")
        yield file.relative_to(path).as_posix(), file


def _digest(path: Path) -> str:
    open_to_read(path).close()  # says what is wrong, if anything is
    return digest_file(path)
