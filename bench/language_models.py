"""A language model beside the shipped one on the same labelled reviews.

`python bench/language_models.py MODEL.toml --data dev.jsonl --reviews 60` draws reviews by seed,
asks both, and prints quads, triplets, found and right, what was dropped, tokens and processor
seconds. An endpoint's seconds are by the clock: its processor is elsewhere. With `--checked 0.2`
the shipped model checks what the language model finds, and what it doubts is dropped; and it is
told which of the texts the two would label together for a training (`labelled_by`), and how well.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from guandian.data import formats
from guandian.domain import Labelled, Mined, Review
from guandian.evaluation import Options, PlainAnswer, evaluate
from guandian.evaluation.evaluate import QuadPredictor, score_answers
from guandian.llm import read_description
from guandian.mining.checked_miner import CheckedMiner
from guandian.pipelines import open_miner
from guandian.pipelines.language_models import language_miner
from guandian.pipelines.teacher_labels import Teacher, label_by_language_model
from guandian.recipes.sections import Part

_SURER = 0.6
_POSSIBLE = 0.02
"""As a description's checker is asked."""


def figures(predictor: QuadPredictor, rows: list, name: str) -> dict[str, object]:
    """Scores and costs of one system."""
    clock, processor = time.perf_counter(), time.process_time()
    result = evaluate(predictor, rows, Options(name, fitted=False))
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    opinions = result.opinions
    assert opinions is not None and result.sentiment is not None
    triplets = opinions.intervals["triplet"]
    return {
        "quads": round(opinions.scores.quad.f1, 3),
        "triplets": round(opinions.scores.triplet.f1, 3),
        "triplets, 95 %": [round(triplets.low, 3), round(triplets.high, 3)],
        "found, right": [round(opinions.overlap.recall, 3), round(opinions.overlap.precision, 3)],
        "sentiment, macro F1": round(result.sentiment.scores.macro_f1, 3),
        "seconds a review: clock, processor": [
            round(clock / len(rows), 2),
            round(processor / len(rows), 2),
        ],
    }


@dataclass(frozen=True)
class Checked:
    """A language model whose doubtful opinions are dropped, as `evaluate` asks it."""

    miner: CheckedMiner

    def predict(self, texts: Sequence[str]) -> list[Mined]:
        """Mine bare texts."""
        return self.miner.mine([Review(str(index), text) for index, text in enumerate(texts)])


def labels_of(teacher: Teacher, rows: list[Labelled]) -> dict[str, object]:
    """How many texts are labelled with opinions, and how right."""
    part = Part(corpus="x.jsonl", labelled_by="x.toml", labelled_for=("opinions",), surer=_SURER)
    labels = {row.id: row for row in label_by_language_model(teacher, part, rows)}
    gold = [row for row in rows if row.id in labels]
    answers = [PlainAnswer(opinions=labels[row.id].quads) for row in gold]
    opinions = score_answers(answers, gold, Options("labels")).opinions if gold else None
    return {
        "texts": len(gold),
        "opinions": sum(len(labels[row.id].quads or ()) for row in gold),
        "quads": opinions and round(opinions.scores.quad.f1, 3),
        "triplets": opinions and round(opinions.scores.triplet.f1, 3),
    }


def main() -> None:
    """Measure, and print figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reviews", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checked", type=float)
    options = parser.parse_args()
    rows = [replace(row, custom="") for row in formats.read("guandian", options.data)]
    rows = [row for row in rows if row.quads is not None]
    rows = random.Random(options.seed).sample(rows, min(options.reviews, len(rows)))
    described = read_description(options.model)
    miner = language_miner(described)
    ours = open_miner()
    by_system = {"guandian-small": figures(ours, rows, "guandian-small")}
    by_system[described.model] = figures(miner, rows, described.model) | miner.tally.figures()
    if options.checked is not None:
        checked = CheckedMiner(miner, ours.at(_POSSIBLE), options.checked, drop=True)
        name = f"{described.model}, checked"
        by_system[name] = figures(Checked(checked), rows, name)
        teacher = Teacher(miner, ours.at(_POSSIBLE), options.checked)
        by_system["labelled together"] = labels_of(teacher, rows)
    print(json.dumps({"reviews": len(rows), "seed": options.seed} | by_system, indent=1))


if __name__ == "__main__":
    main()
