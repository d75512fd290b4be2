"""Boosted trees as arrays, read without the library that grew them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_LEAF = -1
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """A sum of decision trees for each of C classes.

    Attributes:
        feature: int64 [nodes], by which a node decides; -1 = it is a leaf.
        threshold: float64 [nodes]; a feature of at most that goes left.
        left, right: int64 [nodes].
        value: float64 [nodes], of leaves.
        roots: int64 [rounds, C].
    """

    feature: NDArray[np.int64]
    threshold: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Floats
    roots: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse arrays in which a walk could leave the trees or never end.

        Raises:
            ValueError: they are such.
        """
        nodes = len(self.feature)
        inner = np.flatnonzero(self.feature != _LEAF)
        behind = np.concatenate((self.left[inner] - inner, self.right[inner] - inner))
        lengths = {len(array) for array in (self.threshold, self.left, self.right, self.value)}
        targets = np.concatenate((self.left[inner], self.right[inner], self.roots.ravel()))
        if self.roots.ndim != 2 or lengths != {nodes} or (behind <= 0).any():
            raise ValueError("the nodes of its trees do not follow each other")
        if len(targets) and (targets.min() < 0 or targets.max() >= nodes):
            raise ValueError("a tree leads to a node that is not there")

    def probabilities(self, features: Floats) -> Floats:
        """The probabilities [K, C] of K rows of features."""
        at = np.tile(self.roots.ravel(), (len(features), 1))
        rows = np.arange(len(features))[:, None]
        deciding = self.feature[at]
        while (deciding != _LEAF).any():
            goes_left = features[rows, np.maximum(deciding, 0)] <= self.threshold[at]
            ahead = np.where(goes_left, self.left[at], self.right[at])
            at = np.where(deciding == _LEAF, at, ahead)
            deciding = self.feature[at]
        scores = self.value[at].reshape(len(features), *self.roots.shape).sum(1)
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return np.asarray(scores / scores.sum(1, keepdims=True))

    def widest(self) -> int:
        """How many features the rows must have at least."""
        return int(self.feature.max(initial=_LEAF)) + 1

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays, for a safetensors file."""
        return {f"tree_{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """What `to_arrays` gave.

        Raises:
            KeyError, ValueError: something is missing or does not fit.
        """
        return cls(*(arrays[f"tree_{field.name}"] for field in fields(cls)))

    @classmethod
    def of(cls, grown: list[dict[str, Any]], classes: int) -> Self:
        """The trees of LightGBM's `dump_model()["tree_info"]`, round by round, a class each."""
        nodes: list[tuple[int, float, int, int, float]] = []
        roots = [_add(tree["tree_structure"], nodes) for tree in grown]
        feature, threshold, left, right, value = zip(*nodes, strict=True)
        return cls(
            np.array(feature, np.int64),
            np.array(threshold, np.float64),
            np.array(left, np.int64),
            np.array(right, np.int64),
            np.array(value, np.float64),
            np.array(roots, np.int64).reshape(-1, classes),
        )


def _add(node: dict[str, Any], nodes: list[tuple[int, float, int, int, float]]) -> int:
    """Add a node and what is below it; its number."""
    number = len(nodes)
    if "leaf_value" in node:
        nodes.append((_LEAF, 0.0, _LEAF, _LEAF, float(node["leaf_value"])))
        return number
    nodes.append((_LEAF, 0.0, _LEAF, _LEAF, 0.0))
    left, right = _add(node["left_child"], nodes), _add(node["right_child"], nodes)
    nodes[number] = (int(node["split_feature"]), float(node["threshold"]), left, right, 0.0)
    return number
