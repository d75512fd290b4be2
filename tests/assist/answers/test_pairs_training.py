"""A tiny base learns from pairs, and what it hands over opens without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny_base import write_base

from guandian.assist.answers.answer_files import open_models
from guandian.assist.answers.answerer import Answerer
from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.passages import Passage
from guandian.assist.answers.retriever import Retriever
from guandian.assist.answers.text_models import RetrievalEncoder
from guandian.errors import BadRow, GuandianError
from guandian.pipelines.answering.held_out_pairs import (
    AnswerPair,
    read_answer_pairs,
    read_same,
    split_pairs,
)
from guandian.pipelines.answering.refusal_thresholds import AnsweredQuestion
from guandian.pipelines.answering.retrieval_scores import (
    figures_of_lists,
    first_places,
    gain,
    shared_documents,
    signals_for,
)
from guandian.pipelines.answering.train_retriever import TrainingPlan, train_models
from guandian.training.pairs.contrastive import contrastive_loss
from guandian.training.pairs.text_batches import PairSettings

WORDS = ["屏幕", "电池", "物流", "价格", "声音", "手感", "做工", "客服", "包装", "味道"]


def pairs() -> list[AnswerPair]:
    ends = ["很好", "不错", "很快", "清晰", "便宜", "一般"]
    # The tiny base's words are single characters between blanks.
    return [
        AnswerPair(" ".join(f"{word}{end}吗"), " ".join(f"{end}，{word}"))
        for word in WORDS
        for end in ends
    ]


def test_the_loss_is_small_where_own_answers_are_nearest() -> None:
    right = torch.eye(4)
    alike = torch.eye(4, dtype=torch.bool)
    near, far = (
        float(contrastive_loss(left, right, alike, 0.05)) for left in (right, right.roll(1, 0))
    )
    assert near < 0.01 < 10 < far
    same = torch.ones(4, 4, dtype=torch.bool)
    assert float(contrastive_loss(right.roll(1, 0), right, same, 0.05)) == 0.0


def test_held_out_pairs_share_nothing_with_those_learned_from() -> None:
    rows = [*pairs(), *(AnswerPair(f"问{k}", "请稍等") for k in range(4))]
    split = split_pairs(rows, seed=3)
    assert sorted([*split.train, *split.held_out], key=repr) == sorted(rows, key=repr)
    for side in ("question", "answer"):
        learned = {getattr(pair, side) for pair in split.train}
        assert not learned & {getattr(pair, side) for pair in split.held_out}
    assert split == split_pairs(rows, seed=3) != split_pairs(rows, seed=4)


def test_figures_of_places() -> None:
    first = np.array([1.0, 2.0, np.inf, 10.0])
    scores = figures_of_lists(first, [(0, 1), (2, 3), (0, 1), (4, 5)])
    assert scores.hit.value == 0.5 and scores.mrr.value == pytest.approx((1 + 0.5 + 0.1) / 4)
    assert scores.shared == pytest.approx(1 / 6)
    assert shared_documents([(1, 2)]) == 0.0
    assert gain(first, first).value == 0.0


def test_files_of_pairs(tmp_path: Path) -> None:
    file = tmp_path / "same.jsonl"
    file.write_text('{"sentence1": "甲", "sentence2": "乙", "label": "1", "id": 4}\n', "utf-8")
    assert read_same([file]) == [("甲", "乙", True)]
    file.write_text('{"sentence1": "甲", "sentence2": "", "label": "1"}\n', "utf-8")
    with pytest.raises(BadRow, match="two texts and 0 or 1"):
        read_same([file])
    few = tmp_path / "few.csv"
    few.write_text("question,answer\na,b\n", "utf-8")
    with pytest.raises(GuandianError, match="1 pair"):
        read_answer_pairs([few])
    many = tmp_path / "many.jsonl"
    rows = [{"question": f"问{k}，电话13800138000", "answer": f"答{k}"} for k in range(40)]
    many.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert all("13800138000" not in pair.question for pair in read_answer_pairs([many]))


@pytest.mark.slow
def test_a_base_learns_and_serving_opens_it(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    write_base(base)
    split = split_pairs(pairs(), seed=0)
    same = tuple((pair.question, pair.answer, True) for pair in split.train[:8])
    settings = PairSettings(epochs=3, batch=16, rate=2e-3, layers=2, longest=24)
    folder = tmp_path / "models"
    steps: list[tuple[str, float]] = []
    report = train_models(
        TrainingPlan(str(base), split, same, settings, ("pairs.csv",)),
        folder,
        lambda part, _step, _steps, loss: steps.append((part, loss)),
    )
    losses = [loss for part, loss in steps if part == "vectors"]
    assert losses[-1] < losses[0] and {part for part, _ in steps} == {"vectors", "scores"}
    assert report.sizes["held out"] == len(split.held_out)
    assert (
        report.dense_gain.value
        == pytest.approx(_dense(report.after) - _dense(report.before), abs=1e-9)
        or not report.trained
    )
    encoder, scorer, answerability = open_models(folder)
    assert (scorer is not None) == report.reread and answerability.fitted_on == "held-out pairs"
    (alone,), many = (encoder.questions(["屏 幕", *more]) for more in ([], ["电 池", "a" * 9000]))
    assert np.allclose(alone, many[0], atol=1e-4)
    assert np.allclose(np.linalg.norm(many, axis=1), 1)
    with pytest.raises(GuandianError, match="already exists"):
        train_models(TrainingPlan(str(base), split, (), settings), folder)
    answerer = Answerer(
        Retriever(Knowledge((Passage("f:1", "f", 1, "faq", "屏幕很好吗", "很好。"),)), encoder),
        answerability,
    )
    assert answerer.answer("屏幕很好吗").sources[0].passage.id == "f:1"
    weights = folder / "encoder" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"abcd")
    with pytest.raises(GuandianError, match="altered"):
        RetrievalEncoder.open(folder / "encoder")


def _dense(rows: object) -> float:
    assert isinstance(rows, dict)
    return float(rows["dense"]["mrr"])


def test_answering_loads_no_torch() -> None:
    code = (
        "import sys; import guandian.assist.answers.answerer, guandian.assist.answers.answer_files,"
        "guandian.assist.dialogue.conversation; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_same_questions_in_two_retrievers() -> None:
    knowledge = Knowledge(
        tuple(
            Passage(str(k), "f", k, "faq", pair.question, pair.answer)
            for k, pair in enumerate(pairs())
        )
    )
    retriever = Retriever(knowledge)
    questions = [AnsweredQuestion(pair.question, frozenset({k})) for k, pair in enumerate(pairs())]
    signals = signals_for(retriever, questions)
    first, lists = first_places(retriever, questions, signals, "bm25")
    assert (first == 1).mean() > 0.9 and all(len(row) <= 5 for row in lists)
    gone = signals[0].without({0})
    assert all(hit.index != 0 for hit in retriever.ranked(questions[0].question, gone))
