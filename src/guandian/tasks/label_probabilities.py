"""The probabilities that a model gives to every class of labels that people gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled, Quad, Span
from guandian.evaluation.logits import sigmoid, softmax
from guandian.tasks.decode import Arrays
from guandian.tasks.head_spec import NOWHERE, HeadSpec
from guandian.tasks.inference import Reader
from guandian.tasks.sentiment import SENTIMENT, review_tasks
from guandian.tasks.targets import token_range
from guandian.text.pieces import Encoded
from guandian.text.windows import Window, equal_batches, windows

Probabilities = NDArray[np.float64]


@dataclass(slots=True)
class Belief:
    """The probabilities that a model gives to one labelled text of N tokens.

    Attributes:
        encoded: the tokens.
        inside: for each span type, the probability [N] that a token is inside such a span: of
            the likeliest span that holds it.
        polarity, category: for each quad by its place, [3] and [C]; quads that no window holds
            are left out.
        sentiment: [3].
        labels: for each declared label with classes, by name, [K]. Of `multi` each class by
            itself, else they sum to one.
    """

    encoded: Encoded
    inside: dict[str, Probabilities]
    polarity: dict[int, Probabilities] = field(default_factory=dict)
    category: dict[int, Probabilities] = field(default_factory=dict)
    sentiment: Probabilities = field(default_factory=lambda: np.full(3, 1 / 3))
    labels: dict[str, Probabilities] = field(default_factory=dict)


def beliefs(reader: Reader, examples: Sequence[Labelled]) -> list[Belief]:
    """The probabilities of each example's labels; the texts are read as they are.

    Long texts are read in windows, as `infer` does: each token by the window that answers for it,
    whole-text classes from the mean of the windows' logits.
    """
    encoded = [reader.pieces.encode(example.text) for example in examples]
    room = reader.max_tokens - 2
    planned = [
        (index, window)
        for index, (tokens, example) in enumerate(zip(encoded, examples, strict=True))
        for window in windows(tokens, example.text, room, reader.overlap)
    ]
    by_text = [
        Belief(tokens, {name: np.zeros(len(tokens)) for name in reader.spec.span_types})
        for tokens in encoded
    ]
    whole: list[list[tuple[int, Mapping[str, Probabilities]]]] = [[] for _ in examples]
    for batch in equal_batches(planned, reader.batch_tokens):
        ids = [reader.ids(encoded[index], window) for index, window in batch]
        arrays = reader.forward(np.stack(ids))
        for row, (index, window) in enumerate(batch):
            _read(by_text[index], arrays, row, window, reader.spec)
            _judge(by_text[index], examples[index].quads or (), arrays, row, window)
            names = [name for task in review_tasks(reader.spec) for name in task.outputs()]
            logits = {name: arrays[name][row].astype(np.float64) for name in names}
            whole[index].append((max(window.own_end - window.own_start, 1), logits))
    for belief, parts in zip(by_text, whole, strict=True):
        if parts:
            _whole(belief, parts, reader.spec)
    return by_text


def _read(belief: Belief, arrays: Arrays, row: int, window: Window, spec: HeadSpec) -> None:
    """Take the tokens that a window answers for."""
    own = slice(window.own_start, window.own_end)
    inner = slice(window.own_start - window.start, window.own_end - window.start)
    for kind, name in enumerate(spec.span_types):
        logits = arrays["spans"][row][kind, 1:-1, 1:-1].astype(np.float64)
        belief.inside[name][own] = _covered(np.triu(sigmoid(logits)))[inner]


def _covered(spans: Probabilities) -> Probabilities:
    """For each token [N] the most of `spans` [N, N], first by last token, that hold it."""
    opened = np.maximum.accumulate(spans, axis=0)  # of those that begin at i or before
    closed = np.maximum.accumulate(opened[:, ::-1], axis=1)[:, ::-1]  # and end at j or behind
    return closed.diagonal().copy()


def _judge(belief: Belief, quads: Sequence[Quad], arrays: Arrays, row: int, window: Window) -> None:
    """Read polarity and category at the quads that a window holds, the first that does."""
    for index, quad in enumerate(quads):
        places = [_place(belief.encoded, span, window) for span in (quad.aspect, quad.expression)]
        unsaid = quad.aspect is None and quad.expression is None
        if index in belief.polarity or unsaid or None in places:
            continue
        for name, into in (("polarity", belief.polarity), ("category", belief.category)):
            logits = arrays[name][row].astype(np.float64)
            parts = [
                logits[at[0] : at[1] + 1, role].mean(axis=0)
                for role, at in enumerate(places)
                if at is not None
            ]
            into[index] = softmax(np.sum(parts, axis=0))


def _place(encoded: Encoded, span: Span | None, window: Window) -> tuple[int, int] | None:
    """First and last token in the window, [CLS] counted; None where it does not hold them."""
    if span is None:
        return NOWHERE, NOWHERE
    at = token_range(encoded, span)
    if at is None or at[0] < window.start or at[1] >= window.end:
        return None
    return at[0] - window.start + 1, at[1] - window.start + 1


def _whole(
    belief: Belief, parts: Sequence[tuple[int, Mapping[str, Probabilities]]], spec: HeadSpec
) -> None:
    weights = [weight for weight, _ in parts]

    def mean(name: str) -> Probabilities:
        arrays = [logits[name] for _, logits in parts]
        return np.asarray(np.average(arrays, axis=0, weights=weights), dtype=np.float64)

    belief.sentiment = SENTIMENT.beliefs(mean(SENTIMENT.output))
    for task in spec.tasks:
        chances = task.probabilities({name: mean(name) for name in task.outputs()})
        if chances is not None:
            belief.labels[task.name] = chances
