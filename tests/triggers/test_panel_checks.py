"""What models beside the source are refused, before any work: in one sentence that says which, and why."""

from __future__ import annotations

import numpy as np
import pytest

from populations import DATA, source, thieves, twin, twins
from tellmark.api import mark
from tellmark.data.dataset import Dataset
from tellmark.errors import DataError, InvalidInput, Mismatch, ModelError, TellmarkError
from tellmark.models.base import Answers, ModelInfo
from tellmark.triggers.panel import Panelist
from toys import blobs, images

QUICK = {"n": 10, "proxies": 2, "tau": None, "seed": 7, "fresh": 2}
OTHER = blobs(60, classes=6, columns=10, seed=8)


def refusal(kind: type[TellmarkError], **panel) -> str:
    owner = source()
    asked = owner.asked
    with pytest.raises(kind) as caught:
        mark(owner, DATA, **(QUICK | panel))
    assert owner.asked - asked <= 300  # nothing was selected
    return str(caught.value)


class Other:
    """A model of other classes, or of none that fit; named as it likes."""

    def __init__(self, classes=None, label=0):
        self.info = ModelInfo("other", "sha256:" + "1" * 64, classes)
        self._label = label

    def query(self, batch):
        return Answers(np.full(len(batch), self._label, dtype=np.int64))


@pytest.mark.parametrize("recipe", ["copy", "derived", "distilled"])
def test_ranking_without_references(recipe):
    said = refusal(InvalidInput, recipes=[recipe])
    assert said.startswith(f"recipe {recipe} ranks candidates by how independent models answer them: give one at least")


def test_ranking_for_students_without_students():
    said = refusal(InvalidInput, recipes=["distilled"], references=twins(2), shadows={"pruned": thieves(2)})
    assert "students of the source" in said
    assert "--proxy distill:8" in said


def test_all_references_kept_for_calibration():
    said = refusal(InvalidInput, references=twins(3), kept_back=3)
    assert said.endswith("keep at most 2 of 3, or give more")


@pytest.mark.parametrize(("count", "recipes"), [(4, None), (4, ["paper"])])
def test_more_kept_back_than_there_are(count, recipes):
    said = refusal(InvalidInput, references=twins(3), kept_back=count, recipes=recipes)
    assert said == "4 of 3 references cannot be kept for calibration"
    assert "must be 0 or more, not -1" in refusal(InvalidInput, references=twins(3), kept_back=-1)


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        (
            {"references": [*twins(2), Panelist("mine", source())]},
            "mine, given as a reference, is the same model as the source: each model has one part to play",
        ),
        (
            {"references": twins(2), "shadows": {"distilled": [Panelist("mine", source())]}},
            "mine, given as a distilled shadow, is the same model as the source: each model has one part to play",
        ),
        (
            {"references": [*twins(2), Panelist("again", twin(2))]},
            "again, given as a reference, is the same model as twin 2, a reference: each model has one part to play",
        ),
        (
            {"references": twins(2), "shadows": {"pruned": thieves(2), "distilled": twins(2)}},
            (
                "twin 1, given as a distilled shadow, is the same model as twin 1, a reference: each model has one "
                "part to play"
            ),
        ),
        (
            {"references": twins(2), "shadows": {"pruned": thieves(1), "distilled": thieves(1)}},
            (
                "thief 1, given as a distilled shadow, is the same model as thief 1, a pruned shadow: each model has "
                "one part to play"
            ),
        ),
    ],
    ids=["the source as reference", "the source as shadow", "twice", "in two roles", "in two families"],
)
def test_one_model_in_two_parts(panel, said):
    assert refusal(InvalidInput, **panel) == said


def test_models_without_a_digest_are_told_apart_in_python():
    def careless(batch):
        return np.arange(len(batch)) % 6

    def carefree(batch):
        return np.arange(len(batch)) % 5

    assert "reference 1" in refusal(InvalidInput, references=[careless, carefree, careless])
    assert len(mark(source(), DATA, references=[careless, carefree], **QUICK)) == 10


@pytest.mark.parametrize("role", ["reference", "shadow"])
def test_other_classes(role):
    def panel(stranger):
        models = [Panelist("stranger", stranger)]
        return {"references": models} if role == "reference" else {"shadows": {"distilled": models}}

    said = refusal(Mismatch, **panel(Other(classes=("cat", "dog"))))
    assert said.startswith("stranger does not fit the source: the model's classes are not those of the data")
    assert "answers label 9" in refusal(Mismatch, **panel(Other(label=9)))


def test_a_model_that_cannot_take_the_data():
    class Deaf(Other):
        def query(self, batch):
            raise ModelError("it takes no rows")

    said = refusal(ModelError, references=[Panelist("deaf", Deaf())])
    assert said == "deaf did not answer the candidates: it takes no rows"


def test_an_unknown_family():
    assert "unknown theft family 'stolen'" in refusal(InvalidInput, shadows={"stolen": thieves(2)})
    assert "unknown theft family 'distil'" in refusal(InvalidInput, make={"distil": 2}, thief_data=OTHER)


@pytest.mark.parametrize("given", [{"thief_data": OTHER}, {"student": "torch:net:make"}, {"epochs": 3}])
def test_what_is_for_shadows_without_any(given):
    assert "is for shadows that are made: order some with --proxy distill:8" in refusal(InvalidInput, **given)


class TestThiefData:
    """What shadows are trained on."""

    @pytest.fixture(autouse=True)
    def torch(self):
        pytest.importorskip("torch")

    def test_left_out(self):
        assert "give the inputs that a thief has with --thief-data" in refusal(InvalidInput, make={"distilled": 2})

    def test_the_hold_out_data_whatever_the_labels(self):
        bare = Dataset(DATA.inputs, None, DATA.classes, DATA.space, "mine.npz")
        for data in (DATA, bare, DATA.take(np.arange(100)[::-1])):
            said = refusal(DataError, make={"distilled": 2}, thief_data=data)
            assert f"{len(data)} hold-out items are also in the thief's data {data.name}" in said

    def test_of_another_kind(self):
        said = refusal(Mismatch, make={"distilled": 2}, thief_data=images())
        assert "the thief's data images (images 4×4×1, uint8) differ in kind from the hold-out data" in said

    def test_a_family_that_needs_weights(self):
        assert "--shadow" in refusal(ModelError, make={"fine-tuned": 2}, thief_data=OTHER)

    def test_a_student_that_is_none(self):
        assert "nowhere" in refusal(
            TellmarkError, make={"distilled": 2}, thief_data=OTHER, student="torch:nowhere:make"
        )

    def test_a_count_that_is_none(self):
        assert "not 0" in refusal(InvalidInput, make={"distilled": 0}, thief_data=OTHER)
