"""Two small domains that tiny trainings learn one after the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.tiny_base import reviews, write_base

from guandian.data import write_own
from guandian.domain import Labelled, Polarity
from guandian.experiments.continual.domains import SequenceStart, begin_sequence
from guandian.experiments.continual.method_comparison import ContinualJob
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.tracking.events import ignore

GROUPS = ("手机", "<b>books")


def recipe(root: Path, **changes: Any) -> Recipe:
    plain: dict[str, Any] = {
        "name": "tiny",
        "base": {"model": str(root / "base")},
        "data": [{"corpus": "train.jsonl"}],
        "categories": "own",
        "holdout": 0.0,
        "optimisation": {
            "epochs": 2,
            "batch_texts": 10,
            "learning_rate": 3e-3,
            "head_learning_rate": 1e-2,
            "precision": "fp32",
        },
        "evaluation": {"corpora": ["dev.jsonl"], "most": 4},
    }
    return parse_recipe(plain | changes)


def job(root: Path, folder: Path, *methods: str, **changes: Any) -> ContinualJob:
    return ContinualJob(recipe(root), root, folder, methods, groups=True, **changes)


def start(root: Path, **changes: Any) -> SequenceStart:
    return begin_sequence(recipe(root, **changes), root, ignore, groups=True)


def write_domains(folder: Path) -> Path:
    """30 texts of two groups to learn from, 8 others to score on, and a base."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", reviews()[:30]), ("dev", reviews()[30:38])):
        grouped = [_of_group(row, k) for k, row in enumerate(rows)]
        write_own(grouped, folder / f"{name}.jsonl")
    write_base(folder / "base")
    return folder


def _of_group(row: Labelled, number: int) -> Labelled:
    """Sentiment alone, which is quick; words that no text of the other group has."""
    english = number % 2 == 1
    text = f"it is {row.text[:12]} good great" if english else f"很清{row.text[:12]}"
    sentiment = Polarity.POSITIVE if number % 4 < 2 else Polarity.NEGATIVE
    return replace(
        row, text=text, quads=None, entities=None, group=GROUPS[english], sentiment=sentiment
    )
