"""The strongest confinement that works is taken; where none cuts off the network, that is said and not done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tellmark.errors import FileError, InvalidInput, ModelError
from tellmark.models.sandbox.confinement import Bubblewrap, LimitsAlone, NetworkNamespace, strongest
from tellmark.models.sandbox.loading import load_sandboxed
from tellmark.models.sandbox.view import view_of
from tellmark.models.spec import ModelSpec, parse_spec


@pytest.fixture
def view():
    return view_of(ModelSpec("torch", "m:f"))


def test_each_confinement_works_here_or_says_why_not(view):
    faults = {each: each.reason_against(view) for each in (Bubblewrap(), NetworkNamespace())}
    assert all(fault is None or len(fault) > 10 for fault in faults.values())
    working = [each for each, fault in faults.items() if fault is None]
    assert strongest(view, accept_network=True) == (working or [LimitsAlone()])[0]


def test_without_bubblewrap_the_reason_is_said(view, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Bubblewrap().reason_against(view) == "bubblewrap (bwrap) is not installed"


def test_a_bubblewrap_that_fails_is_quoted(view, tmp_path, monkeypatch):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "No permissions to create new namespace" in Bubblewrap().reason_against(view)


def test_a_network_that_cannot_be_cut_off_is_refused_unless_accepted(view, tmp_path, monkeypatch):
    """An interpreter that cannot even start stands for a system that allows neither."""
    monkeypatch.setenv("PATH", str(tmp_path))
    barred = replace(view, python=Path("/bin/false"))
    with pytest.raises(
        ModelError, match="cannot cut off the network: bubblewrap .* allows no network namespace"
    ) as caught:
        strongest(barred, accept_network=False)
    assert "--sandbox-network" in str(caught.value)
    assert strongest(barred, accept_network=True) == LimitsAlone()


def test_files_in_view_are_the_models_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("m.skops", "w.pt", "net.py", "secret.txt", "my.mark"):
        (tmp_path / name).write_text("")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "data").mkdir()

    def own(spec):
        return {path.name for path in view_of(parse_spec(spec)).files if path.is_relative_to(tmp_path)}

    assert own("sklearn:m.skops") == {"m.skops"}
    assert own("export:m.skops") == {"m.skops"}
    assert own("torch:net:Net?weights=w.pt") == {"w.pt", "net.py", "package"}
    assert own("stolen:data") == {"data"}
    (tmp_path / "data" / "m.onnx").write_text("")
    assert own("onnx:data/m.onnx") == {"data"}


def test_no_variable_of_the_user_is_in_view(view, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    found = view_of(ModelSpec("torch", "m:f")).variables
    assert "hidden" not in found.values()
    assert (found["HOME"], found["OMP_NUM_THREADS"]) == ("/nonexistent", "1")


@pytest.mark.parametrize("spec", ["onnx:m.onnx", "stolen:."])
def test_a_file_among_all_of_the_users_files_is_refused(tmp_path, monkeypatch, spec):
    monkeypatch.setenv("HOME", str(tmp_path / "somebody"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.onnx").write_bytes(b"")
    with pytest.raises(InvalidInput, match="put it into a folder of its own"):
        load_sandboxed(spec)


def test_missing_files_are_told_before_any_process_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for spec in ("onnx:m.onnx", "sklearn:m.skops", "export:m.pt2", "torch:m:f?weights=w.pt", "stolen:there"):
        with pytest.raises(FileError):
            load_sandboxed(spec, accept_network=True)


def test_a_package_folder_that_holds_the_home_folder_is_not_in_view(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert tmp_path not in view_of(ModelSpec("torch", "m:f")).files
