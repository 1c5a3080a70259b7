"""Whether the trees in a file stay within their own arrays when they are asked.

Scikit-learn follows the node numbers of a tree without looking whether they exist. Those of a tree that was
grown do; those of a file may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.tree._tree import Tree


def are_intact(content: object) -> bool:
    """Whether all trees within an estimator have valid nodes, and the same number of features."""
    trees = list(_trees_in(content))
    return all(map(_is_intact, trees)) and len({tree.n_features for tree in trees}) <= 1


def _trees_in(content: object) -> Iterator[Any]:
    ahead, seen = [content], set()
    while ahead:
        one = ahead.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Tree):
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
