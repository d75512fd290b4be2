"""Trainings one after the other: what a stage hands on, and texts that a model labels."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.tiny_base import reviews, write_base

from guandian.bundle import Bundle
from guandian.data import write_own
from guandian.data.leaks import text_digest
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError, RecipeError
from guandian.evaluation import score_quads
from guandian.pipelines import train_bundle
from guandian.pipelines.stages import labeller, start
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.recipes.sections import Part
from guandian.tasks.confidence_features import Confidence, Logistic
from guandian.tasks.inference import Reader, infer, quads
from guandian.text.pieces import Pieces
from guandian.tracking.console import remarks
from guandian.tracking.events import Began, Event, Phase, Ready, Stepped, ignore
from guandian.training.data.dataset import gather
from guandian.training.data.pseudo_labels import label

SAID = [replace(review, sentiment=None) for review in reviews()[:24]]
JUDGED = [
    Labelled(f"{text}{mark}", f"{text}{mark}😀", "own", sentiment=polarity)
    for mark in "，。！；"
    for text, polarity in (("很好用", Polarity.POSITIVE), ("太差了", Polarity.NEGATIVE))
]
BARE = [replace(review, quads=None, sentiment=None) for review in reviews()[24:40]]
QUICK = {"learning_rate": 5e-3, "head_learning_rate": 5e-3, "batch_texts": 4, "precision": "fp32"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    for name, records in (("said", SAID), ("judged", JUDGED), ("bare", BARE)):
        write_own(records, folder / f"{name}.jsonl")
    write_base(folder / "models" / "tiny")
    return folder


def staged(**changes: Any) -> Recipe:
    plain: dict[str, Any] = {
        "name": "staged",
        "base": {"model": "tiny"},
        "data": [
            {"corpus": "judged.jsonl"},
            {"corpus": "bare.jsonl", "labelled_by": "earlier", "surer": 0.5},
        ],
        "categories": "own",
        "holdout": 0.0,
        "optimisation": QUICK | {"epochs": 2},
        "stages": [
            {
                "name": "language",
                "data": [{"corpus": "bare.jsonl"}],
                "objective": {"language": 1.0},
                "optimisation": {"epochs": 1, "heads_first": 0.5},
            },
            {
                "name": "opinions",
                "data": [{"corpus": "said.jsonl"}],
                "objective": {"language": 0.2},
                "method": {"kind": "lora", "rank": 4},
            },
            {
                "name": "question",
                "data": [{"corpus": "judged.jsonl"}],
                "question": {"text": "很{mask}，", "negative": ["差"], "positive": ["好"]},
                "optimisation": {"epochs": 6},
            },
        ],
    }
    return parse_recipe(plain | changes)


@pytest.fixture(scope="module")
def teacher(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    asked = staged(
        data=[{"corpus": "said.jsonl"}],
        stages=[],
        objective={"language": 0.3},
        optimisation=QUICK | {"epochs": 25},
    )
    return train_bundle(asked, root, tmp_path_factory.mktemp("teacher"), ignore)


ASKING: dict[str, Any] = {
    "name": "x",
    "data": [{"corpus": "judged.jsonl"}],
    "question": {"text": "很{mask}，", "negative": ["差"], "positive": ["好"]},
}


class Enough(Exception):
    """Stops a run."""


def until_export(asked: Recipe, root: Path, folder: Path) -> list[Event]:
    """Train, and leave before the bundle is written, which takes longest."""
    events: list[Event] = []

    def tell(event: Event) -> None:
        events.append(event)
        if event == Phase("exporting"):
            raise Enough

    with pytest.raises(Enough):
        train_bundle(asked, root, folder, tell)
    return events


def texts(events: Sequence[Event]) -> list[dict[str, int]]:
    """What each training learned from."""
    return [dict(event.counts) for event in events if isinstance(event, Ready)]


@pytest.mark.slow
def test_stages_go_on_from_each_other_and_from_a_kill(root: Path, tmp_path: Path) -> None:
    events = until_export(staged(), root, tmp_path / "whole")
    begun = [event for event in events if isinstance(event, Began)]
    assert [event.name for event in begun] == ["language", "opinions", "question"]
    counts = texts(events)
    assert counts[1] == {"said.jsonl": len(SAID)}
    assert counts[3]["judged.jsonl"] == len(JUDGED)
    assert counts[3]["bare.jsonl"] > 0
    weights = load_file(tmp_path / "whole" / "best.safetensors")
    # The categories of the second stage stay, though no later text names one.
    known = {quad.category for review in SAID for quad in review.quads or ()}
    assert len(weights["heads.category.bias"]) == 2 * len(known)
    assert not any(name.startswith("language.") for name in weights)

    def stop(event: Event) -> None:
        if isinstance(event, Ready) and len(event.counts) == 2:
            raise Enough

    with pytest.raises(Enough):
        train_bundle(staged(), root, tmp_path / "killed", stop)
    done = [path.name for path in sorted((tmp_path / "killed").iterdir())]
    assert done == ["stage-1-language", "stage-2-opinions", "stage-3-question"]
    again = until_export(staged(), root, tmp_path / "killed")
    # Two stages are passed over, each telling nothing.
    assert {event.steps for event in again if isinstance(event, Stepped)} == {
        [event.steps for event in events if isinstance(event, Stepped)][-1]
    }
    resumed = load_file(tmp_path / "killed" / "best.safetensors")
    assert all(np.array_equal(weights[name], resumed[name]) for name in weights)


@pytest.mark.slow
def test_a_bundle_keeps_the_language_head_for_further_training(
    root: Path, teacher: Bundle, tmp_path: Path
) -> None:
    assert "language.safetensors" in teacher.manifest.files
    asked = staged(
        base={"model": str(teacher.path)}, data=[{"corpus": "bare.jsonl"}],
        objective={"language": 1.0}, stages=[],
    )  # fmt: skip
    known = until_export(asked, root, tmp_path / "known")
    fresh = until_export(asked.model_copy(update={"base": staged().base}), root, tmp_path / "fresh")
    one, two = (
        [event.losses["language"] for event in told if isinstance(event, Stepped)][-1]
        for told in (known, fresh)
    )
    assert one < two


def test_a_stage_has_what_it_does_not_say_from_the_recipe() -> None:
    recipe = staged(weights={"sentiment": 0.5})
    language, opinions, question = map(recipe.at, recipe.stages)
    assert language.optimisation.learning_rate == 5e-3
    assert (language.optimisation.epochs, opinions.optimisation.epochs) == (1, 2)
    assert (opinions.method.kind, question.method.kind, recipe.method.kind) == (
        "lora",
        "full",
        "full",
    )
    assert question.objective.language == 0
    assert question.weights.sentiment == 0.5
    assert parse_recipe(recipe.model_dump(mode="json")) == recipe


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stages": []}, "no stage before this training could label"),
        ({"stages": [{"name": "x", "lr": 1}]}, r"unknown key 'stages\.0\.lr'"),
        (
            {"stages": [{"name": "x", "data": [{"corpus": "a"}], "optimisation": {"lr": 1}}]},
            r"unknown key 'stages\.0\.optimisation\.lr'",
        ),
        ({"stages": "first"}, "stages takes a list, found 'first'"),
        (
            {"stages": [ASKING | {"question": ASKING["question"] | {"text": "很好，"}}]},
            r"stages\.0\.question: '很好，' needs \{mask\} once",
        ),
        ({"stages": [ASKING | {"method": {"kind": "frozen"}}]}, r"stages\.0\.question changes"),
        ({"stages": [ASKING | {"method": {"kind": "foo"}}]}, r"kind is 'foo'\n.*lora"),
        ({"stages": ["first"]}, r"stages\.0 takes a table, found 'first'"),
        (
            {
                "stages": [
                    {
                        "name": "x",
                        "data": [{"corpus": "a"}],
                        "method": {"kind": "frozen"},
                        "objective": {"language": 1},
                    }
                ]
            },
            r"stages\.0: objective\.language changes what frozen layers read",
        ),
        ({"method": {"kind": "prefix"}, "stages": [
            {"name": "x", "data": [{"corpus": "a"}], "method": {"kind": "colour"}}
        ]}, r"stages\.0\.method\.kind is 'colour'"),
    ],
)  # fmt: skip
def test_wrong_stages_are_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        staged(**changes)


def test_methods_that_cannot_follow_each_other_are_refused_first(
    root: Path, tmp_path: Path
) -> None:
    first = {"name": "x", "data": [{"corpus": "said.jsonl"}], "method": {"kind": "prefix"}}
    asked = staged(stages=[first], method={"kind": "lora"})
    with pytest.raises(GuandianError, match="'prefix' added, so 'lora' cannot follow"):
        train_bundle(asked, root, tmp_path / "never", ignore)
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ({"data": [{"corpus": "gone.jsonl"}]}, r"there is no .*gone\.jsonl"),
        ({"question": {"text": "很{mask}，", "negative": ["太差"], "positive": ["好"]}}, "太差"),
        ({"data": [{"corpus": "said.jsonl"}], "evaluation": {"corpora": ["laptop"]}}, "no laptop"),
    ],
)
def test_errors_of_later_stages_are_told_before_the_first_is_trained(
    root: Path, tmp_path: Path, stage: dict[str, Any], told: str
) -> None:
    first = {"name": "first", "data": [{"corpus": "said.jsonl"}]}
    asked = staged(stages=[first, {"name": "second"} | stage])
    with pytest.raises(GuandianError, match=told):
        train_bundle(asked, root, tmp_path / "never", ignore)
    assert not (tmp_path / "never").exists()


@pytest.mark.slow
def test_a_model_labels_what_it_is_sure_of(teacher: Bundle) -> None:
    from guandian.engine import Engine
    from guandian.pipelines import read_labels

    labels = read_labels(teacher)
    reader = Reader(Engine.open(teacher).run, Pieces.from_file(teacher.tokenizer), labels.spec)
    part = Part(corpus="x", labelled_by="earlier", labelled_for=("opinions",), surer=0.6)
    sure = label(reader, labels.confidence, part, SAID)
    assert sure
    gold = {record.id: record.quads or () for record in SAID}
    scores = score_quads([gold[r.id] for r in sure], [r.quads or () for r in sure])
    assert scores.triplet.f1 > 0.6
    assert all(record.sentiment is None and record.entities is None for record in sure)
    certain = replace(labels.confidence, threshold=0.6)
    for record, found in zip(sure, infer(reader, [r.text for r in sure]), strict=True):
        assert record.quads == quads(found, labels.spec, certain)
    # A model that is never sure labels nothing.
    even = Logistic((0.0,) * 8, 0.0)
    assert label(reader, Confidence(even, even, 0.5), part, SAID) == []


@pytest.mark.slow
def test_a_named_bundle_labels_texts(root: Path, teacher: Bundle, tmp_path: Path) -> None:
    by_teacher = {"corpus": "bare.jsonl", "labelled_by": str(teacher.path), "surer": 0.5}
    data = [{"corpus": "said.jsonl"}, by_teacher]
    (counts,) = texts(until_export(staged(data=data, stages=[]), root, tmp_path / "run"))
    assert counts["bare.jsonl"] > 0
    data[1] |= {"labelled_by": "nobody"}
    with pytest.raises(GuandianError, match="no bundle at nobody"):
        train_bundle(staged(data=data, stages=[]), root, tmp_path / "never", ignore)


def test_what_the_base_has_learned_is_kept_and_told_of_dev_sets(root: Path, tmp_path: Path) -> None:
    base = shutil.copytree(root / "models" / "tiny", tmp_path / "run" / "bundle")
    before = {text_digest(review.text) for review in (*SAID[:3], *JUDGED[:1])}
    (tmp_path / "run" / "learned.txt").write_text("\n".join(before), "utf-8")
    events: list[Event] = []
    recipe = staged(
        stages=[],
        base={"model": str(base)},
        data=[{"corpus": "judged.jsonl"}],
        evaluation={"corpora": ["said.jsonl"]},
    )
    start(recipe, root, events.append)
    (ready,) = (event for event in events if isinstance(event, Ready))
    assert ready.known == {"said.jsonl": (3, 24)}
    assert ready.learned == before | {text_digest(review.text) for review in JUDGED}
    words, style = next(remarks(ready))
    assert "said.jsonl" in words and "has learned from 3 of the 24 texts" in words
    assert style == "yellow"


def test_texts_that_teach_nothing_are_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="trains any head"):
        train_bundle(staged(data=[{"corpus": "bare.jsonl"}], stages=[]), root, tmp_path, ignore)


@pytest.mark.slow
def test_what_a_model_labelled_is_never_held_out(root: Path, teacher: Bundle) -> None:
    by_teacher = {"corpus": "bare.jsonl", "labelled_by": str(teacher.path), "surer": 0.5}
    data = [{"corpus": "said.jsonl"}, by_teacher]
    asked = staged(data=data, stages=[], fold={"of": 3, "leave_out": 1})
    labels = labeller(None, {str(teacher.path): teacher})
    assert {record.dataset for record in gather(asked, root, labels).holdout} == {"said.jsonl"}


def test_labels_of_a_model_are_in_the_categories_of_the_recipe(root: Path) -> None:
    def odd(_: Part, records: Sequence[Labelled]) -> list[Labelled]:
        quad = Quad(None, Span(0, 1), "odd", Polarity.POSITIVE)
        return [replace(record, quads=(quad,)) for record in records]

    data = [{"corpus": "said.jsonl"}, {"corpus": "bare.jsonl", "labelled_by": "some"}]
    asked = staged(data=data, stages=[], categories="default")
    with pytest.raises(RecipeError, match="other categories than the default ones: odd"):
        gather(asked, root, odd)
