"""Code of one's own is found in the current directory; whatever goes wrong is one sentence."""

from __future__ import annotations

import sys

import pytest

from tellmark.errors import InvalidInput, ModelError
from tellmark.models.importing import import_callable


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    package = tmp_path / "found_here"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text("class A:\n    @staticmethod\n    def make(): return 3\nnumber = 3\n")
    (package / "broken.py").write_text("import not_installed_anywhere\n")
    (package / "raising.py").write_text("1 / 0\n")
    (package / "untidy.py").write_text("def f(:\n")
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "found_here"]:
        del sys.modules[name]


def test_attributes_of_attributes(here):
    assert import_callable("found_here.inner:A.make")() == 3


def test_a_file_in_the_current_directory_takes_no_library_s_place(here):
    (here / "wave.py").write_text("raise RuntimeError('the wrong one')\n")
    sys.modules.pop("wave", None)
    assert import_callable("wave:open").__module__ == "wave"
    import_callable("found_here.inner:A.make")
    sys.modules.pop("wave", None)
    import wave

    assert not str(wave.__file__).startswith(str(here))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("found_here.absent:f", "no module named 'found_here.absent'"),
        ("absent_altogether.deep:f", "no module named 'absent_altogether.deep'"),
        ("found_here.inner:B", "no attribute 'B'"),
        ("found_here.inner:A.other", "no attribute 'A.other'"),
        ("found_here.inner:number", "is a int, which cannot be called"),
        ("found_here.broken:f", "importing found_here.broken failed: No module named 'not_installed_anywhere'"),
        ("found_here.raising:f", "ZeroDivisionError"),
        ("found_here.untidy:f", "SyntaxError"),
    ],
)
def test_what_can_go_wrong(here, target, reason):
    with pytest.raises(ModelError, match=reason) as caught:
        import_callable(target)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("target", ["found_here.inner", "found_here.inner:", ":f", ""])
def test_other_forms(here, target):
    with pytest.raises(InvalidInput, match="PACKAGE.MODULE:ATTRIBUTE"):
        import_callable(target)
