"""Whether what a file holds stays within its own arrays when it is asked.

Scikit-learn follows the node numbers of a tree without looking whether they exist. Those of a tree that was
grown do; those of a file may be anything. The same is true of the counts, coefficients and sparse vectors that it
hands to LIBSVM; these are not looked through, but found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.svm._base import BaseLibSVM
from sklearn.tree._tree import Tree


def are_intact(content: object) -> bool:
    """Whether all trees within an estimator have valid nodes, and the same number of features."""
    trees = [part for part in _parts_of(content) if isinstance(part, Tree)]
    return all(map(_is_intact, trees)) and len({tree.n_features for tree in trees}) <= 1


def support_vector_machines(content: object) -> list[str]:
    """The classes, by name, of all estimators within an estimator that hand their arrays to LIBSVM."""
    return sorted({type(part).__name__ for part in _parts_of(content) if isinstance(part, BaseLibSVM)})


def _parts_of(content: object) -> Iterator[Any]:
    ahead, seen = [content], set()
    while ahead:
        one = ahead.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        ahead.extend(_held_by(one))


def _held_by(one: object) -> list[object]:
    if isinstance(one, dict):
        return list(one.values())
    if isinstance(one, (list, tuple, set)):
        return list(one)
    if isinstance(one, np.ndarray):
        return one.ravel().tolist() if one.dtype == np.object_ else []
    return list(vars(one).values()) if hasattr(one, "__dict__") and not isinstance(one, type) else []


def _is_intact(tree: Any) -> bool:
    if not 0 < tree.node_count <= tree.capacity:
        return False
    numbers = np.arange(tree.node_count)
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    split = left != -1
    # A grown tree numbers children after their parent, so that no walk goes in circles.
    forward = (left > numbers) & (right > numbers) & (left < tree.node_count) & (right < tree.node_count)
    known = (feature >= 0) & (feature < tree.n_features)
    return bool((forward & known)[split].all())
