from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from guandian.cli.tables.evaluation_tables import print_report
from guandian.domain import Label, LabelHead, Labelled, LabelValue
from guandian.errors import GuandianError
from guandian.evaluation import (
    Options,
    PlainAnswer,
    Recorded,
    Report,
    compare_evaluations,
    contend,
    evaluate,
    set_side_by_side,
)
from guandian.evaluation.metrics.review_labels import (
    quadratic_kappa,
    spearman,
)
from guandian.report.evaluation.page import render_page
from guandian.tasks.task_table import task_of

STARS = task_of(LabelHead("rating", "ordinal", ("1", "2", "3", "4", "5")))
TOPICS = task_of(LabelHead("topics", "multi", ("price", "delivery")))
TOPIC = task_of(LabelHead("topic", "single", ("price", "delivery")))
SCORE = task_of(LabelHead("score", "regression", low=0, high=10))
GOLD: list[dict[str, LabelValue]] = [
    {"rating": 5, "topics": ("price",), "topic": "price", "score": 9.0},
    {"rating": 1, "topics": ("price", "delivery"), "topic": "delivery", "score": 1.0},
    {"rating": 4, "topics": (), "score": 7.0},
    {"rating": 4},
]
SAID = [
    {"rating": "5", "topics": ("price",), "topic": "price", "score": 8.7},
    {"rating": "3", "topics": ("delivery",), "topic": "price", "score": 3.0},
    {"rating": "5", "topics": ("price",), "topic": "price", "score": 7.0},
    {"rating": "4", "topics": (), "topic": "price", "score": 5.0},
]


def asked() -> tuple[list[Labelled], Recorded]:
    rows = [Labelled(str(k), f"好😀{k}", "own", labels=labels) for k, labels in enumerate(GOLD)]
    said = {
        row.text: PlainAnswer(labels={name: Label(value) for name, value in labels.items()})
        for row, labels in zip(rows, SAID, strict=True)
    }
    return rows, Recorded(said, "said.jsonl")


def test_each_kind_has_its_figures_on_the_reviews_that_are_annotated() -> None:
    rows, system = asked()
    found = evaluate(system, rows, Options(tasks=(STARS, TOPICS, TOPIC, SCORE))).labels
    rating, topics, topic, score = (found[n] for n in ("rating", "topics", "topic", "score"))
    assert [one.reviews for one in (rating, topics, topic, score)] == [4, 3, 2, 3]
    assert rating.distances
    assert rating.distances.mae == pytest.approx(3 / 4)
    assert rating.distances.rmse == pytest.approx((5 / 4) ** 0.5)
    assert rating.distances.accuracy == rating.intervals["accuracy"].value == 0.5
    assert rating.intervals["mae"].value == pytest.approx(0.75, abs=1e-6)
    assert rating.classes
    assert rating.classes.labels == ("1", "3", "4", "5")
    assert topics.micro
    assert (topics.micro.true_positives, topics.micro.predicted, topics.micro.gold) == (2, 3, 3)
    assert topics.by_class["price"].f1 == 0.5
    assert topics.macro_f1 == pytest.approx(0.75)
    assert topic.classes
    assert topic.classes.accuracy == 0.5
    assert score.distances
    assert score.distances.mae == pytest.approx(2.3 / 3)
    assert score.distances.accuracy == pytest.approx(2 / 3)
    assert score.distances.kappa is None


def test_figures_are_printed_written_and_compared() -> None:
    rows, system = asked()
    found = evaluate(system, rows, Options(tasks=(STARS, TOPICS, TOPIC, SCORE)))
    assert found.to_json()["labels"]["rating"]["distances"]["mae"] == 0.75  # type: ignore[index]
    plain = evaluate(system, [replace(row, labels={}) for row in rows])
    assert "labels" not in plain.to_json()
    differences = compare_evaluations(found, found)
    assert set(differences) == {f"label.{name}" for name in GOLD[0]}
    contender = contend(system, rows, Options(tasks=(STARS, TOPICS, TOPIC, SCORE)))
    report = Report(found, set_side_by_side([contender, contender]), (found,))
    screen = io.StringIO()
    print_report(report, Console(file=screen, width=100, markup=False))
    for words in ("标注项 label rating", "MAE 0.750", "quadratic weighted kappa", "micro F1 66.7"):
        assert words in screen.getvalue()
    page = render_page(report)
    assert page.count("</dl></div></section>") == 4
    assert "Spearman" in page


def test_what_declares_nothing_is_scored_as_what_it_says() -> None:
    rows, system = asked()
    found = evaluate(system, rows).labels
    kinds = {name: one.kind for name, one in found.items()}
    assert kinds == {
        "rating": "single", "topics": "multi", "topic": "single", "score": "regression",
    }  # fmt: skip
    assert found["rating"].intervals["accuracy"].value == 0.5


def test_a_class_that_the_system_does_not_have_is_an_error() -> None:
    rows, system = asked()
    few = task_of(replace(STARS.head, classes=("4", "5")))
    with pytest.raises(GuandianError, match=r"review 1, labels\.rating: unknown class '1'; .*4, 5"):
        evaluate(system, rows, Options(tasks=(few,)))


def test_training_chooses_by_one_figure_of_each() -> None:
    assert STARS.score(["5", "1"], ["5", "3"]).main == 1 - 1 / 4
    assert SCORE.score([9.0, 1.0], [8.0, 1.0]).main == pytest.approx(0.95)
    assert TOPIC.score(["price", "price"], ["price", "delivery"]).main == 0.5
    topics = TOPICS.score([("price",)], [("price", "delivery")])
    assert topics.main == pytest.approx(2 / 3)


def test_kappa_and_spearman_are_those_of_the_formulas() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.integers(0, 5, 60), rng.integers(0, 5, 60)
    seen = np.square(ours - theirs).mean()
    chance = np.square(ours[:, None] - theirs[None]).mean()
    assert quadratic_kappa(ours, theirs, 5) == pytest.approx(1 - seen / chance)
    assert quadratic_kappa(ours, ours, 5) == 1
    assert quadratic_kappa(np.ones(4, int), np.ones(4, int), 5) is None
    assert spearman(np.array([1.0, 5, 9]), np.array([2.0, 3, 100])) == pytest.approx(1)
    assert spearman(np.array([1.0, 2, 2, 4]), np.array([4.0, 3, 3, 1])) == pytest.approx(-1)
    assert spearman(np.ones(3), np.arange(3.0)) is None
    flat = STARS.score(["5", "5"], ["5", "5"])
    assert flat.distances
    assert flat.distances.spearman is None
