"""A recipe that a tiny model learns whole, and the texts that it learns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.tiny_base import reviews

from guandian.domain import Labelled, Span
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.tasks.head_spec import POLARITIES

LEARNED, UNSEEN = reviews()[:54], reviews()[54:]


def write_asqp(records: Sequence[Labelled], path: Path) -> None:
    """Write reviews as the set food-zh has them."""

    def place(span: Span | None) -> str:
        return "-1,-1" if span is None else f"{span.start},{span.end}"

    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for record in records:
        quads = [
            [q.category, place(q.aspect), place(q.expression), POLARITIES.index(q.polarity)]
            for q in record.quads or ()
        ]
        lines.append(f"{record.text}####{quads!r}\n")
    path.write_text("".join(lines), encoding="utf-8")


def recipe(**changes: object) -> Recipe:
    plain = {
        "name": "tiny",
        "base": {"model": "tiny-bert"},
        "data": [{"corpus": "food-zh"}],
        "categories": "own",
        "holdout": 0.0,
        "optimisation": {
            "epochs": 30,
            "learning_rate": 4e-3,
            "head_learning_rate": 4e-3,
            "batch_tokens": 400,
        },
        "evaluation": {"corpora": ["food-zh"], "every": 1000},
    }
    return parse_recipe(plain | changes)
