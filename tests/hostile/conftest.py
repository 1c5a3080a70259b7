"""Payloads that would leave a trace, a secret that none may read, and a process of little memory that opens them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SECRET = b"the owner's seed, which is nobody's business" * 4
OPENING = Path(__file__).parent / "opening.py"

Outcomes = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for hostile files; beside it, the secret, and where a payload would leave its trace."""
    outer = tmp_path_factory.mktemp("hostile")
    (outer / "secret.bin").write_bytes(SECRET)
    (outer / "files").mkdir()
    return outer / "files"


@pytest.fixture(scope="module")
def canary(place: Path) -> Path:
    """Where a payload would leave its trace."""
    return place.parent / "code_was_run"


@pytest.fixture(scope="module")
def open_all() -> Callable[..., Outcomes]:
    """Opens all files, by name, in one process that may take 400 MiB beyond its libraries; it must survive them all."""

    def run(specs: dict[str, str], *libraries: str) -> Outcomes:
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", str(OPENING), *libraries],
            input=json.dumps(list(specs.values())),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return dict(zip(specs, json.loads(ran.stdout.splitlines()[-1]), strict=True))

    return run
