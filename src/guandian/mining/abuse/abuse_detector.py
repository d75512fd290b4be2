"""How likely a Chinese text insults people or groups: a linear function of its characters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.assets import assets
from guandian.errors import GuandianError, reason
from guandian.mining.headlines.linear_head import HashedTexts
from guandian.text.cleaning import clean

FORMAT = "guandian.abuse/1"
WIDTH = 1 << 17
"""Places that n-grams of characters fall into."""
THRESHOLD = 0.5
"""The probability from which a text is marked, where no policy says another."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AbuseDetector:
    """Logistic regression over hashed n-grams of one to three characters.

    Attributes:
        weights: whole numbers of eight bits [WIDTH].
        scale: what a weight of 1 stands for.
        bias: added to their sum.
        about: data, licence and figures, for people.
    """

    weights: NDArray[np.int8]
    scale: float
    bias: float
    about: Mapping[str, Any]

    @classmethod
    def of(cls, weights: Floats, bias: float, about: Mapping[str, Any]) -> Self:
        """Round real weights [WIDTH] to eight bits."""
        scale = max(float(np.abs(weights).max()), 1e-9) / 127
        return cls(np.round(weights / scale).astype(np.int8), scale, bias, dict(about))

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """How likely each raw text insults people or groups, [texts]."""
        weights = self.scale * self.weights.astype(np.float64)
        scores = abuse_grams(texts).times(weights[:, None])[:, 0] + self.bias
        return np.asarray(1 / (1 + np.exp(-scores)))

    @property
    def digest(self) -> str:
        """Equal for equal detectors."""
        return sha256(self.weights.tobytes() + repr((self.scale, self.bias)).encode()).hexdigest()

    def save(self, path: Path) -> None:
        """Write a safetensors file."""
        from safetensors.numpy import save_file

        facts = {"scale": self.scale, "bias": self.bias, "about": dict(self.about)}
        about = {"format": FORMAT, "detector": json.dumps(facts, ensure_ascii=False)}
        save_file({"weights": self.weights}, path, about)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            GuandianError: it is missing, or something else.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                weights = file.get_tensor("weights")
            if metadata.get("format") != FORMAT or weights.shape != (WIDTH,):
                raise ValueError(f"its format is not {FORMAT}")
            facts = json.loads(metadata["detector"])
            return cls(weights, float(facts["scale"]), float(facts["bias"]), facts["about"])
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise GuandianError(
                f"{path} detects no abuse: {reason(error)}",
                "make it anew: python scripts/train_abuse.py",
            ) from error


def abuse_grams(texts: Sequence[str]) -> HashedTexts:
    """The n-grams of raw texts, cleaned as reviews are."""
    return HashedTexts.of_plain([clean(text)[0] for text in texts], WIDTH)


@cache
def shipped_detector() -> AbuseDetector:
    """The detector that comes with the package."""
    return AbuseDetector.load(assets() / "abuse" / "zh.safetensors")
