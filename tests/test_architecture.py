"""Who may import whom, read from the source; and what a bare `import tellmark` loads, seen in a fresh process."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"

FOUNDATION = {"_version", "digests", "documents", "errors", "randomness", "spaces", "statistics", "types"}
"""These know of nothing but each other."""

FORBIDDEN = [("models", "triggers"), ("data", "models")]
"""(room, another room of which it must not know)."""

HEAVY = {
    "jinja2",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "pyarrow",
    "pyrage",
    "skops",
    "sklearn",
    "torch",
}
"""Optional or slow to import: loaded by the call that needs them, not by `import tellmark` or `tellmark --help`."""


STANDARD = set(sys.stdlib_module_names)


def modules(root: Path = SRC) -> dict[str, ast.Module]:
    """Every module below `root`, by dotted name."""
    trees = {}
    for path in sorted(root.rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        trees[name] = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return trees


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """Dotted names that these nodes import; for ``from a import b`` both ``a`` and ``a.b``."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: not function bodies, not ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from run_at_import(child)


def rooms_known_to(tree: ast.Module) -> set[str]:
    """Rooms of Tellmark that a module imports, anywhere in its text."""
    return {name.split(".")[1] for name in imported(ast.walk(tree)) if name.startswith("tellmark.")}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def with_parents(names: set[str]) -> set[str]:
    """The names and the packages above them, which Python imports first."""
    return {".".join(parts[: i + 1]) for name in names for parts in [name.split(".")] for i in range(len(parts))}


def loaded_by(start: str, trees: Mapping[str, ast.Module]) -> set[str]:
    """Everything that importing `start` imports, through the modules in `trees`."""
    seen: set[str] = set()
    ahead = with_parents({start})
    while ahead:
        seen |= ahead
        found = {name for module in ahead & trees.keys() for name in imported(run_at_import(trees[module]))}
        ahead = with_parents(found) - seen
    return seen


TREES = modules()
ENTRANCES = sorted(name for name in TREES if room_of(name) == "cli" or (SRC / name.replace(".", "/")).is_dir())


@pytest.mark.parametrize("module", [name for name in TREES if room_of(name) in FOUNDATION])
def test_foundation_knows_nothing_above_it(module):
    assert rooms_known_to(TREES[module]) <= FOUNDATION


@pytest.mark.parametrize(("room", "other"), FORBIDDEN)
def test_room_does_not_know_the_other(room, other):
    members = [name for name in TREES if room_of(name) == room]
    assert members
    assert [name for name in members if other in rooms_known_to(TREES[name])] == []


def test_nothing_knows_the_command_line():
    outside = [name for name in TREES if room_of(name) not in {"cli", "__main__"}]
    assert [name for name in outside if "cli" in rooms_known_to(TREES[name])] == []


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_packages_and_commands_load_no_heavy_library(entrance):
    """A module that imports one at its top is an adapter: whoever needs it imports it inside a function."""
    assert loaded_by(entrance, TREES) & HEAVY == set()


CHECKER = "tellmark.evidence.check"
NOT_FOR_CHECKING = {"cli", "console", "data", "demo", "models", "proxies", "report", "theft", "triggers", "candidates"}
"""Rooms that whoever checks a bundle of evidence has to take no interest in, but for two modules that know no model."""
FOR_CHECKING = {"tellmark.models.wrappers.chain", "tellmark.candidates.blending"}


def test_evidence_is_checked_without_models_and_their_frameworks():
    loaded = loaded_by(CHECKER, TREES)
    assert loaded & HEAVY == set()
    allowed = FOR_CHECKING | with_parents(FOR_CHECKING)
    assert {name for name in loaded & TREES.keys() if room_of(name) in NOT_FOR_CHECKING} == allowed - {"tellmark"}
    assert {name for name in loaded if "." not in name} - STANDARD == {
        "cryptography",
        "numpy",
        "pydantic",
        "rfc8785",
        "scipy",
        "tellmark",
    }


HELP = """
import sys
from tellmark.cli.main import run
sys.argv = ["tellmark", "--help"]
try:
    run()
except SystemExit as end:
    assert not end.code
"""


CHECK = """
import sys
from tellmark.cli.main import run
sys.argv = ["tellmark", "check", "tests"]
try:
    run()
except SystemExit as end:
    assert end.code == 1
"""


@pytest.mark.parametrize(
    ("script", "unwanted"),
    [
        ("import tellmark", HEAVY | {"rich", "typer"}),
        (HELP, HEAVY),
        (CHECK, HEAVY | {"httpx2", "tellmark.models.base"}),
    ],
    ids=["import", "help", "check"],
)
def test_fresh_process_loads_no_heavy_library(script, unwanted):
    ending = "\nimport json, sys; print('\\n' + json.dumps(sorted(sys.modules)))"
    process = subprocess.run(
        [sys.executable, "-c", script + ending],
        env=os.environ | {"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(json.loads(process.stdout.splitlines()[-1])) & unwanted == set()


def test_imports_are_found_wherever_they_hide(tmp_path):
    """The rules above can fail: planted breaches are seen."""
    package = tmp_path / "tellmark"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("from tellmark.models import light\n")
    (package / "models" / "__init__.py").write_text("")
    (package / "models" / "light.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import onnx\n"
        "def load():\n    from tellmark.triggers import mark\n    import sklearn\n"
    )
    (package / "models" / "adapter.py").write_text("try:\n    import torch.nn\nexcept ImportError:\n    pass\n")
    trees = modules(tmp_path)
    assert rooms_known_to(trees["tellmark.models.light"]) == {"triggers"}
    assert loaded_by("tellmark", trees) & HEAVY == set()
    assert loaded_by("tellmark.models.adapter", trees) & HEAVY == {"torch"}
