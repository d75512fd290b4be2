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
        known: whitened vectors of the examples [N, H], whose nearest tell how near a message is.
        threshold: the nearness below which a message is unlike what was taught.
    """

    names: tuple[str, ...]
    middle: Floats
    weights: Floats
    bias: Floats
    temperature: float
    whitening: Floats
    known: Floats
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

        The mean cosine to the nearest examples after whitening by the spread within intents
        (a relative of the Mahalanobis distance of Podolskiy et al. 2021, arXiv:2101.03778).
        """
        return nearness(self.centred(vectors) @ self.whitening, self.known)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Its arrays, to be kept."""
        named = ("middle", "weights", "bias", "whitening", "known")
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
        kept = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
        head = cls(names=names, temperature=temperature, threshold=threshold, **kept)
        width = len(head.middle)
        wanted = {
            "weights": (width, len(names)),
            "bias": (len(names),),
            "whitening": (width, width),
        }
        for name, shape in wanted.items():
            if getattr(head, name).shape != shape:
                raise ValueError(f"{name} is {getattr(head, name).shape}, not {shape}")
        if head.known.ndim != 2 or head.known.shape[1] != width or not len(head.known):
            raise ValueError(f"known is {head.known.shape}, not [examples, {width}]")
        if not all(np.isfinite(array).all() for array in kept.values()) or not temperature > 0:
            raise ValueError("numbers that are not finite, or a temperature of 0")
        return head


NEAREST = 3


def centred(vectors: Floats, middle: Floats) -> Floats:
    """Unit vectors [T, H] of vectors around a middle [H]."""
    return units(units(vectors) - middle)


def units(vectors: Floats) -> Floats:
    """Vectors of length 1; one of length 0 stays so."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float64)


def nearness(whitened: Floats, known: Floats, nearest: int = NEAREST) -> Floats:
    """The mean cosine [T] of whitened vectors [T, H] to their nearest among known ones [N, H]."""
    likeness = units(whitened) @ units(known).T
    count = min(nearest, likeness.shape[1])
    best = np.partition(likeness, likeness.shape[1] - count, axis=1)[:, -count:]
    return np.asarray(best.mean(axis=1), np.float64)
