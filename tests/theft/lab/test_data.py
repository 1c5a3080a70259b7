"""Who has which data: parts without a common item, decoded once."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from tellmark.data.loading import load_data
from tellmark.errors import DataError, InvalidInput
from tellmark.theft.lab import decoded as decoded_module
from tellmark.theft.lab.configuration import DataSource
from tellmark.theft.lab.data import load_lab_data
from tellmark.theft.lab.decoded import decoded


def archive(path, *, classes=("cat", "dog"), each=6, seed=0):
    random = np.random.default_rng(seed)
    with zipfile.ZipFile(path, "w") as file:
        for name in classes:
            for number in range(each):
                content = io.BytesIO()
                Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=np.uint8)).save(content, "PNG")
                file.writestr(f"{name}/{number}.png", content.getvalue())
    return path


def digests(data):
    return {one.tobytes() for one in data.inputs}


def source(**changes):
    return DataSource(**({"training": "digits", "holdout_items": 300, "test_items": 100} | changes))


def test_parts_have_no_item_in_common(lab_data):
    parts = [lab_data.part("owner"), lab_data.part("other"), lab_data.holdout, lab_data.test]
    assert [len(part) for part in parts] == [160, 160, 300, 100]
    everything = [digests(part) for part in parts]
    assert len(set().union(*everything)) == sum(map(len, everything))


def test_the_seed_decides_who_has_what(tmp_path):
    first, again, other = (load_lab_data(source(), seed=seed, folder=tmp_path) for seed in (1, 1, 2))
    assert first.part("owner").digest == again.part("owner").digest
    assert first.part("owner").digest != other.part("owner").digest


def test_an_owner_of_everything_leaves_no_other_half(tmp_path):
    data = load_lab_data(source(owner_share=1.0), seed=1, folder=tmp_path)
    assert len(data.part("owner")) == 1397
    with pytest.raises(InvalidInput, match="unknown part of the data 'other'"):
        data.part("other")


def test_more_than_there_is_cannot_be_had(tmp_path):
    with pytest.raises(DataError, match="digits holds 1797 items, and the lab needs 1800"):
        load_lab_data(source(holdout_items=1700), seed=1, folder=tmp_path)


def test_files_are_found_where_the_environment_says(tmp_path, monkeypatch):
    archive(tmp_path / "train.zip")
    archive(tmp_path / "test.zip", seed=1)
    archive(tmp_path / "birds.zip", classes=("hen", "owl", "tit"), seed=2)
    wanted = source(
        training="train.zip", holdout="test.zip", holdout_items=8, test_items=4, surrogates={"birds": "birds.zip"}
    )
    monkeypatch.setenv("TELLMARK_DATA", str(tmp_path))
    data = load_lab_data(wanted, seed=1, folder=tmp_path / "decoded")
    assert (len(data.part("owner")), len(data.holdout), len(data.test)) == (6, 8, 4)
    assert data.part("birds").classes == ("hen", "owl", "tit")
    assert data.known("owner").inputs.shape == (6, 3, 4, 4)
    monkeypatch.setenv("TELLMARK_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(DataError, match=r"there are no data train.zip in .*elsewhere, the folder that TELLMARK_DATA"):
        load_lab_data(wanted, seed=1, folder=tmp_path / "decoded")


def test_an_archive_is_decoded_once_and_is_the_same_data(tmp_path, monkeypatch):
    path = archive(tmp_path / "train.zip")
    first = decoded(path, tmp_path / "decoded")
    assert first.digest == load_data(path).digest
    monkeypatch.setattr(decoded_module, "load_data", None)
    assert decoded(path, tmp_path / "decoded").digest == first.digest


def test_other_content_under_the_same_name_is_decoded_anew(tmp_path):
    first = decoded(archive(tmp_path / "train.zip"), tmp_path / "decoded")
    assert decoded(archive(tmp_path / "train.zip", seed=5), tmp_path / "decoded").digest != first.digest


def test_hold_out_data_of_other_classes_are_refused(tmp_path):
    training, holdout = archive(tmp_path / "a.zip"), archive(tmp_path / "b.zip", classes=("cat", "cow"))
    wanted = source(training=str(training), holdout=str(holdout), holdout_items=8, test_items=4)
    with pytest.raises(DataError, match="other classes"):
        load_lab_data(wanted, seed=1, folder=tmp_path / "decoded")


def test_data_without_labels_are_refused(tmp_path):
    np.savez(tmp_path / "images.npz", inputs=np.zeros((20, 4, 4, 3), dtype=np.uint8))
    with pytest.raises(DataError, match="images.npz has no labels: the lab's networks are trained on labelled images"):
        load_lab_data(source(training=str(tmp_path / "images.npz")), seed=1, folder=tmp_path / "decoded")
