from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.tiny_base import pieces, reviews

from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.targets import annotate
from guandian.training.data.batches import collate, plan_batches

LENGTHS = np.random.default_rng(4).integers(3, 120, 500).tolist()


def planned(seed: int, texts: int | None = None) -> list[list[int]]:
    return plan_batches(LENGTHS, 800, np.random.default_rng(seed), texts)


def test_each_text_is_in_one_batch_and_no_batch_is_too_large() -> None:
    batches = planned(1)
    assert sorted(k for batch in batches for k in batch) == list(range(len(LENGTHS)))
    for batch in batches:
        assert len(batch) * max(LENGTHS[k] for k in batch) <= 800
    padded = sum(len(batch) * max(LENGTHS[k] for k in batch) for batch in batches)
    assert padded < 1.3 * sum(LENGTHS)


def test_the_same_seed_gives_the_same_batches_and_another_one_others() -> None:
    assert planned(1) == planned(1)
    assert planned(1) != planned(2)
    assert len({min(batch) for batch in planned(1)}) == len(planned(1))


def test_batches_of_so_many_texts() -> None:
    sizes = sorted(len(batch) for batch in planned(1, texts=16))
    assert sizes == [500 % 16, *[16] * (500 // 16)]


def test_a_text_longer_than_a_batch_stands_alone_and_no_text_gives_none() -> None:
    rng = np.random.default_rng(0)
    assert sorted(map(sorted, plan_batches([5, 900, 6], 100, rng))) == [[0, 2], [1]]
    assert plan_batches([], 100, rng) == []


def test_word_dropout_masks_pieces_of_labelled_texts_alone_and_anew_each_time() -> None:
    texts = reviews()[:8]
    spec = HeadSpec(tuple(sorted({str(q.category) for text in texts for q in text.quads or ()})))
    batch = collate([annotate(text, pieces(), spec)[0] for text in texts], spec, 0)
    batch.targets.span_known[0], batch.targets.pair_known[0] = False, False
    batch.targets.sentiment[0] = -1
    assert batch.masked(0, 9) is batch
    torch.manual_seed(5)
    first, second = (batch.masked(0.4, -9).ids for _ in range(2))
    hidden = first == -9
    assert hidden.any() and not torch.equal(first, second)
    assert not hidden[0].any()
    assert torch.equal(first[~hidden], batch.ids[~hidden])
    lasts = batch.mask.sum(1) - 1
    assert not hidden[:, 0].any() and not hidden[torch.arange(8), lasts].any()
    assert not (hidden & (batch.mask == 0)).any()
    share = hidden[1:].sum() / (batch.mask[1:].sum() - 2 * 7)
    assert 0.25 < share < 0.55


def test_targets_are_laid_out_where_the_annotations_are() -> None:
    spec = HeadSpec(("performance", "price"))
    text = "屏幕😀很清楚"
    quads = (
        Quad(Span(0, 2), Span(3, 6), "performance", Polarity.POSITIVE),
        Quad(Span(0, 2), Span(3, 6), "price", Polarity.POSITIVE),
        Quad(None, None, "price", Polarity.NEGATIVE),
    )
    split = pieces()
    items = [
        *annotate(Labelled("1", text, "own", quads=quads), split, spec),
        *annotate(Labelled("2", "用了十天再来说，还可以吧", "own"), split, spec),
    ]
    batch = collate(items, spec, split.pad_id)
    size = len(items[0].ids)
    assert batch.ids.shape == batch.mask.shape == (2, len(items[1].ids))
    assert batch.ids[0, size:].tolist() == [split.pad_id] * (len(items[1].ids) - size)
    assert batch.mask.sum(1).tolist() == [size, len(items[1].ids)]
    assert batch.targets.spans.nonzero().tolist() == [[0, 0, 1, 2], [0, 1, 4, 6]]
    assert batch.targets.pairs.nonzero().tolist() == [[0, 0, 1, 4], [0, 1, 2, 6]]
    # Where neither part is said the whole text is read.
    assert batch.targets.readings.tolist() == [[0, 1, 2, 4, 6], [0, 0, 0, 1, size - 2]]
    assert batch.targets.category.tolist() == [[0.5, 0.5], [0.0, 1.0]]
    assert batch.targets.polarity.tolist() == [2, 0]
    assert batch.targets.pair_known.tolist() == [True, False]
    assert batch.targets.span_known.tolist() == [[True, True, False, False, False], [False] * 5]
    assert batch.targets.implicit[0] == 1
    assert bool(batch.targets.implicit[1].isnan())


def test_collating_is_deterministic_and_texts_without_annotations_collate() -> None:
    spec = HeadSpec(tuple(sorted({q.category or "" for r in reviews() for q in r.quads or ()})))
    items = [item for review in reviews()[:20] for item in annotate(review, pieces(), spec)]
    one, two = collate(items, spec, 1), collate(items, spec, 1)
    for name in one.targets.__slots__:
        assert torch.equal(getattr(one.targets, name), getattr(two.targets, name)), name
    bare = collate(annotate(Labelled("1", "好😀", "own"), pieces(), spec), spec, 1)
    assert bare.targets.readings.shape == (0, 5)
    assert bare.targets.category.shape == (0, len(spec.categories))
    with pytest.raises(ValueError, match="empty"):
        collate([], spec, 1)
