"""Which reviews are chosen to be labelled next, and what that costs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from tests.cli.called import called

from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.evaluation.annotation_cost import AnnotationCost, corrections
from guandian.labelling import Item
from guandian.labelling.choosing import STRATEGIES, Pool, choose_batch
from guandian.labelling.choosing.strategies import disagreement, farthest_first, spread_out


def quad(start: int, polarity: Polarity = Polarity.POSITIVE) -> Quad:
    return Quad(Span(start, start + 1), None, "price", polarity)


def item(id: str, text: str, *confidences: float) -> Item:
    quads = tuple(quad(k) for k in range(len(confidences)))
    return Item(Labelled(id, text, "t", quads), id, model="m", confidences=confidences)


SURE, DOUBTED, EMPTY = item("a", "好" * 10, 0.99), item("b", "坏" * 10, 0.5), item("c", "嗯" * 10)


def test_seconds_are_those_of_reading_and_of_corrections() -> None:
    cost = AnnotationCost(4, 0.5, 10)
    assert cost.seconds(8, 2) == 28
    assert [name for name, _ in cost.varied()][:2] == ["review × 0.5", "review × 2"]
    gold = (quad(0), quad(1))
    assert corrections(gold, gold) == 0
    assert corrections(gold, ()) == 2, "both are added"
    assert corrections(gold, (quad(0), quad(1, Polarity.NEGATIVE))) == 1, "one act mends"
    assert corrections((), gold) == 2, "both are taken out"
    for wrong in ((-1, 0.5, 1), (float("nan"), 1, 1), (0, 0, 5)):
        with pytest.raises(GuandianError):
            AnnotationCost(*wrong)


def test_what_is_uncertain_comes_first_and_what_is_empty_counts_as_the_median() -> None:
    pool = Pool([SURE, DOUBTED, EMPTY])
    for by in ("entropy", "margin"):
        assert choose_batch(pool, by, 3).rows[-1] == 0
    assert pool.confidences[2] == (pytest.approx(0.745),)
    assert choose_batch(Pool([SURE, DOUBTED]), "entropy", 1).rows == (1,)


def test_a_committee_picks_where_its_members_differ() -> None:
    assert disagreement([{1, 2}, {1, 2}]) == 0 and disagreement([{1}, {2}]) == 1
    assert disagreement([set(), set()]) == 0, "nothing found is agreed"
    others = [[SURE.record.quads or (), ()]]
    assert choose_batch(Pool([SURE, DOUBTED], others=others), "committee", 1).rows == (1,)
    with pytest.raises(GuandianError, match="two models"):
        choose_batch(Pool([SURE]), "committee", 1)


def test_spread_points_are_taken_before_near_ones() -> None:
    points = np.array([[0.0, 0], [0.1, 0], [5, 5], [5, 5.1]])
    ones, rng = np.ones(4), np.random.default_rng(0)
    assert {row // 2 for row in farthest_first(points, points[:1], ones, 9, 2)} == {1, 0}
    assert farthest_first(points, np.zeros((0, 2)), ones, 9, 4) != [0, 1, 2, 3]
    drawn = [spread_out(points + 1, ones, 9, 2, rng) for _ in range(50)]
    assert np.mean([a // 2 != b // 2 for a, b in drawn]) > 0.9
    assert sorted(spread_out(np.zeros((3, 2)), np.ones(3), 9, 3, rng)) == [0, 1, 2]


def test_a_budget_of_seconds_holds() -> None:
    items = [item(str(k), "字" * (10 + k), 0.6) for k in range(40)]
    for by in STRATEGIES:
        others = [[()] * 40]
        batch = choose_batch(Pool(items, others=others), by, 40, budget=100)
        assert 60 < sum(batch.seconds) <= 100
        with pytest.raises(GuandianError, match="no review fits into 1 s"):
            choose_batch(Pool(items, others=others), by, 40, budget=1)


def test_thousands_are_chosen_from_within_two_seconds() -> None:
    rng = np.random.default_rng(1)
    words = np.array(list("屏幕电池外观物流客服价格很好不错太差一般慢快贵便宜"))
    texts = ["".join(words[row]) for row in rng.integers(0, len(words), (3000, 40))]
    items = [item(str(k), text, *rng.random(k % 4)) for k, text in enumerate(texts)]
    for by in ("badge", "core-set"):
        before = time.process_time()
        pool = Pool(items, [entry.record.text for entry in items[:300]])
        assert len(set(choose_batch(pool, by, 50).rows)) == 50
        assert time.process_time() - before < 2


def test_the_command_writes_tasks_that_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"id": str(k), "text": f"😀屏幕很清晰，电池{word}"} for k, word in enumerate("好坏差强")
    ]
    Path("pool.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    Path("known.jsonl").write_text(json.dumps(rows[0] | {"sentiment": "positive"}) + "\n", "utf-8")
    called("data", "next", "pool.jsonl", "-o", "tasks.json", "-n", "2", "--labelled", "known.jsonl")
    tasks = json.loads(Path("tasks.json").read_text("utf-8"))
    assert len(tasks) == 2 and Path("tasks.xml").is_file()
    assert all(task["predictions"][0]["result"] for task in tasks), "to be corrected"
    assert rows[0]["text"] not in {task["data"]["text"] for task in tasks}


def test_a_table_of_a_shop_is_read_as_mining_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "订单,评价内容,商品\n1,屏幕很清晰,A\n2,屏幕很清晰,A\n3,物流太慢了,B\n"
    Path("shop.csv").write_bytes(rows.encode("gb18030"))
    run = called("data", "next", "shop.csv", "-o", "tasks.json", language="en")
    assert run.returncode == 0 and "2 reviews of 2, about 0." in run.stderr
    tasks = json.loads(Path("tasks.json").read_text("utf-8"))
    assert {task["data"]["text"] for task in tasks} == {"屏幕很清晰", "物流太慢了"}


def test_options_that_would_do_nothing_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop.csv").write_text("text,sentiment\n很好,positive\n", "utf-8")
    run = called("data", "next", "shop.csv", "-o", "a.json", "--beside", "b.jsonl", language="en")
    assert run.returncode == 2 and "--beside would do nothing without --by committee" in run.stderr
    mined = '{"id": "1", "text": "很好", "language": "zh", "sentiment": {"label": "positive", "scores": {"negative": 0.1, "neutral": 0.1, "positive": 0.8}}, "opinions": [], "entities": [], "warnings": [], "model": "m@1"}'  # noqa: E501
    Path("mined.jsonl").write_text(mined + "\n", "utf-8")
    run = called("data", "next", "mined.jsonl", "-o", "a.json", "--model", "x", language="en")
    assert run.returncode == 2 and "--model would do nothing" in run.stderr
