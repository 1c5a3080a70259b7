"""Students learn from what the lesson says, and copies are fine-tuned from where the source stands."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.lessons import Lesson, targets
from benchmarks.nets import ARCHITECTURES, VGG, ResNet, parameter_count
from benchmarks.population import Portrait, train_missing
from benchmarks.training import TrainingRecipe
from benchmarks.zoo import Pedigree, Zoo
from tellmark.errors import DataError
from tellmark.models.preprocessing import Preprocessing
from toys import images

DATA = images(24, classes=3, height=8, width=8, channels=3)
RECIPE = TrainingRecipe(epochs=2, preprocessing=Preprocessing(), batch=8, shift=1, precision="float32")


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "tiny", lambda classes: ResNet((4, 8), (1, 1), classes))
    monkeypatch.setitem(ARCHITECTURES, "plain", lambda classes: VGG((4, 8), (1, 1), classes))


def pedigree(seed=1, **more):
    return Pedigree(architecture="tiny", data=DATA.digest, recipe=RECIPE, seed=seed, **more)


@pytest.fixture
def zoo(tmp_path):
    zoo = Zoo(tmp_path)
    zoo.train(pedigree(), DATA)
    return zoo


@pytest.mark.parametrize("share", [0.0, 0.7])
@pytest.mark.parametrize("answers", ["soft", "hard"])
def test_targets_mix_answers_and_true_labels(zoo, answers, share):
    teacher = zoo.load(pedigree().digest)
    lesson = Lesson(teacher=pedigree().digest, answers=answers, true_share=share)
    found = targets(lesson, teacher, DATA.inputs, DATA.labels, preprocessing=RECIPE.preprocessing)
    with torch.no_grad():
        scores = teacher(torch.from_numpy(RECIPE.preprocessing.apply(DATA.inputs))).softmax(1).numpy()
    answered = scores if answers == "soft" else np.eye(3)[scores.argmax(1)]
    np.testing.assert_allclose(found, share * np.eye(3)[DATA.labels] + (1 - share) * answered, atol=1e-6)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)


def test_a_student_differs_from_one_who_learns_the_labels(zoo):
    lesson = Lesson(teacher=pedigree().digest, answers="soft")
    student, independent = pedigree(2, lesson=lesson), pedigree(2)
    assert student.digest != independent.digest
    for one in (student, independent):
        zoo.train(one, DATA)
    weights = [zoo.load(one.digest).head.weight for one in (student, independent)]
    assert not torch.equal(*weights)


def test_fine_tuning_begins_with_the_source(zoo):
    recipe = RECIPE.model_copy(update={"epochs": 1, "peak_rate": 1e-6})
    copy = Pedigree(architecture="tiny", data=DATA.digest, recipe=recipe, seed=9, start=pedigree().digest)
    zoo.train(copy, DATA)
    source, tuned = zoo.load(pedigree().digest), zoo.load(copy.digest)
    assert torch.allclose(source.head.weight, tuned.head.weight, atol=1e-4)
    assert not torch.equal(source.head.weight, tuned.head.weight)


def test_a_missing_teacher_is_said(tmp_path):
    with pytest.raises(DataError, match="train it first"):
        Zoo(tmp_path).load(pedigree().digest)


def test_the_population_trains_teachers_before_students(tmp_path):
    lesson = Lesson(teacher=pedigree().digest, answers="hard")
    portraits = [Portrait("distill-hard", pedigree(3, lesson=lesson)), Portrait("source", pedigree())]
    zoo = Zoo(tmp_path)
    train_missing(portraits, DATA, zoo)
    assert all(zoo.has(one.digest) for one in portraits)


def test_a_lesson_that_there_is_not_leaves_the_address_alone():
    assert pedigree().digest == Pedigree.model_validate(pedigree().model_dump(exclude={"lesson", "start"})).digest


def test_both_architectures_are_about_as_large():
    sizes = [parameter_count(ARCHITECTURES[name](10)) for name in ("resnet-150k", "vgg-136k")]
    assert max(sizes) < 1.2 * min(sizes)
