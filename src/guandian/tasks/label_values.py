"""Declared labels: from an annotated value to what an array should be, and back to an answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Label, LabelHead, LabelValue
from guandian.evaluation.logits import sigmoid, softmax

_DIGITS = 6


def target(head: LabelHead, value: LabelValue) -> tuple[float, ...]:
    """What the K places of a head's array should say of an annotated value, each in [0, 1].

    `single` and `multi`: 1 at the classes. `ordinal`: 1 at k where the class is above the k-th, as
    in CORAL (Cao et al. 2020, arXiv:1901.07884). `regression`: the place on the scale.

    Raises:
        ValueError: as `LabelHead.accept`.
    """
    value = head.accept(value)
    if isinstance(value, float | int):
        low, high = head.scale
        return ((value - low) / (high - low),)
    if head.kind == "ordinal":
        rank = head.classes.index(str(value))
        return tuple(float(rank > k) for k in range(head.width))
    chosen = value if isinstance(value, tuple) else (value,)
    return tuple(float(name in chosen) for name in head.classes)


def answer(head: LabelHead, logits: NDArray[np.float64]) -> Label:
    """What a head's array [K] says: logits, for `regression` the place on the scale."""
    if head.kind == "regression":
        low, high = head.scale
        return Label(round(low + float(np.clip(logits[0], 0, 1)) * (high - low), _DIGITS))
    if head.kind == "single":
        sure = softmax(logits)
        best = int(sure.argmax())
        return Label(head.classes[best], _rounded(sure[best]))
    above = sigmoid(logits)
    if head.kind == "multi":
        chosen = np.flatnonzero(above > 0.5)
        named = tuple(head.classes[k] for k in chosen)
        return Label(named, tuple(_rounded(above[k]) for k in chosen))
    # The learned thresholds are in order but for rounding to whole numbers.
    above = np.minimum.accumulate(above)
    rank = int((above > 0.5).sum())
    cells = np.append(1.0, above) - np.append(above, 0.0)
    return Label(head.classes[rank], _rounded(cells[rank]))


def _rounded(probability: float) -> float:
    return round(float(probability), _DIGITS)
