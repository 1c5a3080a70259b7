"""Estimators come from files that run nothing."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
import skops.io
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC, NuSVC
from sklearn.tree import DecisionTreeClassifier

from tellmark.errors import FileError, InvalidInput, ModelError, UnsafeFile
from tellmark.models.loading import load_model

ROWS = np.random.default_rng(0).normal(size=(50, 3))
LABELS = (ROWS[:, 0] > 0).astype(int)


class Payload:
    """Pickled, it creates a file as soon as it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture
def logistic():
    return LogisticRegression().fit(ROWS, LABELS)


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib"])
def test_pickle_is_refused_and_not_run(tmp_path, suffix):
    path, marker = tmp_path / f"model{suffix}", tmp_path / "code_was_run"
    path.write_bytes(pickle.dumps(Payload(marker)))
    with pytest.raises(UnsafeFile, match="runs code when opened") as caught:
        load_model(f"sklearn:{path}")
    assert "--trust" in str(caught.value)
    assert not marker.exists()
    with pytest.raises(ModelError, match="no scikit-learn classifier"):
        load_model(f"sklearn:{path}", trust=True)
    assert marker.exists()


def test_trusted_pickle(tmp_path, logistic):
    joblib.dump(logistic, tmp_path / "model.joblib")
    model = load_model(f"sklearn:{tmp_path / 'model.joblib'}", trust=True)
    assert (model.query(ROWS).labels == logistic.predict(ROWS)).all()


def test_pickle_under_another_name_is_not_opened(tmp_path):
    path, marker = tmp_path / "model.skops", tmp_path / "code_was_run"
    path.write_bytes(pickle.dumps(Payload(marker)))
    with pytest.raises(ModelError, match="no complete file of skops"):
        load_model(f"sklearn:{path}", trust=True)
    assert not marker.exists()


def test_types_that_are_not_known_are_named(tmp_path):
    """A function within a pipeline could be any function."""
    path = tmp_path / "model.skops"
    pipeline = make_pipeline(FunctionTransformer(joblib.hash), LogisticRegression())
    pipeline.steps[-1] = ("logistic", LogisticRegression().fit(ROWS, LABELS))
    skops.io.dump(pipeline, path)
    with pytest.raises(UnsafeFile, match=r"joblib\.hashing\.hash"):
        load_model(f"sklearn:{path}")
    assert load_model(f"sklearn:{path}", trust=True).info.classes == ("0", "1")


def test_a_tree_whose_nodes_point_outside_is_refused(tmp_path):
    """Scikit-learn would follow them into whatever memory lies there."""
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(ROWS, LABELS)
    good, bad = tmp_path / "good.skops", tmp_path / "bad.skops"
    skops.io.dump(tree, good)
    assert load_model(f"sklearn:{good}").query(ROWS).labels.tolist() == tree.predict(ROWS).tolist()
    for field, value in (("left_child", 10**6), ("right_child", 0), ("feature", 99), ("feature", -7)):
        _with_node(good, bad, field, value)
        with pytest.raises(UnsafeFile, match="point outside"):
            load_model(f"sklearn:{bad}")


def _with_node(source: Path, target: Path, field: str, value: int) -> None:
    """Copy a skops file with one number of the root node replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(content))
                if array.dtype.names and field in array.dtype.names:
                    array[field][0] = value
                    buffer = io.BytesIO()
                    np.save(buffer, array)
                    content = buffer.getvalue()
            new.writestr(name, content)


@pytest.mark.parametrize("content", [b"", b"just text\n", b"PK\x03\x04 nearly"])
def test_other_files(tmp_path, content):
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="no complete file of skops"):
        load_model(f"sklearn:{path}")


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_truncated_files(tmp_path, logistic, share):
    path = tmp_path / "model.skops"
    skops.io.dump(logistic, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError):
        load_model(f"sklearn:{path}")


def test_zip_of_something_else(tmp_path):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", json.dumps({"protocol": 99}))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(f"sklearn:{path}")


def test_missing_file_and_unknown_suffix(tmp_path):
    with pytest.raises(FileError):
        load_model(f"sklearn:{tmp_path / 'model.skops'}")
    (tmp_path / "model.h5").touch()
    with pytest.raises(InvalidInput, match=r"\.skops"):
        load_model(f"sklearn:{tmp_path / 'model.h5'}")


@pytest.mark.parametrize("machine", [SVC(), NuSVC(), BaggingClassifier(SVC(), n_estimators=2)], ids=repr)
def test_support_vector_machines_need_trust(tmp_path, machine):
    path = tmp_path / "model.skops"
    machine.fit(ROWS, LABELS)
    skops.io.dump(make_pipeline(machine), path)
    with pytest.raises(UnsafeFile, match="SVC, whose arrays could crash.*--trust"):
        load_model(f"sklearn:{path}")
    answers = load_model(f"sklearn:{path}", trust=True).query(ROWS)
    assert (answers.labels == machine.predict(ROWS)).all()


def test_files_that_decompress_to_more_than_there_is_memory(tmp_path, logistic):
    path = tmp_path / "model.skops"
    skops.io.dump(logistic, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("bomb.npy", b"")
        archive.filelist[-1].file_size = 1 << 50  # what the directory says counts
    with pytest.raises(UnsafeFile, match="more than half of the memory"):
        load_model(f"sklearn:{path}")
