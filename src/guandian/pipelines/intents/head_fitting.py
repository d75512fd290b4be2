"""Fits the head of intents over vectors: who is who, how sure that is, and what is none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.assist.understanding.intents.head import IntentHead, centred, nearness, units
from guandian.evaluation.logits import softmax

Floats = NDArray[np.float64]
STRENGTH = 10.0
"""What wrong answers cost against large weights (C of the logistic regression)."""
SHRINKAGE = 0.3
"""Of the spread within intents towards one that is alike in all directions."""
KNOWN_OF_AN_INTENT = 100
"""Examples of one intent that are kept for nearness."""
FOLDS = 4
FAR_REJECTED = 0.95
"""Share of texts about anything else that shall be told as unlike what was taught."""
NEAR_REJECTED = 0.05
"""Share of held-out examples that may be told so, at most."""
_TEMPERATURES = np.geomspace(0.05, 5.0, 60)


@dataclass(frozen=True, slots=True)
class FittedHead:
    """A head, and how well it was known by cross-validation on its examples.

    Attributes:
        head: fitted on all examples.
        accuracy: share of held-out examples that were told right; None where no intent has two.
    """

    head: IntentHead
    accuracy: float | None


def fit_head(
    vectors: Floats,
    intents: Sequence[str],
    background: Floats,
    seed: int = 1,
    accuracy: float | None = None,
) -> FittedHead:
    """Fit a head.

    Args:
        vectors: of the examples [N, H].
        intents: of each example, two different ones at least.
        background: vectors [M, H] of texts about anything else; those that are as near as examples
            are to each other are left out, for they may be what was taught.
        seed: of the folds.
        accuracy: that the confidence shall promise on average, where the examples cannot tell it
            since the encoder was tuned on them; None = what cross-validation says.

    Returns:
        The head with temperature and threshold.
    """
    names = tuple(sorted(set(intents)))
    number = {name: k for k, name in enumerate(names)}
    labels = np.array([number[name] for name in intents])
    middle = units(vectors).mean(axis=0)
    inputs = centred(vectors, middle)
    weights, bias = _fit_linear(inputs, labels, len(names))
    whitening = whiten(inputs, labels)
    held_logits, held_near, held = _held_out(inputs, labels, len(names), whitening, seed)
    right = held_logits.argmax(1) == labels[held] if len(held) else np.zeros(0, np.bool_)
    known_accuracy = float(right.mean()) if len(held) else None
    temperature = _temperature(held_logits, labels[held], accuracy) if len(held) else 1.0
    kept = _kept(labels, seed)
    known = units(inputs[kept] @ whitening)
    head = IntentHead(names, middle, weights, bias, temperature, whitening, known, -1.0)
    threshold = _threshold(head.nearness(background) if len(background) else None, held_near)
    fitted = IntentHead(names, middle, weights, bias, temperature, whitening, known, threshold)
    return FittedHead(fitted, known_accuracy)


def whiten(inputs: Floats, labels: NDArray[np.int64]) -> Floats:
    """The matrix [H, H] by which the spread within intents is alike in all directions."""
    within = np.empty_like(inputs)
    for label in np.unique(labels):
        chosen = labels == label
        within[chosen] = inputs[chosen] - inputs[chosen].mean(axis=0)
    spread = within.T @ within / max(1, len(inputs))
    level = float(np.trace(spread)) / len(spread)
    if level <= 0:  # one example of each
        return np.eye(inputs.shape[1])
    mixed = (1 - SHRINKAGE) * spread + SHRINKAGE * level * np.eye(len(spread))
    values, turn = np.linalg.eigh(mixed)
    return np.asarray(turn / np.sqrt(values) @ turn.T * np.sqrt(level), np.float64)


def _fit_linear(inputs: Floats, labels: NDArray[np.int64], classes: int) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3).fit(inputs, labels)
    weights, bias = model.coef_.T, model.intercept_
    if classes == 2:  # of two the library keeps one
        weights = np.hstack([-weights, weights]) / 2
        bias = np.concatenate([-bias, bias]) / 2
    return np.asarray(weights, np.float64), np.asarray(bias, np.float64)


def _held_out(
    inputs: Floats, labels: NDArray[np.int64], classes: int, whitening: Floats, seed: int
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Logits and nearness of examples whose fold was not learned from, and which they are."""
    counts = Counter(labels.tolist())
    several = np.flatnonzero([counts[label] > 1 for label in labels.tolist()])
    if not len(several):
        return np.zeros((0, classes)), np.zeros(0), several
    draw = np.random.default_rng(seed)
    fold = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        chosen = draw.permutation(np.flatnonzero(labels == label))
        fold[chosen] = (np.arange(len(chosen)) + draw.integers(FOLDS)) % min(FOLDS, len(chosen))
    whitened = units(inputs @ whitening)
    logits, near, places = [], [], []
    for number in range(FOLDS):
        inside = fold != number
        outside = several[fold[several] == number]
        if not len(outside) or len(np.unique(labels[inside])) < classes:
            continue
        weights, bias = _fit_linear(inputs[inside], labels[inside], classes)
        logits.append(inputs[outside] @ weights + bias)
        near.append(nearness(whitened[outside], whitened[inside]))
        places.append(outside)
    if not places:
        return np.zeros((0, classes)), np.zeros(0), several[:0]
    return np.concatenate(logits), np.concatenate(near), np.concatenate(places)


def _temperature(logits: Floats, labels: NDArray[np.int64], accuracy: float | None) -> float:
    """What logits are divided by: the likeliest, or what promises a given accuracy on average."""
    if accuracy is not None:
        gaps = [abs(softmax(logits / t).max(1).mean() - accuracy) for t in _TEMPERATURES]
        return float(_TEMPERATURES[int(np.argmin(gaps))])
    rows = np.arange(len(labels))
    lost = [
        -np.log(np.maximum(softmax(logits / t)[rows, labels], 1e-12)).mean() for t in _TEMPERATURES
    ]
    return float(_TEMPERATURES[int(np.argmin(lost))])


def _kept(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    draw = np.random.default_rng(seed)
    chosen = [
        draw.permutation(np.flatnonzero(labels == label))[:KNOWN_OF_AN_INTENT]
        for label in np.unique(labels)
    ]
    return np.sort(np.concatenate(chosen))


def _threshold(background: Floats | None, held: Floats) -> float:
    """The nearness below which a message is told as unlike what was taught."""
    most = float(np.quantile(held, NEAR_REJECTED)) if len(held) else 1.0
    if background is None:
        return most if len(held) else -1.0
    middle = float(np.median(held)) if len(held) else 1.0
    far = background[background < middle]
    if not len(far):
        return min(most, middle)
    return min(most, float(np.quantile(far, FAR_REJECTED)))
