"""What a model says of a text in which words are hidden: many readings of one text in a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.logits import softmax
from guandian.tasks.confidence_features import Confidence
from guandian.tasks.decode import ABSENT, Arrays, Candidate, Range, log_probabilities
from guandian.tasks.head_spec import ASPECT, EXPRESSION, HeadSpec
from guandian.tasks.inference import Reader
from guandian.tasks.sentiment import SENTIMENT
from guandian.text.pieces import Encoded
from guandian.text.windows import Window, windows

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """The answers of R readings about a text's sentiment and its O opinions.

    Attributes:
        sentiment: [R, 3], probabilities of the whole review: negative, neutral, positive.
        polarity: [R, O, 3], likewise at the place of each opinion.
        confidence: [R, O], that each opinion, at its place, is exactly right.
    """

    sentiment: Floats
    polarity: Floats
    confidence: Floats


class MaskedReadings:
    """Reads one text again and again with tokens hidden behind the model's mask.

    Hidden tokens keep their places, so all readings have one length and are one batch, and an
    opinion stays at the place it was found at.

    Args:
        reader: the model.
        text: cleaned.
        encoded: its tokens.
        opinions: the candidates to be asked about, over tokens of the whole text.
        confidence: in candidates.

    Attributes:
        passes: readings of the text until now.
    """

    def __init__(
        self,
        reader: Reader,
        text: str,
        encoded: Encoded,
        opinions: Sequence[Candidate],
        confidence: Confidence,
    ) -> None:
        self._reader, self._confidence = reader, confidence
        room = reader.max_tokens - 2
        self._windows = windows(encoded, text, room, reader.overlap) or [Window(0, 0, 0, 0)]
        self._ids = [reader.ids(encoded, window) for window in self._windows]
        self._opinions = [(self._owner(opinion), opinion) for opinion in opinions]
        self.passes = 0

    def beliefs(self, visible: NDArray[np.bool_]) -> Beliefs:
        """Read the text once for each row of `visible` [R, tokens], the other tokens hidden."""
        self.passes += len(visible)
        weights = [max(window.own_end - window.own_start, 1) for window in self._windows]
        sentiment = np.zeros((len(visible), 3))
        polarity = np.zeros((len(visible), len(self._opinions), 3))
        confidence = np.zeros((len(visible), len(self._opinions)))
        for k, window in enumerate(self._windows):
            owned = [(o, c) for o, (owner, c) in enumerate(self._opinions) if owner == k]
            for rows, arrays in self._batches(k, visible[:, window.start : window.end]):
                logits = arrays[SENTIMENT.output].astype(np.float64)
                sentiment[rows] += logits * weights[k] / sum(weights)
                for row, at in enumerate(rows.tolist()):
                    for o, candidate in owned:
                        beliefs, features = _at_place(
                            arrays, row, self._reader.spec, candidate, window.start
                        )
                        polarity[at, o] = beliefs
                        confidence[at, o] = self._confidence.quad(features[None])[0]
        return Beliefs(softmax(sentiment), polarity, confidence)

    def _batches(
        self, k: int, visible: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.int64], Arrays]]:
        ids = np.tile(self._ids[k], (len(visible), 1))
        ids[:, 1:-1][~visible] = self._reader.pieces.mask_id
        size = max(1, self._reader.batch_tokens // ids.shape[1])
        for start in range(0, len(ids), size):
            rows = np.arange(start, min(start + size, len(ids)))
            yield rows, self._reader.arrays(ids[rows])

    def _owner(self, candidate: Candidate) -> int:
        anchor = next(
            at
            for at in (candidate.expression, candidate.aspect, candidate.clause)
            if at and at != ABSENT
        )
        owners = [k for k, window in enumerate(self._windows) if window.owns(anchor[0] - 1)]
        return owners[0] if owners else len(self._windows) - 1


def _at_place(
    arrays: Mapping[str, NDArray[np.float32]],
    row: int,
    spec: HeadSpec,
    candidate: Candidate,
    offset: int,
) -> tuple[Floats, Floats]:
    """The polarities [3] at a candidate's place, and its features, as `decode` has them."""
    aspect, expression = _moved(candidate.aspect, offset), _moved(candidate.expression, offset)
    clause = _moved(candidate.clause, offset) if candidate.clause else None
    spans = arrays["spans"][row]
    scores = [
        float(spans[spec.span_types.index(kind)][at]) if at != ABSENT else 0.0
        for kind, at in ((ASPECT, aspect), (EXPRESSION, expression))
    ]
    said = [score for score, at in zip(scores, (aspect, expression), strict=True) if at != ABSENT]
    if clause is not None:
        link = float(arrays["implicit"][row][clause[0] : clause[1] + 1].mean())
    else:
        pairs = arrays["pairs"][row]
        link = float((pairs[0][aspect[0], expression[0]] + pairs[1][aspect[1], expression[1]]) / 2)
    read_at = np.array([[*aspect, *(clause or expression)]], np.int64)
    category, polarity = (
        log_probabilities(arrays[name], read_at, np.array([row]))[0]
        for name in ("category", "polarity")
    )
    features = (
        min([*said, link]), *scores, link, category[candidate.category],
        polarity[candidate.polarity], aspect == ABSENT, expression == ABSENT,
    )  # fmt: skip
    return np.exp(polarity), np.array(features, dtype=np.float64)


def _moved(at: Range, offset: int) -> Range:
    return at if at == ABSENT else (at[0] - offset, at[1] - offset)
