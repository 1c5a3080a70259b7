"""A small net, its exported program, and files that would run code if they were opened carelessly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.norm(self.conv(x)).relu().mean((2, 3)))

def broken():
    raise RuntimeError("no such thing\\nsecond line")

def number():
    return 7

constant = 7
"""


class Payload:
    """Pickled, it creates a file as soon as it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[Path]:
    """Where a payload would leave its trace."""
    path = tmp_path / "code_was_run"
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def payload(marker: Path) -> Payload:
    """An object whose pickle runs code."""
    return Payload(marker)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a module `own_net` in it that can be imported."""
    (tmp_path / "own_net.py").write_text(NET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "own_net", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of `torch.export.save`."""
    net = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)).eval()
    program = torch.export.export(net, (torch.rand(2, 4),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    path = tmp_path_factory.mktemp("exported") / "net.pt2"
    torch.export.save(program, path)
    return path


Rewrite = Callable[[dict[str, bytes]], None]


@pytest.fixture
def rewritten(exported: Path, tmp_path: Path) -> Callable[[Rewrite], Path]:
    """Makes a copy of the exported program whose members `change` has altered."""
    from torch.export.pt2_archive import PT2ArchiveReader, PT2ArchiveWriter

    def write(change: Rewrite) -> Path:
        reader = PT2ArchiveReader(str(exported))
        members = {name: reader.read_bytes(name) for name in reader.get_file_names() if not name.startswith(".data/")}
        for name in ("archive_format", "archive_version", "byteorder"):
            del members[name]
        change(members)
        path = tmp_path / "changed.pt2"
        with PT2ArchiveWriter(str(path)) as writer:
            for name, content in members.items():
                writer.write_bytes(name, content)
        return path

    return write


@pytest.fixture
def with_graph(rewritten: Callable[[Rewrite], Path]) -> Callable[[Callable[[Any], None]], Path]:
    """Makes a copy of the exported program whose graph `change` has altered."""
    name = "models/model.json"

    def write(change: Callable[[Any], None]) -> Path:
        def rewrite(members: dict[str, bytes]) -> None:
            program = json.loads(members[name])
            change(program)
            members[name] = json.dumps(program).encode()

        return rewritten(rewrite)

    return write
