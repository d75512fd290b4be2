"""A small linear head over the characters of headlines: hashed n-grams, numbers of eight bits."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from guandian.errors import GuandianError
from guandian.evaluation.logits import softmax
from guandian.io.atomic import replacing_file
from guandian.mining.headlines.headline_text import said_of

Floats = NDArray[np.float64]

WIDTH = 1 << 13
"""Places that n-grams fall into."""
LONGEST = 3
"""Characters of the longest n-gram."""
_DIGITS = re.compile(r"\d[\d,.]*")
_FORMAT = "guandian headline head 1"


@dataclass(frozen=True, slots=True, eq=False)
class HashedTexts:
    """Headlines as n-grams that fell into places: rows of unit length, kept as what is not zero.

    Attributes:
        row, column: where each value stands `[m]`.
        value: of the matrix `[rows, width]`.
        rows: how many headlines.
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    value: Floats
    rows: int

    @classmethod
    def of(cls, headlines: Sequence[str]) -> Self:
        """Cut headlines into n-grams; the company before the colon and digits do not count."""
        digits = [_DIGITS.sub("0", said_of(headline)) for headline in headlines]
        return cls.of_plain(digits, WIDTH)

    @classmethod
    def of_plain(cls, texts: Sequence[str], width: int) -> Self:
        """Cut texts as they are into n-grams that fall into `width` places."""
        rows: list[NDArray[np.int64]] = []
        columns: list[NDArray[np.int64]] = []
        values: list[Floats] = []
        for number, plain in enumerate(texts):
            text = f"^{plain}$"
            marks = [
                crc32(text[at : at + size].encode("utf-8", "surrogatepass"))
                for size in range(1, LONGEST + 1)
                for at in range(len(text) - size + 1)
            ]
            hashes = np.array(marks, dtype=np.int64)
            signs = np.where(hashes & (1 << 30), 1.0, -1.0)
            own, at = np.unique(hashes % width, return_inverse=True)
            sums = np.bincount(at, signs)
            rows.append(np.full(len(own), number))
            columns.append(own)
            values.append(sums / max(float(np.linalg.norm(sums)), 1e-9))
        if not rows:
            nothing = np.zeros(0, dtype=np.int64)
            return cls(nothing, nothing, np.zeros(0), 0)
        whole = np.concatenate
        return cls(whole(rows), whole(columns), whole(values), len(texts))

    def times(self, weights: Floats) -> Floats:
        """The product with weights `[WIDTH, k]`, `[rows, k]`."""
        product = np.zeros((self.rows, weights.shape[1]))
        for label in range(weights.shape[1]):
            amounts = self.value * weights[self.column, label]
            product[:, label] = np.bincount(self.row, amounts, self.rows)
        return product


class LinearHead:
    """Classes by a linear function of n-grams, and of scores that are known without it.

    Args:
        classes: their names.
        weights: `[WIDTH, classes]`, whole numbers of eight bits.
        scale: what a weight of 1 stands for.
        bias: of each class `[classes]`.
        prior: what known scores count, such as those of seeds; 0 without any.
    """

    def __init__(
        self,
        classes: Sequence[str],
        weights: NDArray[np.int8],
        scale: float,
        bias: Floats,
        prior: float = 0.0,
    ) -> None:
        self.classes = tuple(classes)
        self.weights, self.scale, self.bias, self.prior = weights, scale, bias, prior

    @classmethod
    def of(cls, classes: Sequence[str], weights: Floats, bias: Floats, prior: float = 0.0) -> Self:
        """Round real weights to eight bits."""
        scale = max(float(np.abs(weights).max()), 1e-9) / 127
        return cls(classes, np.round(weights / scale).astype(np.int8), scale, bias, prior)

    def probabilities(self, headlines: Sequence[str], known: Floats | None = None) -> Floats:
        """Probabilities `[headlines, classes]`.

        Args:
            headlines: raw.
            known: scores `[headlines, classes]` that the head was learned beside.
        """
        texts = HashedTexts.of(headlines)
        logits = texts.times(self.scale * self.weights.astype(np.float64)) + self.bias
        if known is not None:
            logits += self.prior * known
        return softmax(logits)

    @property
    def digest(self) -> bytes:
        """Equal for equal heads."""
        facts = repr((self.classes, self.scale, self.prior)).encode()
        return sha256(facts + self.weights.tobytes() + self.bias.tobytes()).digest()

    def save(self, path: Path) -> None:
        """Write the head to a file, whole or not at all."""
        facts = {"classes": self.classes, "scale": self.scale, "prior": self.prior}
        with replacing_file(path) as part:
            save_file(
                {"weights": self.weights, "bias": self.bias},
                part,
                {"format": _FORMAT, "head": json.dumps(facts, ensure_ascii=False)},
            )

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a head that `save` wrote.

        Raises:
            GuandianError: the file is none.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                facts = json.loads((file.metadata() or {})["head"])
                weights, bias = file.get_tensor("weights"), file.get_tensor("bias")
            classes = [str(name) for name in facts["classes"]]
            head = cls(classes, weights, float(facts["scale"]), bias, float(facts["prior"]))
            if weights.shape != (WIDTH, len(classes)) or bias.shape != (len(classes),):
                raise ValueError("its arrays do not fit its classes")
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise GuandianError(
                f"{path} is no head of headlines: {error}", "guandian headlines learn writes one"
            ) from error
        return head
