"""Fits the head of intents over vectors: who is who, how sure that is, and what is none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guandian.assist.understanding.intents.head import (
    FAR_WEIGHT,
    IntentHead,
    centred,
    distance,
    surest,
    units,
)
from guandian.evaluation.logits import softmax

Floats = NDArray[np.float64]
STRENGTH = {"few": 10.0, "many": 3.0}
"""What wrong answers cost against large weights (C of the logistic regression)."""
FEW = 20
"""Examples of an intent on average, up to which they are few."""
SHRINKAGE = 0.3
"""Of the spread within intents towards one that is alike in all directions."""
LEAST = -1e9
"""A threshold that nothing falls below."""
FOLDS = 4
MANY = 3000
"""Examples from which on one of the folds tells enough."""
FAR_REJECTED = 0.99
"""Share of the background that shall be told so; real messages out of scope are nearer."""
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
    held = _held_out(inputs, labels, len(names), whitening, seed)
    known_accuracy, temperature, scales = None, 1.0, np.array([1.0, 0.0, 1.0])
    if len(held.places):
        gold = labels[held.places]
        known_accuracy = float((held.logits.argmax(1) == gold).mean())
        temperature = _temperature(held.logits, gold, accuracy)
        scales = np.array([_spread(held.sure), held.near.mean(), _spread(held.near)])
    head = IntentHead(
        names=names,
        middle=middle,
        weights=weights,
        bias=bias,
        temperature=temperature,
        whitening=whitening,
        means=_means(inputs @ whitening, labels, len(names)),
        scales=scales,
        threshold=-np.inf,
    )
    near = held.sure / scales[0] + FAR_WEIGHT * (held.near - scales[1]) / scales[2]
    threshold = _threshold(head.nearness(background) if len(background) else None, near)
    return FittedHead(replace(head, threshold=threshold), known_accuracy)


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
    values, axes = np.linalg.eigh(mixed)
    return np.asarray(axes / np.sqrt(values) @ axes.T * np.sqrt(level), np.float64)


def _fit_linear(inputs: Floats, labels: NDArray[np.int64], classes: int) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    strength = STRENGTH["few" if len(labels) <= FEW * classes else "many"]
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(inputs, labels)
    weights, bias = model.coef_.T, model.intercept_
    if classes == 2:  # of two the library keeps one
        weights = np.hstack([-weights, weights]) / 2
        bias = np.concatenate([-bias, bias]) / 2
    return np.asarray(weights, np.float64), np.asarray(bias, np.float64)


def _means(whitened: Floats, labels: NDArray[np.int64], classes: int) -> Floats:
    return np.stack([whitened[labels == label].mean(axis=0) for label in range(classes)])


@dataclass(frozen=True, slots=True)
class _HeldOut:
    """What heads say of examples whose fold they did not learn from.

    Attributes:
        places: of these examples [K].
        logits: [K, C].
        sure: the logarithm of the surest probability [K].
        near: minus the distance to the nearest mean [K].
    """

    places: NDArray[np.int64]
    logits: Floats
    sure: Floats
    near: Floats


def _held_out(
    inputs: Floats, labels: NDArray[np.int64], classes: int, whitening: Floats, seed: int
) -> _HeldOut:
    counts = Counter(labels.tolist())
    several = np.flatnonzero([counts[label] > 1 for label in labels.tolist()])
    draw = np.random.default_rng(seed)
    fold = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        chosen = draw.permutation(np.flatnonzero(labels == label))
        fold[chosen] = (np.arange(len(chosen)) + draw.integers(FOLDS)) % min(FOLDS, len(chosen))
    whitened = inputs @ whitening
    parts = [(several[:0], np.zeros((0, classes)), np.zeros(0))]
    for number in range(FOLDS if len(labels) <= MANY else 1):
        inside = fold != number
        outside = several[fold[several] == number]
        if not len(outside) or len(np.unique(labels[inside])) < classes:
            continue
        weights, bias = _fit_linear(inputs[inside], labels[inside], classes)
        near = -distance(whitened[outside], _means(whitened[inside], labels[inside], classes))
        parts.append((outside, inputs[outside] @ weights + bias, near))
    places, logits, near = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return _HeldOut(places, logits, surest(logits) if len(logits) else np.zeros(0), near)


def _spread(values: Floats) -> float:
    return float(values.std()) or 1.0


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


def _threshold(background: Floats | None, held: Floats) -> float:
    """The nearness below which a message is told as unlike the examples."""
    most = float(np.quantile(held, NEAR_REJECTED)) if len(held) else np.inf
    if background is not None:
        middle = float(np.median(held)) if len(held) else np.inf
        far = background[background < middle]
        most = min(most, float(np.quantile(far, FAR_REJECTED)) if len(far) else middle)
    return most if np.isfinite(most) else LEAST
