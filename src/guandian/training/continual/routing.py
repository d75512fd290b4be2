"""Which domain a text is of, by what an encoder that no domain has changed says of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]


class DomainRouter:
    """A linear discriminant over vectors of texts that keeps sums, and no text.

    Domains come one after another: each adds its mean, and its scatter to the one that all share.
    A text goes to the domain whose mean is nearest by that covariance (Fisher 1936), as in
    streaming linear discriminant analysis (Hayes and Kanan 2020, arXiv:1909.01520).

    Args:
        width: H of the vectors.
        shrinkage: share of the covariance that is spread evenly over its diagonal; few texts tell
            little of 384 x 384 numbers.
    """

    def __init__(self, width: int, shrinkage: float = 0.1) -> None:
        self._means: list[Vectors] = []
        self._scatter = np.zeros((width, width))
        self._texts = 0
        self._shrinkage = shrinkage

    @property
    def domains(self) -> int:
        """The number of domains that it knows."""
        return len(self._means)

    def add(self, vectors: Vectors) -> None:
        """Learn one more domain from the vectors [T, H] of its texts, at least one."""
        mean = vectors.mean(0)
        apart = vectors - mean
        self._means.append(mean)
        self._scatter += apart.T @ apart
        self._texts += len(vectors)

    def route(self, vectors: Vectors) -> NDArray[np.int64]:
        """The domain [T] of vectors [T, H], counted from 0 in the order of their coming.

        Raises:
            ValueError: it knows no domain.
        """
        if not self._means:
            raise ValueError("no domain is known yet")
        covariance = self._scatter / max(self._texts - len(self._means), 1)
        size = len(covariance)
        even = np.trace(covariance) / size or 1.0
        shrunk = (1 - self._shrinkage) * covariance + self._shrinkage * even * np.eye(size)
        means = np.stack(self._means)
        directions = np.linalg.solve(shrunk, means.T)
        scores = vectors @ directions - 0.5 * np.sum(means.T * directions, axis=0)
        return np.asarray(scores.argmax(1), dtype=np.int64)
