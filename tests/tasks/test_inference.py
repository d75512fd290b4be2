"""Windows, batches and merging, asked of a model whose answers follow from neighbouring words."""

from __future__ import annotations

import random
from concurrent.futures import CancelledError
from contextvars import copy_context
from dataclasses import replace
from time import process_time

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.tiny_base import pieces

from guandian.domain import Quad, Span
from guandian.tasks.confidence_features import UNFITTED
from guandian.tasks.decode import Arrays
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.inference import STOPPED, Reader, answers, infer, token_ranges
from guandian.text.sentences import sentences

SPEC = HeadSpec(("performance", "price"))
ASPECTS, GOOD, BAD, BRANDS = ("画质", "声音", "价格"), ("清楚", "好看"), ("太丑", "太贵"), ("有料",)
REVIEWS = [
    "画质清楚，声音太丑😍。",
    "😂价格太贵！",
    "有料的画质，要我说，清楚！",
    "用了十天，没什么要说的。",
    "我说的是用过十天以后，太丑😡。",
    "我说的是用过十天以后，好看，声音好看。",
]


def rule(ids: NDArray[np.int64]) -> Arrays:
    """Finds the words above; an aspect belongs to the next judgement within six tokens."""
    split = pieces()
    words = {word: split.encode(word).ids.tolist() for word in (*ASPECTS, *GOOD, *BAD, *BRANDS)}
    assert not any(split.unk_id in pattern for pattern in words.values())
    batch, length = ids.shape
    spans = np.full((batch, 5, length, length), -9, np.float32)
    pairs = np.full((batch, 2, length, length), -9, np.float32)
    category = np.zeros((batch, length, 2, 2), np.float32)
    polarity = np.zeros((batch, length, 2, 3), np.float32)
    for b, row in enumerate(ids.tolist()):
        at = [
            (k, word)
            for k in range(length)
            for word, pattern in words.items()
            if row[k : k + 2] == pattern
        ]
        for k, word in at:
            kind = 3 if word in BRANDS else 0 if word in ASPECTS else 1
            spans[b, kind, k, k + 1] = 9
            category[b, k : k + 2, 0, int(word == "价格")] = 9
            if kind == 1:
                polarity[b, k : k + 2, 1, 2 if word in GOOD else 0] = 9
                near = [a for a, other in at if other in ASPECTS and 0 < k - a <= 6]
                first, last = (max(near), max(near) + 1) if near else (0, 0)
                pairs[b, 0, first, k], pairs[b, 1, last, k + 1] = 9, 9
    return {
        "spans": spans,
        "pairs": pairs,
        "category": category,
        "polarity": polarity,
        "implicit": np.full((batch, length), -9, np.float32),
        "sentiment": polarity.sum((1, 2)) / length,
    }


def reader(max_tokens: int = 256, overlap: int = 64, workers: int = 1) -> Reader:
    return Reader(rule, pieces(), SPEC, max_tokens, overlap, batch_tokens=300, workers=workers)


def moved(quad: Quad, by: int) -> Quad:
    def move(span: Span | None) -> Span | None:
        return None if span is None else Span(span.start + by, span.end + by)

    return Quad(move(quad.aspect), move(quad.expression), quad.category, quad.polarity)


def test_the_words_are_found_where_they_stand() -> None:
    (found,) = answers(reader(), REVIEWS[:1], UNFITTED)
    text = REVIEWS[0]
    said = [(q.aspect and q.aspect.of(text), q.expression and q.expression.of(text)) for q in found]
    assert said == [("画质", "清楚"), ("声音", "太丑")]
    (alone,) = answers(reader(), REVIEWS[4:5], UNFITTED)
    assert [(q.aspect, q.expression, q.polarity.value) for q in alone] == [
        (None, Span(11, 13), "negative")
    ]


@pytest.mark.parametrize(("max_tokens", "overlap"), [(32, 14), (48, 20), (100, 40), (256, 64)])
def test_joined_reviews_keep_every_tuple(max_tokens: int, overlap: int) -> None:
    chosen = random.Random(5).choices(REVIEWS, k=150)
    one_by_one = answers(reader(), chosen, UNFITTED)
    offsets = np.cumsum([0, *(len(text) for text in chosen)]).tolist()
    expected = [
        moved(quad, by) for by, row in zip(offsets, one_by_one, strict=False) for quad in row
    ]
    asked = reader(max_tokens, overlap)
    (joined,) = answers(asked, ["".join(chosen)], UNFITTED)
    assert set(joined) == set(expected)
    assert len(joined) == len(expected)  # none twice where windows overlap
    (whole,) = infer(asked, ["".join(chosen)])
    brands = [whole.span(named.range) for named in whole.named]
    assert len(brands) == sum("有料" in text for text in chosen)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_text_of_many_windows_is_stopped_between_its_batches(workers: int) -> None:
    calls: list[int] = []

    def counting(ids: NDArray[np.int64]) -> Arrays:
        calls.append(len(ids))
        return rule(ids)

    asked = replace(reader(64, 20, workers), forward=counting)
    text = "".join(REVIEWS * 40)
    infer(asked, [text])
    whole = len(calls)
    calls.clear()

    def stop() -> None:
        STOPPED.set(lambda: len(calls) > 2)
        with pytest.raises(CancelledError):
            infer(asked, [text])

    copy_context().run(stop)
    assert 2 < len(calls) < 2 + 2 * workers < whole


def test_sentences_of_a_long_text_are_found_in_time_that_grows_as_it_does() -> None:
    def seconds(times: int) -> float:
        text = "画质清楚。" * times
        encoded = pieces().encode(text)
        spans = sentences(text)
        begun = process_time()
        ranges = token_ranges(encoded, spans)
        assert len(ranges) == times and ranges[1] == (5, 9)
        return process_time() - begun

    seconds(100)
    assert seconds(40_000) < 40 * seconds(4_000)


def test_answers_do_not_depend_on_order_batch_mates_or_workers() -> None:
    texts = [*REVIEWS, "".join(REVIEWS * 20), "", "   ", "😀"]
    plain = infer(reader(64, 20), texts)
    order = random.Random(1).sample(range(len(texts)), len(texts))
    shuffled = infer(reader(64, 20, workers=3), [texts[k] for k in order])
    alone = [infer(reader(64, 20), [text])[0] for text in texts]
    for k, found in zip(order, shuffled, strict=True):
        for other in (found, alone[k]):
            assert other.candidates == plain[k].candidates
            assert other.named == plain[k].named
            np.testing.assert_allclose(other.sentiment, plain[k].sentiment, rtol=0, atol=1e-12)


def test_sentiment_of_windows_is_weighed_by_what_they_answer_for() -> None:
    (found,) = infer(reader(24, 8), ["画质清楚。" * 30 + "太丑。"])
    assert found.sentiment.sum() == pytest.approx(1)
    assert found.sentiment[2] > found.sentiment[0]


def test_no_text_is_no_call() -> None:
    assert infer(reader(), []) == []
