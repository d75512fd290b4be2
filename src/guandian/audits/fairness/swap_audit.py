"""The audit of swaps: frames filled with every word, and reviews with their words swapped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np

from guandian.audits.fairness.swap_moves import (
    PlacedAnswer,
    in_frame,
    in_place,
    in_swapped,
    move_between,
)
from guandian.audits.fairness.swap_table import SwapSource, SwapTable, swap_table
from guandian.domain import Mined
from guandian.errors import GuandianError
from guandian.text.swaps.swap_terms import SwapTerms
from guandian.text.swaps.swapping import FrameTexts, SwappedText, frame_texts, swapped_texts

Item = TypeVar("Item")
Predict = Callable[[Sequence[str]], Sequence[Mined]]
Watch = Callable[[int, int], None]
WAYS = 2
"""In which a review's words of one kind are swapped, at most."""
_AT_ONCE = 256
"""Texts that are read before the next ones are made."""


def audit_swaps(
    predict: Predict,
    terms: SwapTerms,
    reviews: Iterable[str] = (),
    frames: int | None = None,
    seed: int = 0,
    watch: Watch = lambda read, total: None,  # noqa: ARG005
) -> SwapTable:
    """Compare a model's answers to texts that differ by swapped words alone.

    After Garg et al. 2019 (arXiv:1809.10610) and the invariance tests of Ribeiro et al. 2020
    (arXiv:2005.04118).

    Args:
        predict: the model, raw texts to what is mined of them.
        terms: the words, with frames.
        reviews: raw texts in which words are swapped besides; those without any are left out.
        frames: of each kind and language at most, drawn by `seed`; None takes all.
        seed: of that.
        watch: told how many texts were read since the last time, and how many there are.

    Raises:
        GuandianError: there is nothing to compare.
    """
    drawn = _drawn(terms, frames, seed)
    held = [(text, rows) for text in reviews if (rows := [*swapped_texts(text, terms, WAYS)])]
    total = sum(len(row.texts) for row in drawn) + sum(1 + len(rows) for _, rows in held)

    def watched(texts: Sequence[str]) -> Sequence[Mined]:
        answers = predict(texts)
        watch(len(texts), total)
        return answers

    sources = [*_of_frames(watched, drawn), *_of_reviews(watched, held)]
    if not sources:
        raise GuandianError(
            "no text holds any word that could be swapped",
            "give words with frames (--terms), or reviews that hold some",
        )
    return swap_table(sources)


def _drawn(terms: SwapTerms, most: int | None, seed: int) -> list[FrameTexts]:
    by_kind: dict[tuple[str, str], list[FrameTexts]] = defaultdict(list)
    for texts in frame_texts(terms):
        by_kind[texts.kind, texts.language].append(texts)
    drawn: list[FrameTexts] = []
    for rows in by_kind.values():
        order = np.random.default_rng(seed).permutation(len(rows))[:most]
        drawn += [rows[k] for k in sorted(order)]
    return drawn


def _of_frames(predict: Predict, frames: Sequence[FrameTexts]) -> Iterator[SwapSource]:
    for rows in _chunks(frames, lambda row: len(row.texts)):
        mined = iter(predict([text for row in rows for text in row.texts]))
        for row in rows:
            answers = [
                PlacedAnswer.of(next(mined), in_frame(row, k)) for k in range(len(row.texts))
            ]
            pairs = [*combinations(range(len(answers)), 2)]
            yield SwapSource(
                "frames",
                row.kind,
                row.language,
                tuple(move_between(answers[a], answers[b]) for a, b in pairs),
                tuple((row.words[a], row.words[b]) for a, b in pairs),
            )


def _of_reviews(
    predict: Predict, held: Sequence[tuple[str, list[SwappedText]]]
) -> Iterator[SwapSource]:
    """Of reviews with their swapped texts."""
    for chunk in _chunks(held, lambda item: 1 + len(item[1])):
        texts = [whole for text, rows in chunk for whole in (text, *(row.text for row in rows))]
        mined = iter(predict(texts))
        for _, rows in chunk:
            before = PlacedAnswer.of(next(mined), in_place)
            after = [(row, PlacedAnswer.of(next(mined), in_swapped(row))) for row in rows]
            yield from _by_kind(before, after)


def _by_kind(
    before: PlacedAnswer, after: Sequence[tuple[SwappedText, PlacedAnswer]]
) -> Iterator[SwapSource]:
    by_kind: dict[tuple[str, str], list[tuple[SwappedText, PlacedAnswer]]] = defaultdict(list)
    for row, answer in after:
        by_kind[row.kind, row.language].append((row, answer))
    for (kind, language), rows in by_kind.items():
        yield SwapSource(
            "reviews",
            kind,
            language,
            tuple(move_between(before, answer) for _, answer in rows),
            tuple(row.words[0] for row, _ in rows),
        )


def _chunks(items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Items until so many texts are together; `size` tells how many an item has."""
    chunk: list[Item] = []
    texts = 0
    for item in items:
        chunk.append(item)
        texts += size(item)
        if texts >= _AT_ONCE:
            yield chunk
            chunk, texts = [], 0
    if chunk:
        yield chunk
