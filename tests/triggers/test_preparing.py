"""A source and data that do not fit each other are told apart before any work, with what to do about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tellmark.data.dataset import Dataset
from tellmark.errors import DataError, InvalidInput, Mismatch, ModelError, NotPerturbable
from tellmark.models.base import Answers, ModelInfo
from tellmark.models.preprocessing import Preprocessing
from tellmark.triggers.preparing import prepare
from tellmark.triggers.settings import MarkSettings
from toys import LinearModel, NoisyLinearModel, blob_model, blobs, images, texts

FEW = MarkSettings(triggers=5, proxies=2)
UNTESTED = MarkSettings(triggers=5, proxies=0)


class Scripted:
    """A model that answers as told, with labels only."""

    def __init__(self, answer, *, classes=None):
        self.info = ModelInfo("scripted", None, classes)
        self._answer = answer

    def query(self, batch):
        return Answers(np.array([self._answer(one) for one in batch], dtype=np.int64))


def unlabelled(data):
    return Dataset(data.inputs, None, (), data.space, data.name)


def test_what_fits_is_handed_on():
    data = blobs(100)
    marking = prepare(blob_model(), data, FEW)
    assert marking.labels.tolist() == data.labels.tolist()
    assert not marking.labels_from_source
    assert marking.source.info.classes == data.classes
    assert len(marking.source.parameters) == 1


def test_missing_labels_are_the_sources_own():
    data, source = blobs(100), blob_model()
    marking = prepare(source, unlabelled(data), FEW)
    assert marking.labels_from_source
    assert marking.labels.tolist() == source.query(data.inputs).labels.tolist()
    assert marking.data.classes == ("0", "1", "2", "3")


def test_missing_labels_have_the_names_that_the_source_gives_them():
    source = NoisyLinearModel(blob_model().weights, classes=("north", "east", "south", "west"))
    assert prepare(source, unlabelled(blobs(100)), FEW).data.classes == ("north", "east", "south", "west")


def test_another_order_of_the_same_classes_is_put_right():
    data = blobs(100)
    backwards = NoisyLinearModel(blob_model().weights[:, ::-1], classes=data.classes[::-1])
    labels = prepare(backwards, data, FEW).source.query(data.inputs).labels
    assert labels.tolist() == blob_model().query(data.inputs).labels.tolist()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (blob_model(classes=6), "answers 6 classes, the data or mark names 4: name every class .*--classes"),
        (NoisyLinearModel(blob_model().weights, classes=tuple("abcd")), "does not know 'class 0'.*--classes"),
        (Scripted(lambda row: 3 + (row[0] > 0)), "answers label 4, the data or mark names 4 classes.*--classes"),
    ],
)
def test_another_label_set_is_a_mismatch(source, says):
    with pytest.raises(Mismatch, match=says):
        prepare(source, blobs(100), UNTESTED)


@pytest.mark.parametrize("labelled", [True, False])
def test_one_answer_to_everything_is_no_source(labelled):
    data = blobs(300)
    with pytest.raises(ModelError, match=r"answers .* to all of \d+ hold-out items: check its weights"):
        prepare(Scripted(lambda row: 1), data if labelled else unlabelled(data), UNTESTED)


def test_a_source_whose_answers_differ_only_late_is_asked_more():
    data = blobs(2000)
    rare = Scripted(lambda row: int((data.inputs[1000:1010] == row).all(axis=1).any()))
    assert prepare(rare, data, UNTESTED)


def test_data_of_one_class_yields_no_candidates():
    data = blobs(50)
    with pytest.raises(DataError, match="blobs has one class only, 'class 1': .* at least two classes"):
        prepare(blob_model(), data.with_labels(np.ones(50, np.int64), data.classes), FEW)


@pytest.mark.parametrize(
    ("data", "most"),
    [
        (blobs(61), 30),
        (blobs(50).with_labels(np.arange(50) // 45, blobs(1).classes), 5),
        (blobs(20, classes=2), 20),
    ],
    ids=["pairs", "pairs of two classes", "two classes in all"],
)
def test_more_triggers_than_the_items_allow(data, most):
    source = blob_model(classes=len(data.classes))
    assert prepare(source, data, MarkSettings(triggers=most, proxies=0))
    with pytest.raises(
        DataError, match=f"{most + 1} triggers cannot be made of .* at most {most} triggers, or use --reuse-items"
    ):
        prepare(source, data, MarkSettings(triggers=most + 1, proxies=0))
    assert prepare(source, data, MarkSettings(triggers=10 * most, proxies=0, reuse_items=True))


def test_proxies_need_weights_that_noise_can_reach():
    bare = LinearModel(blob_model().weights)
    assert prepare(bare, blobs(100), UNTESTED)
    with pytest.raises(NotPerturbable, match="--proxies 0"):
        prepare(bare, blobs(100), FEW)


class Refusing:
    info = ModelInfo("refusing")

    def query(self, batch):
        raise ModelError("it takes something else.")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (unlabelled(blobs(50)), "rows of 5 numbers.*something else; .*--label-column"),
        (blobs(50), "rows of 5 numbers.*something else; give it what it takes"),
        (unlabelled(images(50)), "images 4×4×1, uint8.*something else; give it what it takes"),
        (texts(50, classes=3), "texts.*something else; give it what it takes"),
    ],
)
def test_data_that_the_source_cannot_take(data, says):
    with pytest.raises(ModelError, match=f"source did not answer the hold-out data .{says}"):
        prepare(Refusing(), data, UNTESTED)


def test_a_state_belongs_to_settings_source_preprocessing_and_data():
    source, data = blob_model(), blobs(100)
    darker = blob_model()
    darker.info = replace(darker.info, preprocessing=Preprocessing(scale=100))
    renamed = NoisyLinearModel(source.weights, classes=data.classes)
    retrained = blob_model()
    retrained.info = replace(retrained.info, digest="sha256:" + "1" * 64)
    purposes = [
        prepare(source, data, FEW).purpose,
        prepare(source, data, replace(FEW, triggers=6)).purpose,
        prepare(source, blobs(101), FEW).purpose,
        prepare(darker, data, FEW).purpose,
        prepare(renamed, data, FEW).purpose,
        prepare(retrained, data, FEW).purpose,
    ]
    assert len(set(purposes)) == len(purposes)
    assert prepare(blob_model(), blobs(100), FEW).purpose == purposes[0]


def test_a_state_belongs_to_what_the_source_answers_whatever_its_digest_says():
    data, source = blobs(100), blob_model()
    other = NoisyLinearModel(np.roll(source.weights, 1, axis=1))
    purposes = [prepare(model, data, FEW).purpose for model in (source, blob_model(), other)]
    assert source.info.digest == other.info.digest
    assert purposes[0] == purposes[1] != purposes[2]


def test_a_declared_screen_has_its_classes_in_the_order_of_the_holdout():
    data, screen = blobs(100), blobs(40)
    turned = screen.in_order_of(screen.classes[::-1])
    assert turned.digest != screen.digest
    marking = prepare(blob_model(), data, FEW, screen_data=turned)
    assert marking.screen_data is not None
    assert marking.screen_data.digest == screen.digest
    assert marking.purpose != prepare(blob_model(), data, FEW).purpose


@pytest.mark.parametrize(
    ("screen", "settings", "error", "message"),
    [
        (unlabelled(blobs(40)), FEW, DataError, "no labels: the accuracy of proxies"),
        (
            replace(blobs(40), classes=("a", "b", "c", "d")),
            FEW,
            Mismatch,
            "has the classes a, b, c, d, not class 0, class 1, class 2, class 3",
        ),
        (images(40), FEW, Mismatch, "both are asked of one source"),
        (blobs(40), UNTESTED, InvalidInput, "there is no screen"),
        (blobs(40), replace(FEW, tolerance=None), InvalidInput, "there is no screen"),
    ],
)
def test_data_that_cannot_screen_are_refused(screen, settings, error, message):
    with pytest.raises(error, match=message):
        prepare(blob_model(), blobs(100), settings, screen_data=screen)
