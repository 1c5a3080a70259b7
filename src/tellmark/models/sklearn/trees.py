"""Noise on trees and forests: on the thresholds of their splits, and on what their leaves say."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from tellmark.models.base import Noise, Parameter
from tellmark.models.perturbing import all_noise, root_mean_square

LEAVES = "leaves"


def trees_of(estimator: BaseEstimator) -> list[Any]:
    """The trees of a decision tree, a random forest or extremely randomised trees; else none."""
    if isinstance(estimator, DecisionTreeClassifier):
        return [estimator.tree_]
    if isinstance(estimator, (RandomForestClassifier, ExtraTreesClassifier)):
        return [tree.tree_ for tree in estimator.estimators_]
    return []


class ForestWeights:
    """Thresholds and leaves.

    All thresholds on one feature, over the whole forest, are one parameter, ``threshold.FEATURE``: they are in
    that feature's unit. Its scale is their standard deviation, or their mean absolute value where they are all
    equal. The class shares of all leaves are one parameter, ``leaves``, of shape ``(n_leaves, n_classes)``;
    after the noise negative shares become 0 and each leaf's shares are scaled back to their sum. A leaf that
    noise leaves without any share keeps those it had.
    """

    def __init__(self, estimator: BaseEstimator) -> None:
        self._estimator = estimator
        trees = trees_of(estimator)
        self._features = np.concatenate([tree.feature[_splits(tree)] for tree in trees])
        self._thresholds = np.concatenate([tree.threshold[_splits(tree)] for tree in trees])
        self._leaves = np.concatenate([tree.value[_is_leaf(tree), 0, :] for tree in trees])
        self._positions = {int(f): np.flatnonzero(self._features == f) for f in np.unique(self._features)}
        thresholds = [
            Parameter(f"threshold.{feature}", (len(places),), _spread(self._thresholds[places]))
            for feature, places in self._positions.items()
        ]
        leaves = Parameter(LEAVES, self._leaves.shape, root_mean_square(self._leaves.reshape(-1)))
        self.parameters = (*thresholds, leaves)

    def twin(self) -> BaseEstimator:
        """See `tellmark.models.sklearn.weights.Weights.twin`."""
        return copy.deepcopy(self._estimator)

    def fill(self, twin: BaseEstimator, noise: Noise) -> None:
        """See `tellmark.models.sklearn.weights.Weights.fill`."""
        thresholds = self._thresholds.copy()
        for parameter, places in zip(self.parameters, self._positions.values(), strict=False):
            thresholds[places] += all_noise(noise, parameter)
        leaves = self._noisy_leaves(noise)
        split = leaf = 0
        for tree in trees_of(twin):
            splits, is_leaf = _splits(tree), _is_leaf(tree)
            tree.threshold[splits] = thresholds[split : split + int(splits.sum())]
            tree.value[is_leaf, 0, :] = leaves[leaf : leaf + int(is_leaf.sum())]
            split, leaf = split + int(splits.sum()), leaf + int(is_leaf.sum())

    def _noisy_leaves(self, noise: Noise) -> NDArray[np.float64]:
        parameter = self.parameters[-1]
        noisy = np.maximum(self._leaves + all_noise(noise, parameter).reshape(parameter.shape), 0)
        total = noisy.sum(axis=1, keepdims=True)
        empty = total[:, 0] <= 0
        noisy[empty], total[empty] = self._leaves[empty], 1
        wanted = self._leaves.sum(axis=1, keepdims=True)
        wanted[empty] = 1
        return noisy * (wanted / total)


def _is_leaf(tree: Any) -> NDArray[np.bool_]:
    return tree.children_left == -1


def _splits(tree: Any) -> NDArray[np.bool_]:
    """Nodes that compare a feature with a number; a split on missing values alone has an infinite threshold."""
    return ~_is_leaf(tree) & np.isfinite(tree.threshold)


def _spread(thresholds: NDArray[np.float64]) -> float:
    spread = float(thresholds.std())
    return spread if spread > 0 else float(np.abs(thresholds).mean())
