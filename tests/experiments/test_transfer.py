"""Which runs a matrix takes and what they are scored on; nothing is trained here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_base import reviews

from guandian.data import write_own
from guandian.domain import Labelled
from guandian.errors import GuandianError, RecipeError
from guandian.evaluation.evaluate import PlainAnswer
from guandian.experiments.transfer import (
    find_domains,
    main_measure,
    plan_runs,
    score_all,
    texts_of,
)
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.training.data.dataset import gather

GROUPS = ("手机", "../phones", "books")


def recipe(**changes: Any) -> Recipe:
    plain = {
        "name": "tiny",
        "base": {"model": "any"},
        "data": [{"corpus": "train.jsonl"}],
        "categories": "own",
        "holdout": 0.0,
        "evaluation": {"corpora": ["dev.jsonl"]},
    }
    return parse_recipe(plain | changes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """30 texts in three groups to learn from, 12 others to score on, one of them in both."""
    for name, rows in (("train", reviews()[:30]), ("dev", [*reviews()[40:51], reviews()[1]])):
        grouped = [replace(row, group=GROUPS[k % 3]) for k, row in enumerate(rows)]
        write_own(grouped, tmp_path / f"{name}.jsonl")
    return tmp_path


def test_a_group_is_left_out_or_alone(root: Path) -> None:
    asked = recipe(data=[{"corpus": "train.jsonl", "leave_out": "books"}])
    domains = find_domains(asked, root, groups=True)
    assert domains.names == tuple(sorted(GROUPS))
    without = {row.name: row for row in plan_runs(asked, domains, "leave-one-out")}
    assert without["手机"].folder == "without-手机"
    assert "/" not in without["../phones"].folder
    learned = gather(without["手机"].recipe, root).train
    assert {record.group for record, _ in learned} == {"../phones", "books"}
    assert without["手机"].learned == {"../phones", "books"}
    # The user's dev file holds the group that is left out: it must not choose weights.
    assert without["手机"].recipe.evaluation.corpora == ()
    alone = {row.name: row for row in plan_runs(asked, domains, "pairs")}
    assert {r.group for r, _ in gather(alone["books"].recipe, root).train} == {"books"}
    assert alone["books"].learned == {"books"}
    assert alone["books"].folder == "on-books"


def test_an_unseen_domain_is_scored_without_texts_that_were_learned(root: Path) -> None:
    domains = find_domains(recipe(), root, groups=True)
    rows = {row.name: row for row in plan_runs(recipe(), domains, "leave-one-out")}
    shared = reviews()[1].text  # learned as one group, scored as another
    sizes = {
        (name, whole): len(texts_of(rows["books"], domains, name, whole=whole))
        for name in ("books", "手机")
        for whole in (False, True)
    }
    assert sizes == {
        ("books", False): 3,
        ("books", True): 13,
        ("手机", False): 4,
        ("手机", True): 4,
    }
    assert shared in {row.text for row in domains.dev["books"]}
    assert shared not in {r.text for r in texts_of(rows["books"], domains, "books", whole=True)}


def test_sets_are_left_out_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those without a dev part, and files of one's own, are learned from in every row."""
    texts = list(reviews()[:4])
    monkeypatch.setattr("guandian.experiments.transfer.load", lambda *_, **__: texts)
    asked = recipe(
        data=[{"corpus": c} for c in ("make-up", "laptop", "make-up", "waimai", "mine.jsonl")],
        evaluation={"corpora": ["make-up", "laptop"], "gate": ["laptop"]},
    )
    domains = find_domains(asked, tmp_path, groups=False, chosen=["make-up", "laptop"])

    def learns(kind: Any) -> list[tuple[list[str], tuple[str, ...], tuple[str, ...]]]:
        return [
            (
                [part.corpus for part in row.recipe.data],
                row.recipe.evaluation.corpora,
                row.recipe.evaluation.gate,
            )
            for row in plan_runs(asked, domains, kind)
        ]

    rest = ["waimai", "mine.jsonl"]
    assert learns("leave-one-out") == [
        (["laptop", *rest], ("laptop",), ("laptop",)),
        (["make-up", "make-up", *rest], ("make-up",), ()),
    ]
    assert learns("pairs") == [
        (["make-up", "make-up", *rest], ("make-up",), ()),
        (["laptop", *rest], ("laptop",), ("laptop",)),
    ]
    with pytest.raises(RecipeError, match=r"no domain 'phones'\n.*make-up, laptop, waimai"):
        find_domains(asked, tmp_path, groups=False, chosen=["phones"])


def test_what_has_no_domains_says_where_they_come_from(root: Path) -> None:
    with pytest.raises(
        RecipeError, match=r"there are no domains\n  none of the sets.*`group`.*--groups"
    ):
        find_domains(recipe(), root, groups=False)
    with pytest.raises(RecipeError, match=r"no dev part to score on\n.*evaluation\.corpora"):
        find_domains(recipe(evaluation={}), root, groups=True)
    one = find_domains(recipe(), root, groups=True, chosen=["books"])
    assert [row.name for row in plan_runs(recipe(), one, "leave-one-out")] == ["books"]
    with pytest.raises(RecipeError, match="has both `only` and `leave_out`"):
        recipe(data=[{"corpus": "train.jsonl", "only": "books", "leave_out": "手机"}])
    with pytest.raises(RecipeError, match="has no group 'shoes'"):
        gather(recipe(data=[{"corpus": "train.jsonl", "only": "shoes"}]), root)


class Asked:
    """Finds what it is told, and counts how often it is asked."""

    def __init__(self, rows: Sequence[Labelled]) -> None:
        self.times = 0
        self._known = {row.text: row.quads or () for row in rows}

    def predict(self, texts: Sequence[str]) -> list[PlainAnswer]:
        self.times += 1
        return [PlainAnswer(opinions=self._known[text]) for text in texts]


def test_a_score_is_not_run_again_while_model_and_texts_are_the_same(tmp_path: Path) -> None:
    some, others = list(reviews()[:5]), list(reviews()[5:9])
    system = Asked([*some, *others])
    first = score_all(tmp_path, system, "one", {"a": some})
    assert first["a"]["quad"].value == first["a"]["quad"].high == 1
    assert 0.4 < first["a"]["quad"].low < 1  # five reviews are no certainty
    again = score_all(tmp_path, system, "one", {"a": some, "b": others})
    assert again["a"] == first["a"]
    assert system.times == 2
    score_all(tmp_path, system, "two", {"a": some})
    score_all(tmp_path, system, "two", {"a": some[:4]})
    assert system.times == 4
    own, default = recipe(), recipe(categories="default")
    assert main_measure("a", first["a"], own, groups=False) == "triplet"
    assert main_measure("a", first["a"], own, groups=True) == "quad"
    assert main_measure("a", first["a"], default, groups=False) == "quad"
    with pytest.raises(GuandianError, match=r"books has no labelled text.*\n.*--domains"):
        main_measure("books", score_all(tmp_path, system, "two", {"c": []})["c"], own, groups=True)
