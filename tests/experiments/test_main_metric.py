"""The main measure of each dev set, counted review by review."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.tiny_base import reviews

from guandian.domain import Labelled
from guandian.evaluation import Options, evaluate
from guandian.experiments.main_metric import count_main, mean_f1, measures
from guandian.pipelines.miners import open_miner

QUADS = tuple(replace(row, entities=None) for row in reviews()[:10])
TRIPLETS = tuple(
    replace(row, quads=tuple(replace(quad, category=None) for quad in row.quads or ()))
    for row in QUADS[:6]
)


def test_counts_are_those_of_the_evaluation_in_columns_of_their_set() -> None:
    system = open_miner(threads=1)
    dev: dict[str, tuple[Labelled, ...]] = {"quads": QUADS, "triplets": TRIPLETS}
    assert measures(dev) == {"quads": "quad", "triplets": "triplet"}
    counts = count_main(system, dev)
    assert counts.shape == (16, 6) and counts.dtype == np.int64
    assert not counts[:10, 3:].any() and not counts[10:, :3].any()
    assert counts[:, 2].sum() == sum(len(row.quads or ()) for row in QUADS)
    own = [evaluate(system, rows, Options(resamples=1)).opinions for rows in dev.values()]
    assert own[0] is not None and own[1] is not None
    expected = (own[0].scores.quad.f1 + own[1].scores.triplet.f1) / 2  # type: ignore[union-attr]
    assert float(mean_f1(counts.sum(0))) == pytest.approx(expected)


def test_a_set_of_moods_counts_one_choice_a_review() -> None:
    moods = tuple(
        replace(row, quads=None, sentiment=(row.quads or ())[0].polarity)
        for row in QUADS
        if row.quads
    )
    assert measures({"moods": moods}) == {"moods": "sentiment"}
    counts = count_main(open_miner(threads=1), {"moods": moods})
    assert (counts[:, 1:] == 1).all() and set(counts[:, 0].tolist()) <= {0, 1}
    assert float(mean_f1(counts.sum(0))) == pytest.approx(counts[:, 0].mean())


def test_the_mean_is_over_sets_not_over_reviews() -> None:
    totals = np.array([[1, 1, 1, 0, 9, 9], [2, 4, 4, 2, 2, 2]])
    assert mean_f1(totals) == pytest.approx([0.5, 0.75])
