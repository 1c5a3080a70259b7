"""Noise reaches coefficients, thresholds and leaves, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from tellmark.models.loading import load_model

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(150, 3)) * [1, 10, 100]
LABELS = np.digitize(ROWS[:, 0] + ROWS[:, 2] / 100, [-0.7, 0.7])


def only(name, values):
    """Noise `values` on one parameter, none on the others."""

    def noise(parameter, start, stop):
        if parameter.name != name:
            return np.zeros(stop - start, dtype=np.float32)
        return np.broadcast_to(np.float32(values), parameter.shape).reshape(-1)[start:stop].copy()

    return noise


def named(model):
    return {parameter.name: parameter for parameter in model.parameters}


def scores(model, noise):
    with model.perturbed(noise) as copy:
        return copy.query(ROWS).scores


def test_linear():
    model = load_model(RidgeClassifier().fit(ROWS, LABELS))
    assert {name: parameter.shape for name, parameter in named(model).items()} == {"coef_": (3, 3), "intercept_": (3,)}
    expected = model.query(ROWS).scores
    np.testing.assert_allclose(
        scores(model, only("intercept_", [0, 1, 2])), expected + np.arange(3), rtol=1e-5, atol=1e-6
    )
    step = np.zeros((3, 3))
    step[2, 1] = 0.5
    expected[:, 2] += ROWS[:, 1] * 0.5
    np.testing.assert_allclose(scores(model, only("coef_", step)), expected, rtol=1e-4, atol=1e-5)


def test_linear_without_intercept():
    assert list(named(load_model(LinearSVC(fit_intercept=False).fit(ROWS, LABELS)))) == ["coef_"]


def test_coefficients_in_the_other_memory_order():
    estimator = LogisticRegression().fit(ROWS, LABELS)
    expected = scores(load_model(estimator), only("coef_", np.arange(9).reshape(3, 3) / 100))
    estimator.coef_ = np.asfortranarray(estimator.coef_)
    given = scores(load_model(estimator), only("coef_", np.arange(9).reshape(3, 3) / 100))
    np.testing.assert_allclose(given, expected, rtol=1e-6)


def test_mlp():
    estimator = MLPClassifier((5, 4), max_iter=300, tol=1e-1, random_state=0).fit(ROWS, LABELS)
    model = load_model(estimator)
    shapes = [(3, 5), (5, 4), (4, 3), (5,), (4,), (3,)]
    assert [parameter.shape for parameter in model.parameters] == shapes
    assert [parameter.name for parameter in model.parameters][::3] == ["coefs_.0", "intercepts_.0"]
    before = [array.copy() for array in estimator.coefs_]
    shifted = scores(model, only("intercepts_.2", [50, 0, 0]))
    assert (shifted.argmax(axis=1) == 0).all()
    assert all((now == then).all() for now, then in zip(estimator.coefs_, before, strict=True))


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_thresholds_of_a_forest_are_one_parameter_per_feature(kind):
    forest = kind(6, max_depth=4, random_state=0).fit(ROWS, LABELS)
    parameters = named(load_model(forest))
    assert set(parameters) == {"threshold.0", "threshold.1", "threshold.2", "leaves"}
    for feature in range(3):
        trees = [tree.tree_ for tree in forest.estimators_]
        own = np.concatenate([tree.threshold[tree.feature == feature] for tree in trees])
        assert parameters[f"threshold.{feature}"].size == len(own)
        assert parameters[f"threshold.{feature}"].scale == pytest.approx(own.std())
    assert parameters["threshold.2"].scale > 10 * parameters["threshold.0"].scale
    assert parameters["leaves"].shape == (sum(tree.get_n_leaves() for tree in forest.estimators_), 3)


def test_moving_all_thresholds_of_a_feature_is_moving_the_feature():
    tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(ROWS, LABELS)
    given = scores(load_model(tree), only("threshold.2", 30.0))
    assert (given == tree.predict_proba(ROWS - [0, 0, 30]).astype(np.float32)).all()
    assert (given != tree.predict_proba(ROWS)).any()


def test_a_single_threshold_has_its_size_as_scale():
    tree = DecisionTreeClassifier(max_depth=1, random_state=0).fit(ROWS + 500, LABELS)
    (split,) = [parameter for name, parameter in named(load_model(tree)).items() if name.startswith("threshold")]
    assert split.scale == pytest.approx(abs(tree.tree_.threshold[0]))


def test_noisy_leaves_stay_distributions():
    forest = RandomForestClassifier(4, max_depth=3, random_state=0).fit(ROWS, LABELS)
    model = load_model(forest)
    noise = np.random.default_rng(1).normal(size=named(model)["leaves"].shape)
    given = scores(model, only("leaves", noise))
    assert (given >= 0).all()
    np.testing.assert_allclose(given.sum(axis=1), 1, rtol=1e-5)
    assert (given.argmax(axis=1) != model.query(ROWS).labels).any()


def test_leaves_are_clipped_and_rescaled():
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(ROWS, LABELS)
    given = scores(load_model(tree), only("leaves", [-0.25, 0, 0]))
    expected = tree.predict_proba(ROWS) - [0.25, 0, 0]
    expected = np.maximum(expected, 0) / np.maximum(expected, 0).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(given, expected, rtol=1e-5)


def test_a_leaf_without_any_share_keeps_those_it_had():
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(ROWS, LABELS)
    np.testing.assert_allclose(scores(load_model(tree), only("leaves", -9.0)), tree.predict_proba(ROWS), rtol=1e-6)


def test_a_tree_that_is_one_leaf():
    tree = DecisionTreeClassifier(max_depth=3, min_samples_split=1000).fit(ROWS, LABELS)
    assert list(named(load_model(tree))) == ["leaves"]


def test_the_forest_itself_is_not_changed():
    forest = RandomForestClassifier(4, max_depth=3, random_state=0).fit(ROWS, LABELS)
    before = [(tree.tree_.threshold.copy(), tree.tree_.value.copy()) for tree in forest.estimators_]
    scores(load_model(forest), lambda parameter, start, stop: np.ones(stop - start, dtype=np.float32))
    for tree, (threshold, value) in zip(forest.estimators_, before, strict=True):
        assert (tree.tree_.threshold == threshold).all()
        assert (tree.tree_.value == value).all()
