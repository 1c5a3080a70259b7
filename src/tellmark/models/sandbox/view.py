"""What the process for a suspect's file has to see: the model's files, the interpreter, and the installed packages."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tellmark
from tellmark.errors import FileError, InvalidInput
from tellmark.files import open_to_read
from tellmark.models.spec import ModelSpec

_PACKAGES = Path(tellmark.__file__).resolve().parents[1]
_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"),
)
"""Shared libraries, and how they are found; nothing of a user."""

TEMPORARY = "/tmp"  # noqa: S108 - nothing is ever written there
"""Where libraries are told that temporary files go; the process can write none."""

_KEPT = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class View:
    """Files and variables.

    Attributes
    ----------
    files : tuple of Path
        Absolute; folders with all that is in them.
    folder : Path
        The current folder, from which relative names start.
    variables : dict of str to str
        The whole environment.
    python : Path
        The interpreter.
    """

    files: tuple[Path, ...]
    folder: Path
    variables: dict[str, str]
    python: Path


def view_of(spec: ModelSpec) -> View:
    """What it takes to load the model that `spec` names.

    Raises
    ------
    InvalidInput
        If the model's folder is the home folder, or one above it: all of the user's files would be in view.
    FileError
        If there is no such file.
    """
    folder = Path.cwd()
    own = [_checked(folder / name) for name in _model_files(spec)]
    code = _importable_in(folder) if spec.kind == "torch" else []
    packages = _search_path(folder)
    python = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent]
    system = [Path(name) for name in _SYSTEM if Path(name).exists()]
    return View(
        tuple(dict.fromkeys([*system, *python, *packages, *code, *own])),
        folder,
        _variables(packages),
        Path(sys.executable),
    )


def _model_files(spec: ModelSpec) -> list[Path]:
    """The file; with ``onnx`` its folder, where weights may lie beside it; with ``stolen`` the folder it is."""
    if spec.kind == "torch":
        return [_readable(Path(spec.options["weights"]))] if "weights" in spec.options else []
    path = Path(spec.target)
    if spec.kind == "stolen":
        if not path.is_dir():
            raise FileError(f"there is no folder {path}")
        return [path]
    return [_readable(path).parent] if spec.kind == "onnx" else [_readable(path)]


def _readable(path: Path) -> Path:
    open_to_read(path).close()
    return path


def _checked(path: Path) -> Path:
    if path.is_dir() and _holds_home(path):
        raise InvalidInput(
            f"the suspect's file lies in {path}, among all of your files; put it into a folder of its own"
        )
    return path


def _holds_home(folder: Path) -> bool:
    return Path.home().resolve().is_relative_to(folder.resolve())


def _importable_in(folder: Path) -> list[Path]:
    """The modules and packages in the current folder: code of the user's own, which a factory may be in."""
    return [path for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]


def _search_path(folder: Path) -> list[Path]:
    """Where Python looks for packages, apart from the current folder and from what holds all of the user's files."""
    places = [_PACKAGES, *(Path(place) for place in sys.path if place)]
    return [
        place for place in places if place.exists() and place.resolve() != folder.resolve() and not _holds_home(place)
    ]


def _variables(packages: Iterable[Path]) -> dict[str, str]:
    """None of the user's own, lest a token be among them."""
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "CUDA_VISIBLE_DEVICES": "",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "MALLOC_ARENA_MAX": "2",  # each thread's own arena would count as 64 MiB of address space
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, packages)),
        "TORCHINDUCTOR_CACHE_DIR": TEMPORARY,  # made when PyTorch is imported in full, if it is not there
        "USER": "sandbox",
    }
