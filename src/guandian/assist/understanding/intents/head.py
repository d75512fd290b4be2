"""The head of intents: vectors in, probabilities and nearness to what was taught out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.logits import softmax

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IntentHead:
    """A linear head over unit vectors, and a measure of how far a message is from what was taught.

    Attributes:
        names: of the intents [C].
        middle: the mean of the unit vectors that were learned from [H].
        weights: [H, C], over centred unit vectors.
        bias: [C].
        temperature: what divides the logits so that probabilities keep what they promise.
        whitening: [H, H]; by it the spread within an intent is alike in all directions.
        means: of the intents after whitening [C, H].
        scales: [3] the spread of the logarithm of the surest probability, middle and spread of the
            distance to the nearest mean, all of examples that were held out.
        threshold: the nearness below which a message is unlike the examples.
    """

    names: tuple[str, ...]
    middle: Floats
    weights: Floats
    bias: Floats
    temperature: float
    whitening: Floats
    means: Floats
    scales: Floats
    threshold: float

    def centred(self, vectors: Floats) -> Floats:
        """Unit vectors [T, H] around the middle of what was learned from."""
        return centred(vectors, self.middle)

    def probabilities(self, vectors: Floats) -> Floats:
        """The probability [T, C] of each intent, given that it is one of them."""
        logits = self.centred(vectors) @ self.weights + self.bias
        return softmax(logits / self.temperature)

    def nearness(self, vectors: Floats) -> Floats:
        """How near [T] a message is to what was taught; higher is nearer.

        How sure the surest intent is, which tells what lies between intents, and half as much the
        Mahalanobis distance to the nearest one, which tells what lies far from all (Lee et al.
        2018, arXiv:1807.03888; Podolskiy et al. 2021, arXiv:2101.03778).
        """
        inputs = self.centred(vectors)
        sure = surest(inputs @ self.weights + self.bias)
        near = -distance(inputs @ self.whitening, self.means)
        spread, middle, far_spread = self.scales
        return np.asarray(sure / spread + FAR_WEIGHT * (near - middle) / far_spread, np.float64)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Its arrays, to be kept."""
        named = ("middle", "weights", "bias", "whitening", "means", "scales")
        return {name: np.ascontiguousarray(getattr(self, name), np.float32) for name in named}

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.float32]],
        temperature: float,
        threshold: float,
    ) -> IntentHead:
        """A head that was kept.

        Raises:
            ValueError: shapes that do not fit each other.
        """
        floats = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
        head = cls(names=names, temperature=temperature, threshold=threshold, **floats)
        width = len(head.middle)
        wanted = {
            "weights": (width, len(names)),
            "bias": (len(names),),
            "whitening": (width, width),
        }
        for name, shape in wanted.items():
            if getattr(head, name).shape != shape:
                raise ValueError(f"{name} is {getattr(head, name).shape}, not {shape}")
        if not all(np.isfinite(array).all() for array in floats.values()) or not temperature > 0:
            raise ValueError("numbers that are not finite, or a temperature of 0")
        return head


FAR_WEIGHT = 0.5


def centred(vectors: Floats, middle: Floats) -> Floats:
    """Unit vectors [T, H] of vectors around a middle [H]."""
    return units(units(vectors) - middle)


def units(vectors: Floats) -> Floats:
    """Vectors of length 1; one of length 0 stays so."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float64)


def surest(logits: Floats) -> Floats:
    """The logarithm [T] of the probability of the surest of logits [T, C]."""
    return np.asarray(np.log(np.maximum(softmax(logits).max(axis=1), 1e-300)), np.float64)


def distance(whitened: Floats, means: Floats) -> Floats:
    """The squared distance [T] of whitened vectors [T, H] to the nearest of means [C, H]."""
    squares = (whitened**2).sum(1)[:, None] - 2 * whitened @ means.T + (means**2).sum(1)[None]
    return np.asarray(np.maximum(squares, 0).min(axis=1), np.float64)
