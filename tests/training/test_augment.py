from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.tiny_base import pieces, reviews

from guandian.data import write_own
from guandian.data.augmentation import clauses_beside
from guandian.data.leaks import text_key
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError, RecipeError
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.training.data.augment import require_files, with_copies
from guandian.training.data.dataset import gather, prepare


def recipe(augmentation: dict[str, object], **changes: object) -> Recipe:
    plain = {
        "name": "own",
        "base": {"model": "tiny"},
        "data": [{"corpus": "train.jsonl", "times": 3}],
        "evaluation": {"corpora": ["dev.jsonl"]},
        "holdout": 0.2,
        "augmentation": augmentation,
    }
    return parse_recipe(plain | changes)


def equal(words: Sequence[str]) -> NDArray[np.float32]:
    return np.ones((len(words), 4), np.float32)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    write_own(reviews()[:50], tmp_path / "train.jsonl")
    write_own(reviews()[50:], tmp_path / "dev.jsonl")
    return tmp_path


@pytest.mark.parametrize("kind", ["synonyms", "similar"])
def test_copies_stand_beside_the_training_texts_alone(own: Path, kind: str) -> None:
    asked = recipe({"kinds": [kind], "times": 2})
    gathered = gather(asked, own)
    learned = with_copies(gathered, asked, own, equal)
    assert (learned.dev, learned.holdout) == (gathered.dev, gathered.holdout)
    assert learned.train[: len(gathered.train)] == gathered.train
    added = learned.train[len(gathered.train) :]
    assert len(added) > 15
    assert {times for _, times in added} == {3}
    texts = {record.text for record, _ in gathered.train}
    assert {copy.original for copy, _ in added} <= texts
    assert not texts & {copy.text for copy, _ in added}
    assert {copy.dataset for copy, _ in added} == {"train.jsonl"}
    assert with_copies(gathered, asked, own, equal) == learned
    assert len(prepare(learned, pieces(), asked).examples) == len(learned.train)


def test_no_copy_equals_a_text_that_is_scored_on_or_held_out(own: Path) -> None:
    asked = recipe({"kinds": ["synonyms"], "times": 2})
    gathered = gather(asked, own)
    copies = with_copies(gathered, asked, own, equal).train[len(gathered.train) :]
    (first, _), (second, _) = copies[0], copies[-1]
    write_own([*reviews()[50:], first], own / "dev.jsonl")
    again = gather(asked, own)
    found = {copy.text for copy, _ in with_copies(again, asked, own, equal).train}
    assert second.text in found
    assert first.text not in found
    assert first.original not in found  # a dev text that was made from it is as good as itself
    held = {text_key(record.text) for record in again.holdout}
    assert held <= again.elsewhere


def test_copies_of_a_file_follow_their_originals(own: Path) -> None:
    """A copy of a text that is held out, or that stands in a dev part, is not learned from."""
    asked = recipe({"kinds": ["delete"]})
    plain = gather(asked, own)
    sources = [record for record, _ in plain.train] + plain.holdout + plain.dev["dev.jsonl"]
    copies = [
        replace(
            record, id=f"{record.id}+1", text=f"{record.text}啊{number}😀", original=record.text
        )
        for number, record in enumerate(sources)
    ]
    write_own(copies, own / "more.jsonl")
    both = recipe({"kinds": ["delete"]}, data=[{"corpus": "train.jsonl"}, {"corpus": "more.jsonl"}])
    gathered = gather(both, own)
    assert gathered.dropped["more.jsonl"] == 10
    away = {text_key(r.text) for r in (*gathered.holdout, *gathered.dev["dev.jsonl"])}
    learned = [record for record, _ in gathered.train if record.original]
    assert len(learned) > 20
    assert not away & {text_key(record.original) for record in learned}
    assert not any(record.original for record in gathered.holdout)
    added = with_copies(gathered, both, own, equal).train[len(gathered.train) :]
    assert not {copy.original for copy, _ in added} & {copy.text for copy in copies}


def test_files_of_ones_own_count_from_the_root(own: Path) -> None:
    (own / "own.tsv").write_text("=\t续航\t待机😀\n", encoding="utf-8")
    (own / "v.txt").write_text("就是 1 0\n可惜 1 0\n", encoding="utf-8")
    asked = recipe({"kinds": ["synonyms", "similar"], "lexicon": "own.tsv", "vectors": "v.txt"})
    require_files(asked, own)
    assert any(
        "待机😀" in r.text for r, _ in with_copies(gather(asked, own), asked, own, equal).train
    )
    for key, told in (("lexicon", "no lexicon"), ("vectors", r"augmentation\.vectors: no file")):
        lacking = recipe({"kinds": ["similar"], key: "none.txt"})
        with pytest.raises(GuandianError, match=told):
            require_files(lacking, own)
    require_files(
        parse_recipe(recipe({"kinds": ["swap"]}).model_dump() | {"augmentation": None}), own
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (
            {"kinds": ["synonym"]},
            r"augmentation\.kinds\.0 cannot be 'synonym'\n  did you mean 'synonyms'\?",
        ),
        ({"kinds": ["translate"]}, r"augmentation\.kinds\.0"),
        ({"kinds": []}, "no beside would make nothing"),
        (
            {"beside": {"texts": 5, "corpora": ["train.json"]}},
            r"augmentation\.beside\.corpora: 'train\.json' is no set of data\n.*'train\.jsonl'",
        ),
        ({"kinds": ["swap"], "time": 1}, r"unknown key 'augmentation\.time'\n.*kinds, lexicon"),
        (
            {"kinds": ["swap"], "vectors": "v.txt"},
            "as vectors is read for the kind `similar` alone",
        ),
        ({"times": 2}, "no beside would make nothing"),
        ({"kinds": ["swap"], "share": 0}, r"augmentation\.share takes a number above 0, found 0"),
    ],
)
def test_wrong_values_are_named(table: dict[str, object], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        recipe(table)


def sided(text: str, aspect: str, expression: str, polarity: Polarity, name: str) -> Labelled:
    noun, words = (
        Span(text.index(part), text.index(part) + len(part)) for part in (aspect, expression)
    )
    quad = Quad(noun, words, "quality", polarity)
    return Labelled(name, text, "own", quads=(quad,), sentiment=polarity, group="phone")


def sided_reviews() -> list[Labelled]:
    """Reviews of one side each: a clause that judges, beside one that leans on it."""
    nouns = (
        *("屏幕", "电池", "外壳", "按键", "喇叭", "镜头", "信号", "系统", "包装", "充电线"),
        *("手感", "续航", "底座", "支架", "说明书", "贴膜"),
    )
    return [
        sided(f"昨天到的，{noun}{words}，但我妈也用", noun, words, polarity, f"{noun}{words}")
        for noun in nouns
        for words, polarity in (("很好", Polarity.POSITIVE), ("太差了", Polarity.NEGATIVE))
    ]


def test_clauses_of_strangers_stand_beside_each_other() -> None:
    texts = list(clauses_beside(sided_reviews(), 300, seed=4))
    assert (
        texts
        == list(clauses_beside(sided_reviews(), 300, seed=4))
        != list(clauses_beside(sided_reviews(), 300, 5))
    )
    assert len({row.id for row in texts}) == len(texts) == 300
    turned = 0
    for row in texts:
        assert (row.dataset, row.group, "昨天" in row.text, "我妈" in row.text) == (
            "own",
            "phone",
            False,
            False,
        )
        sides = []
        for quad in row.quads or ():
            words = quad.expression.of(row.text) if quad.expression else ""
            assert words == ("很好" if quad.polarity is Polarity.POSITIVE else "太差了")
            assert quad.aspect is not None and quad.aspect.of(row.text) + words in row.text
            sides.append(quad.polarity)
        turned += len(set(sides)) == 2
        assert row.sentiment is (sides[0] if len(set(sides)) == 1 else None)
    assert 0.6 < turned / len(texts) < 0.95


def test_a_clause_that_tells_half_or_leans_is_not_lent() -> None:
    leaning = [replace(row, text=row.text.replace("，", "，但", 1)) for row in sided_reviews()]
    moved = [replace(row, quads=tuple(_later(quad) for quad in row.quads or ())) for row in leaning]
    assert not list(clauses_beside(moved, 10, seed=1))
    assert not list(clauses_beside(sided_reviews()[:18], 10, seed=1)), (
        "fewer than ten of either side"
    )
    assert not list(
        clauses_beside([replace(row, quads=None) for row in sided_reviews()], 10, seed=1)
    )


def _later(quad: Quad) -> Quad:
    assert quad.aspect is not None and quad.expression is not None
    aspect, expression = (
        Span(span.start + 1, span.end + 1) for span in (quad.aspect, quad.expression)
    )
    return replace(quad, aspect=aspect, expression=expression)


def test_texts_of_clauses_are_learned_once_each(own: Path) -> None:
    write_own([replace(row, dataset="train.jsonl") for row in sided_reviews()], own / "train.jsonl")
    asked = recipe({"beside": {"texts": 40, "corpora": ["train.jsonl"]}})
    gathered = gather(asked, own)
    learned = with_copies(gathered, asked, own, equal)
    added = learned.train[len(gathered.train) :]
    assert len(added) > 20 and {times for _, times in added} == {1}
    held_out = {row.text for row in gathered.holdout}
    clauses = {text.split("，")[1] for text in held_out}
    assert clauses and not any(clause in row.text for row, _ in added for clause in clauses)
    assert len(prepare(learned, pieces(), asked).examples) == len(learned.train)
