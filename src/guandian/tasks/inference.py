"""Texts in, findings out: windows, batches of equal length, merging."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Quad, Span
from guandian.tasks.candidates import BatchRow, candidates
from guandian.tasks.confidence_features import Confidence
from guandian.tasks.decode import (
    ABSENT,
    Arrays,
    Candidate,
    Named,
    Range,
    choose,
)
from guandian.tasks.gazetteer.gazetteer import Gazetteer
from guandian.tasks.gazetteer.span_rows import WindowText
from guandian.tasks.head_spec import POLARITIES, HeadSpec
from guandian.tasks.named_entities import decode as named_entities
from guandian.tasks.sentiment import SENTIMENT, review_tasks
from guandian.text.cleaning import CLEANERS, Cleaner
from guandian.text.pieces import Encoded, Pieces
from guandian.text.sentences import sentences
from guandian.text.windows import Window, equal_batches, window_ids, windows

VECTORS = "vectors"
"""The array [B, H] of vectors of texts, which some models give besides."""
STOPPED: ContextVar[Callable[[], bool]] = ContextVar("stopped", default=lambda: False)
"""Tells whether who asks wants no more answers; it is looked at before each batch."""
_Clauses = Sequence[Sequence["Range"]]
Forward = Callable[..., Arrays]
"""Equally long token ids [B, N], special tokens included, to the arrays of `HeadSpec`.

Where texts bring adapters it is given one a row behind the ids, None where there is none.
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """A model that can be asked about texts.

    Attributes:
        forward: the model.
        pieces: its tokens.
        spec: its label spaces.
        max_tokens: the longest window, special tokens included; models that learned from reviews
            joined to 224 tokens read 192 no worse than less, and see more of a long review.
        overlap: tokens that two neighbouring windows share.
        batch_tokens: most tokens in one call of `forward`.
        workers: threads that call `forward` and decode, each a batch of its own.
        spans: whether opinions and entities are looked for. Heads that nothing has taught find
            thousands of either.
        custom: of annotation by which the texts are read; empty = the model's first.
        cleaners: what makes a raw review the text that it reads, in order.
        adapter: what stands beside the model for these texts, as `forward` takes it.
        gazetteer: names that have a say in what is an entity; None where there are none.
    """

    forward: Forward
    pieces: Pieces
    spec: HeadSpec
    max_tokens: int = 192
    overlap: int = 32
    batch_tokens: int = 2048
    workers: int = 1
    spans: bool = True
    custom: str = ""
    cleaners: Sequence[Cleaner] = CLEANERS
    adapter: object | None = None
    gazetteer: Gazetteer | None = None

    @property
    def passes(self) -> tuple[object, ...]:
        """What tells whether texts of two readers may go through the model together."""
        return (
            self.forward, self.custom, self.max_tokens, self.overlap, self.spans, self.gazetteer,
        )  # fmt: skip

    def arrays(self, ids: NDArray[np.int64]) -> Arrays:
        """What the model gives for ids [B, N] of texts of this reader."""
        if self.adapter is None:
            return self.forward(ids)
        return self.forward(ids, [self.adapter] * len(ids))

    def ids(self, encoded: Encoded, window: Window) -> NDArray[np.int64]:
        """The token ids [N] of a window, its first token the custom's marker."""
        first = self.spec.marker(self.custom, self.pieces.cls_id)
        return window_ids(self.pieces, encoded, window, first)


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of one text, over its characters.

    Attributes:
        candidates: possible opinions, their ranges in tokens of the whole text counted from 1,
            as if the whole text had been one window.
        named: possible entities, ranges likewise.
        sentiment: probabilities [3], negative, neutral, positive.
        encoded: the tokens, for turning ranges into characters.
        arrays: [K] of the tasks of the whole review, by name, and its vector where there is one.
    """

    candidates: tuple[Candidate, ...]
    named: tuple[Named, ...]
    sentiment: NDArray[np.float64]
    encoded: Encoded
    arrays: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def span(self, at: Range) -> Span | None:
        """The characters of a token range."""
        if at == ABSENT:
            return None
        return Span(int(self.encoded.starts[at[0] - 1]), int(self.encoded.ends[at[1] - 1]))


@dataclass(frozen=True, slots=True)
class _Part:
    candidates: tuple[Candidate, ...]
    named: tuple[Named, ...]
    arrays: Mapping[str, NDArray[np.float64]]
    weight: int


def averaged(members: Sequence[Forward]) -> Forward:
    """One model of several: the mean of their arrays, logits, before anything is decoded.

    Args:
        members: of the same label spaces and tokens; they are called one after the other.
    """

    def forward(ids: NDArray[np.int64]) -> Arrays:
        answered = [member(ids) for member in members]
        return {
            name: np.mean([arrays[name] for arrays in answered], axis=0) for name in answered[0]
        }

    return forward


def infer(
    reader: Reader,
    texts: Sequence[str],
    encoded: Sequence[Encoded] | None = None,
    adapters: Sequence[object | None] | None = None,
) -> list[Findings]:
    """The findings of each text; independent of order and of batch mates.

    Args:
        reader: the model.
        texts: clean ones.
        encoded: their tokens, where they are known.
        adapters: of each text; None gives all of them the reader's own.

    Raises:
        CancelledError: it was to stop (`STOPPED`) before all windows were read.
    """
    stopped = STOPPED.get()
    beside = [reader.adapter] * len(texts) if adapters is None else adapters
    if encoded is None:
        encoded = [reader.pieces.encode(text) for text in texts]
    clauses = [token_ranges(e, sentences(text)) for e, text in zip(encoded, texts, strict=True)]
    room = reader.max_tokens - 2
    planned = [
        (index, window)
        for index, (e, text) in enumerate(zip(encoded, texts, strict=True))
        for window in windows(e, text, room, reader.overlap) or [Window(0, 0, 0, 0)]
    ]

    def read(batch: list[tuple[int, Window]]) -> list[tuple[tuple[int, int], _Part]]:
        if stopped():
            raise CancelledError
        ids = np.stack([reader.ids(encoded[index], window) for index, window in batch])
        rows = [beside[index] for index, _ in batch]
        with_own = any(adapter is not None for adapter in rows)
        arrays = reader.forward(ids, rows) if with_own else reader.forward(ids)
        pieces = [
            WindowText(texts[index], encoded[index], window.start, window.end)
            for index, window in batch
        ]
        parts = _read_batch(arrays, batch, reader, clauses, pieces)
        places = [(index, window.start) for index, window in batch]
        return list(zip(places, parts, strict=True))

    batches = equal_batches(planned, reader.batch_tokens)
    if reader.workers == 1:  # a pool of one costs its caller a thread a call
        parts = dict(part for batch in batches for part in read(batch))
    else:
        with ThreadPoolExecutor(reader.workers) as pool:
            parts = dict(part for several in pool.map(read, batches) for part in several)
    by_text: list[list[_Part]] = [[] for _ in texts]
    for (index, _), part in sorted(parts.items(), key=lambda item: item[0]):
        by_text[index].append(part)
    return [_merge(several, e) for several, e in zip(by_text, encoded, strict=True)]


def quads(findings: Findings, spec: HeadSpec, confidence: Confidence) -> tuple[Quad, ...]:
    """The opinions above the threshold as quads over the text's characters."""
    return tuple(
        Quad(
            findings.span(candidate.aspect),
            findings.span(candidate.expression),
            spec.categories[candidate.category],
            POLARITIES[candidate.polarity],
        )
        for candidate, _ in choose(findings.candidates, confidence)
    )


def answers(reader: Reader, texts: Sequence[str], confidence: Confidence) -> list[tuple[Quad, ...]]:
    """The opinions of each text as quads over its characters; the texts are read as they are."""
    return [quads(findings, reader.spec, confidence) for findings in infer(reader, texts)]


def token_ranges(encoded: Encoded, spans: Sequence[Span]) -> list[Range]:
    """Spans of a text, such as its sentences, as token ranges [first, last] of it, from 0."""
    # All at once: for a number alone NumPy makes a copy of the whole array each time.
    first = np.searchsorted(encoded.ends, [span.start for span in spans], side="right")
    behind = np.searchsorted(encoded.starts, [span.end for span in spans], side="left")
    return [(a, b - 1) for a, b in zip(first.tolist(), behind.tolist(), strict=True) if a < b]


def _read_batch(
    arrays: Arrays,
    batch: Sequence[tuple[int, Window]],
    reader: Reader,
    clauses: _Clauses,
    pieces: Sequence[WindowText],
) -> list[_Part]:
    """The parts that the windows of a batch answer for, their ranges moved to the whole texts."""
    spec = reader.spec
    names = [name for task in review_tasks(spec) for name in task.outputs()]
    if VECTORS in arrays:
        names.append(VECTORS)
    whole = {name: arrays[name].astype(np.float64) for name in names}
    opinions: Sequence[Sequence[Candidate]] = [()] * len(batch)
    entities: Sequence[Sequence[Named]] = [()] * len(batch)
    # Heads that nothing has taught find thousands of either.
    if reader.spans:
        rows = [_row(window, clauses[index]) for index, window in batch]
        opinions, entities = candidates(arrays, spec, rows), named_entities(arrays, spec)
        if reader.gazetteer is not None:
            grids = grids_of(arrays, spec, reader.gazetteer.types)
            entities = reader.gazetteer.named(grids, pieces, entities)
    return [
        _Part(
            tuple(opinions[row]),
            tuple(
                replace(n, range=(n.range[0] + window.start, n.range[1] + window.start))
                for n in entities[row]
                if window.owns(n.range[0] - 1 + window.start)
            ),
            {name: array[row] for name, array in whole.items()},
            window.own_end - window.own_start,
        )
        for row, (_, window) in enumerate(batch)
    ]


def grids_of(arrays: Arrays, spec: HeadSpec, types: Sequence[str]) -> NDArray[np.float32]:
    """The grids of some span types without [CLS] and [SEP], [B, T, N - 2, N - 2]."""
    grids = arrays["spans"][:, [spec.span_types.index(kind) for kind in types]]
    return grids[:, :, 1:-1, 1:-1]


def _row(window: Window, clauses: Sequence[Range]) -> BatchRow:
    """What of a text stands in a window, in tokens of the window ([CLS] is the first)."""
    offset = window.start
    before = bisect_left(clauses, window.start, key=lambda clause: clause[1])
    after = bisect_left(clauses, window.end, key=lambda clause: clause[0])
    inside = [
        (max(first - offset, 0) + 1, min(last, window.end - 1) - offset + 1)
        for first, last in clauses[before:after]
    ]
    return BatchRow(inside, offset, window.own_start - offset + 1, window.own_end - offset + 1)


def _merge(parts: Sequence[_Part], encoded: Encoded) -> Findings:
    """The windows of one text together.

    Sentiment and declared labels are averaged by the tokens that the windows answer for.
    """
    arrays = parts[0].arrays
    if len(parts) > 1:
        weights = [max(part.weight, 1) for part in parts]
        arrays = {
            name: np.average([part.arrays[name] for part in parts], axis=0, weights=weights)
            for name in arrays
        }
    return Findings(
        tuple(candidate for part in parts for candidate in part.candidates),
        tuple(named for part in parts for named in part.named),
        SENTIMENT.beliefs(arrays[SENTIMENT.output]),
        encoded,
        arrays,
    )
