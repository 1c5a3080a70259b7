"""Classifiers answer as their own ``predict`` does, in the order of ``classes_``."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from tellmark.errors import ModelError, NotPerturbable
from tellmark.models.base import PerturbableModel
from tellmark.models.loading import load_model
from tellmark.models.perturbing import as_perturbable
from tellmark.models.preprocessing import Preprocessing

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(120, 4))
TWO = np.where(ROWS[:, 0] + ROWS[:, 1] > 0, "yes", "no")
THREE = np.digitize(ROWS[:, 0] - ROWS[:, 2], [-0.7, 0.7]) * 10


@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        RidgeClassifier(),
        Perceptron(),
        LinearSVC(),
        GaussianNB(),
        KNeighborsClassifier(),
        NearestCentroid(),
        SVC(),
        RandomForestClassifier(10, random_state=0),
        make_pipeline(StandardScaler(), make_pipeline(LogisticRegression())),
    ],
    ids=repr,
)
def test_labels_are_those_of_predict(estimator, labels):
    estimator.fit(ROWS, labels)
    model = load_model(estimator)
    answers = model.query(ROWS)
    assert model.info.classes == tuple(map(str, estimator.classes_))
    assert (np.array(model.info.classes)[answers.labels] == estimator.predict(ROWS).astype(str)).all()


def test_two_classes_of_a_decision_function_become_two_columns():
    estimator = LinearSVC().fit(ROWS, TWO)
    scores = load_model(estimator).query(ROWS).scores
    np.testing.assert_allclose(scores[:, 1], estimator.decision_function(ROWS), rtol=1e-5)
    assert (scores[:, 0] == -scores[:, 1]).all()


@pytest.mark.parametrize("estimator", [LogisticRegression(), SVC()], ids=repr)
def test_a_search_answers_as_its_best(estimator):
    search = make_pipeline(StandardScaler(), GridSearchCV(estimator, {"C": [0.1, 1]}, cv=2)).fit(ROWS, TWO)
    model = load_model(search)
    answers = model.query(ROWS)
    assert (np.array(model.info.classes)[answers.labels] == search.predict(ROWS)).all()
    if isinstance(model, PerturbableModel):
        with model.perturbed(lambda parameter, start, stop: np.zeros(stop - start, np.float32)) as copy:
            assert (copy.query(ROWS).scores == answers.scores).all()
    assert isinstance(model, PerturbableModel) == isinstance(estimator, LogisticRegression)


def test_kernel_machines_give_labels_only():
    """Their highest score need not be what they predict."""
    assert load_model(SVC().fit(ROWS, THREE)).query(ROWS).scores is None


def test_images_become_rows():
    digits = load_digits()
    images = (digits.images[:, :, :, None] * 15).astype(np.uint8)
    forest = RandomForestClassifier(5, random_state=0).fit(images.reshape(len(images), -1) / 240, digits.target)
    model = load_model(forest, preprocessing=Preprocessing(scale=240, layout="nhwc"))
    assert (model.query(images).labels == digits.target).mean() > 0.95


def test_images_of_several_channels_keep_the_order_in_which_they_are_sent():
    images = RNG.integers(0, 256, (30, 3, 3, 3), dtype=np.uint8)
    labels = (images[:, 1, 2, 0] > 127).astype(int)
    estimator = LogisticRegression(C=100).fit(images.reshape(30, -1) / 255, labels)
    assert (load_model(estimator).query(images).labels == estimator.predict(images.reshape(30, -1) / 255)).all()


def test_texts_go_through_a_pipeline():
    texts = np.array(["good film", "bad film", "so good", "so bad"] * 3, dtype=object)
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(list(texts), [1, 0, 1, 0] * 3)
    model = load_model(pipeline)
    assert model.query(texts).labels.tolist() == [1, 0, 1, 0] * 3
    assert isinstance(model, PerturbableModel)


def test_errors_about_texts_do_not_quote_them():
    model = load_model(LogisticRegression().fit(ROWS, TWO))
    with pytest.raises(ModelError) as caught:
        model.query(np.array(["a secret trigger"], dtype=object))
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_whole_numbers_are_named_without_a_point():
    assert load_model(LogisticRegression().fit(ROWS, THREE.astype(float))).info.classes == ("0", "10", "20")


def test_classes_can_be_renamed():
    model = load_model(LogisticRegression().fit(ROWS, THREE), classes=("low", "mid", "high"))
    assert model.info.classes == ("low", "mid", "high")
    with pytest.raises(ModelError, match="knows 3 classes, 2 names"):
        load_model(LogisticRegression().fit(ROWS, THREE), classes=("low", "high"))


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (LinearRegression().fit(ROWS, THREE), "no scikit-learn classifier"),
        (StandardScaler().fit(ROWS), "no scikit-learn classifier"),
        (LogisticRegression(), "not fitted"),
        (RandomForestClassifier(), "not fitted"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "not fitted"),
        (KNeighborsClassifier().fit(ROWS, np.stack([THREE, THREE], axis=1)), "several questions"),
        (KNeighborsClassifier().fit(ROWS, np.zeros(120)), "one class only"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_other_estimators(estimator, reason):
    with pytest.raises(ModelError, match=reason):
        load_model(estimator)


@pytest.mark.parametrize(
    "estimator",
    [KNeighborsClassifier(), SVC(), SVC(kernel="linear"), GaussianNB(), HistGradientBoostingClassifier(max_iter=3)],
    ids=repr,
)
def test_estimators_whose_weights_cannot_be_reached(estimator):
    model = load_model(estimator.fit(ROWS, TWO))
    assert not isinstance(model, PerturbableModel)
    with pytest.raises(NotPerturbable) as caught:
        as_perturbable(model)
    assert type(estimator).__name__ in str(caught.value)
    assert "proxies 0" in str(caught.value)
