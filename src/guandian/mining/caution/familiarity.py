"""How unlike a review is to those that a model learned from, by the vectors of its encoder.

The distance is Mahalanobis' (Lee et al. 2018, without classes): from the mean of reviews like those
learned from, in units of how they vary; short texts, whose vectors vary more, are expected to lie
farther away. It is told as the share of held-out reviews that lie farther away, so that a limit of
0.05 warns of one familiar review in twenty.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Mined
from guandian.errors import GuandianError, reason

Unlike = Literal["warn", "hold"]
"""What becomes of a review unlike those learned from: a warning, or no opinions besides."""
UNLIKE = "text: unlike what the model learned from"
LIMIT = 0.05
"""Of familiar reviews, the share that may be called unlike."""
FORMAT = "guandian.familiarity/1"
_LEAST = 100
_FEWEST = 1e-3
"""Of the mean variance, what a direction has at least."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Familiarity:
    """The reviews that a model learned from, as far as a distance from them needs them.

    Attributes:
        weights: SHA-256 of the weights of the model.
        mean: [H].
        factor: [H, H], turns a difference from the mean into units of variation.
        expected: [2], slope and start of a distance's logarithm over that of the tokens.
        held_out: [n], distances of held-out reviews over those expected, in ascending order.
    """

    weights: str
    mean: Floats
    factor: Floats
    expected: Floats
    held_out: Floats

    @classmethod
    def measure(
        cls, weights: str, learned: Floats, held_out: Floats, tokens: NDArray[np.int64]
    ) -> Self:
        """From vectors [N, H] of reviews that were learned from and [n, H] of some that were not.

        Args:
            weights: SHA-256 of the weights that gave the vectors.
            learned: vectors.
            held_out: vectors.
            tokens: [n], how many each held-out review has.

        Raises:
            GuandianError: fewer reviews than tell anything.
        """
        if min(len(learned), len(held_out)) < _LEAST:
            raise GuandianError(
                f"{len(learned)} reviews learned from and {len(held_out)} held out",
                f"give {_LEAST} of each at least",
            )
        mean = learned.mean(0)
        _, lengths, directions = np.linalg.svd(learned - mean, full_matrices=False)
        variances = lengths**2 / len(learned)
        floor = _FEWEST * variances.mean()
        factor = (directions / np.sqrt(variances + floor)[:, None]).T
        distances = _distances(held_out, mean, factor)
        expected = np.polyfit(np.log1p(tokens), np.log(distances), 1)
        relative = distances / _expected(expected, tokens)
        return cls(weights, mean, factor, expected, np.sort(relative))

    def likeness(self, vectors: Floats, tokens: NDArray[np.int64]) -> Floats:
        """The shares [T] of familiar reviews that lie as far away or farther.

        Args:
            vectors: [T, H].
            tokens: [T], of each text.
        """
        distances = _distances(np.asarray(vectors, np.float64), self.mean, self.factor)
        distances = distances / _expected(self.expected, tokens)
        nearer = np.searchsorted(self.held_out, distances, side="left")
        return np.asarray((len(self.held_out) - nearer + 1) / (len(self.held_out) + 1))

    def save(self, path: Path) -> None:
        """Write a safetensors file; half precision is enough for a distance."""
        from safetensors.numpy import save_file

        arrays: dict[str, NDArray[Any]] = {
            "mean": self.mean.astype(np.float32),
            # safetensors writes an array in the order of its memory, whatever its strides say.
            "factor": np.ascontiguousarray(self.factor, np.float16),
            "expected": np.ascontiguousarray(self.expected, np.float32),
            "held_out": self.held_out.astype(np.float32),
        }
        save_file(arrays, path, {"format": FORMAT, "weights": self.weights})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            GuandianError: it is missing, or something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            content = path.read_bytes()
            size = int.from_bytes(content[:8], "little")
            about = json.loads(content[8 : 8 + size]).get("__metadata__", {})
            if about.get("format") != FORMAT:
                raise ValueError(f"its format is not {FORMAT}")
            arrays = {name: array.astype(np.float64) for name, array in load(content).items()}
            names = ("mean", "factor", "expected", "held_out")
            return cls(about["weights"], *(arrays[name] for name in names))
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise GuandianError(
                f"{path} does not tell what a model learned from: {reason(error)}",
                "measure it anew with guandian.mining.caution.familiarity.Familiarity",
            ) from error


def unlike_told(mined: Mined, unlike: Unlike) -> Mined:
    """What was mined, with a warning where the review is unlike those learned from."""
    if mined.likeness is None or mined.likeness > LIMIT:
        return mined
    warned = replace(mined, warnings=(*mined.warnings, UNLIKE))
    return replace(warned, opinions=()) if unlike == "hold" else warned


def _distances(vectors: Floats, mean: Floats, factor: Floats) -> Floats:
    return np.asarray((((vectors - mean) @ factor) ** 2).sum(1))


def _expected(line: Floats, tokens: NDArray[np.int64]) -> Floats:
    return np.asarray(np.exp(np.polyval(line, np.log1p(tokens))))
