"""One contract for every kind of declared head, and for tags: learn, keep, export, mine."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tests.recipes.declared import DECLARED, SPECS, answers
from tests.tiny_base import model, pieces, reviews, write_base
from tests.training.fixtures import recipe, started

from guandian import pipelines as composition
from guandian.bundle import float32_weights
from guandian.data import write_own
from guandian.domain import Entity, Label, LabelHead, Labelled, LabelValue, Review, Span
from guandian.errors import GuandianError, RecipeError
from guandian.files.output.json_record import from_wire, to_wire
from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import parse_recipe
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.targets import annotate
from guandian.tasks.task_table import task_of
from guandian.tracking.events import Event, Ready, Scored
from guandian.training import checkpoint
from guandian.training.data.batches import class_weights, collate
from guandian.training.data.dataset import gather, prepare
from guandian.training.data.label_checks import refuse_unfit
from guandian.training.step import TrainState, train_step

OTHER_PROCESS = """
import sys
from pathlib import Path
from safetensors.numpy import save_file
from tests.tiny_base import model
from tests.recipes.declared import SPECS, answers
from guandian.modeling.model import OpinionModel
from guandian.training import checkpoint
for name, spec in SPECS.items():
    network = OpinionModel.from_config(model(spec).config())
    checkpoint.load_weights(Path(sys.argv[1]) / f"{name}.safetensors", network)
    save_file(answers(network), Path(sys.argv[1]) / f"{name}.answers")
"""


def labelled(count: int = 24) -> list[Labelled]:
    """Texts whose half tells every label."""
    found = []
    for place, review in enumerate(reviews()[:count]):
        good = place % 2 == 0
        text = ("便宜😀" if good else "送得慢😡") * 3 + review.text[:6]
        labels: dict[str, LabelValue] = {
            "topic": "price" if good else "delivery",
            "topics": ("price",) if good else ("delivery",),
            "rating": 5 if good else 2,
            "score": 9.5 if good else 1,
        }
        entities = (Entity(Span(0, 2), "product" if good else "brand", 1.0),)
        types = ("product", "brand") if place % 3 else ("product",)
        found.append(
            Labelled(
                str(place), text, "own", labels=labels,
                entities=tuple(e for e in entities if e.type in types), entity_types=types,
            )
        )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def learned(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[list[float], dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """For each kind the losses of three steps, the answers here and in another process."""
    folder = tmp_path_factory.mktemp("heads")
    losses, here = {}, {}
    for name, spec in SPECS.items():
        network = model(spec, seed=3)
        declared = [DECLARED[name]] if name in DECLARED else []
        wanted = recipe(
            heads=declared, tags="crf" if name == "crf" else "grid",
            objective={"r_drop": 0.5, "contrastive": 0.1, "class_weights": True},
            optimisation={"learning_rate": 3e-3},
        )  # fmt: skip
        examples = [item for row in labelled(8) for item in annotate(row, pieces(), spec)]
        batch = collate(examples, spec, pieces().pad_id, list(range(len(examples))))
        with TrainState(wanted, started(network, examples), 40, folder) as learner:
            steps = [train_step(learner, [batch], 4 + k) for k in range(3)]
        key = "tags" if name == "crf" else f"label.{spec.labels[0].name}"
        losses[name] = [step[key] for step in steps]
        here[name] = answers(network)
        checkpoint.save_weights(folder / f"{name}.safetensors", network)
    subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(folder)],
        cwd=Path(__file__).resolve().parents[2], check=True,
    )  # fmt: skip
    return {n: (losses[n], here[n], load_file(folder / f"{n}.answers")) for n in SPECS}


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECS)
def test_two_steps_improve_and_a_new_process_answers_alike(name: str, learned: dict) -> None:  # type: ignore[type-arg]
    losses, here, there = learned[name]
    assert losses[2] < losses[0]
    assert there.keys() == here.keys()
    for output, value in there.items():
        np.testing.assert_allclose(value, here[output], atol=1e-5)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "data").mkdir()
    write_own(labelled(), folder / "train.jsonl")
    write_own(
        [replace(r, id=f"d{r.id}", text=r.text + "。好") for r in labelled(12)],
        folder / "dev.jsonl",
    )
    write_base(folder / "models" / "tiny")
    return folder


def asked(own: Path, **changes: object) -> dict[str, object]:
    return {
        "name": "tiny", "base": {"model": "tiny"}, "data": [{"corpus": "train.jsonl"}],
        "heads": list(DECLARED.values()), "tags": "crf", "holdout": 0,
        "optimisation": {
            "epochs": 8, "batch_texts": 6, "learning_rate": 3e-3, "head_learning_rate": 1e-2,
            "precision": "fp32",
        },
        "evaluation": {"corpora": ["dev.jsonl"], "every": 9},
    } | changes  # fmt: skip


@pytest.mark.slow
def test_every_kind_is_trained_exported_and_mined(own: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    wanted = parse_recipe(asked(own))
    bundle = composition.train_bundle(wanted, own, tmp_path / "run", events.append)
    scored = [event for event in events if isinstance(event, Scored)][-1].scores
    names = ("topic", "topics", "rating", "score")
    assert {"dev.jsonl/entities", "dev.jsonl/labels"} <= scored.keys()
    assert all(scored[f"dev.jsonl/label.{name}"] > 0.8 for name in names)
    assert bundle.manifest.tasks == ("entities", *names)
    assert bundle.manifest.labels["tag_types"] == ["product", "brand"]
    review = Review("1", "便宜😀便宜😀便宜😀屏幕很亮")
    (mined,) = composition.miner_of(bundle, 1).mine([review])
    assert mined.labels["topic"].value == "price"
    assert mined.labels["topics"].value == ("price",)
    assert mined.labels["rating"].value in ("4", "5")
    assert float(mined.labels["score"].value) > 6  # type: ignore[arg-type]
    assert mined.labels["score"].probability is None
    assert all(e.type in ("product", "brand") and 0 <= e.confidence <= 1 for e in mined.entities)
    wire = to_wire(review, mined)
    assert wire["labels"]["rating"].keys() == {"value", "probability"}
    assert from_wire(wire) == (replace(review, language=mined.language), mined)
    assert composition.open_model(bundle.path).heads == tuple(
        head.declared() for head in wanted.heads
    )
    further = HeadSpec(
        ("price", "taste"),
        labels=(LabelHead("new", "single", ("a", "b")), wanted.heads[2].declared()),
    )
    weights = float32_weights(bundle)
    resumed = OpinionModel.resume(dict(bundle.manifest.model), weights, further).state_dict()
    assert not [name for name in resumed if name.startswith("heads.tags.")]
    np.testing.assert_array_equal(resumed["heads.labels.1.bias"], weights["heads.labels.2.bias"])
    rows = weights["heads.spans.ends.bias"]
    np.testing.assert_array_equal(resumed["heads.spans.ends.bias"][:4], rows)


def test_without_declared_heads_nothing_of_a_model_or_an_answer_is_new() -> None:
    plain = model(HeadSpec(("price",)))
    assert set(plain.config()) == {"encoder", "categories", "span_types"}
    assert not [n for n in plain.state_dict() if n.startswith(("heads.labels", "heads.tags"))]
    mined = composition.open_miner(threads=1).mine([Review("1", "屏幕很亮😀")])[0]
    assert mined.labels == {}
    assert "labels" not in to_wire(Review("1", "屏幕很亮😀"), mined)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ({"name": "a", "kind": "single", "classes": ["x"]}, "at least 2 different classes"),
        ({"name": "a", "kind": "ordinal"}, "at least 2 different classes"),
        ({"name": "a", "kind": "multi", "classes": ["x", "x"]}, "at least 1 different"),
        ({"name": "a", "kind": "regression", "low": 5, "high": 1}, "low < high"),
        ({"name": "a", "kind": "regression", "classes": ["x"]}, "and no classes"),
        ({"name": "a b", "kind": "multi", "classes": ["x"]}, "one word"),
        ({"name": "a", "kind": "softmax"}, r"heads\.0\.kind cannot be 'softmax'\n.*ordinal"),
        ({"name": "a", "kind": "multi", "clases": ["x"]}, r"unknown key.*\n.*classes, high, kind"),
    ],
)
def test_heads_that_cannot_be_are_refused(head: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        recipe(heads=[head])
    with pytest.raises(RecipeError, match="two heads are called 'rating'"):
        recipe(heads=[DECLARED["ordinal"]] * 2)


def test_what_the_sets_cannot_teach_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    sets = [{"corpus": "waimai"}]
    with pytest.raises(RecipeError, match=r"crf.* waimai annotate none\n.*hp-hc, taobao"):
        refuse_unfit(recipe(data=sets, tags="crf"))
    with pytest.raises(RecipeError, match=r"label 'rating', nor any other\n.*amazon-music"):
        refuse_unfit(recipe(data=sets, heads=[DECLARED["ordinal"]]))
    wanted = recipe(data=sets, tags="crf", base={"model": "not-there"})
    with pytest.raises(RecipeError, match=r"crf.* waimai"):
        composition.train_bundle(wanted, tmp_path, tmp_path / "run", lambda _: None)
    refuse_unfit(recipe(data=[{"corpus": "amazon-music"}], heads=[DECLARED["ordinal"]]))


def test_labels_that_do_not_fit_are_named_with_their_place(own: Path, tmp_path: Path) -> None:
    def gathered(record: Labelled, **changes: object) -> HeadSpec:
        write_own([record], tmp_path / "train.jsonl")
        wanted = asked(own, evaluation={}, tags="grid") | changes
        return gather(parse_recipe(wanted), tmp_path).spec

    plain = Labelled("7", "便宜😀", "own")
    with pytest.raises(GuandianError, match=r"review 7: the recipe declares no head 'ratings'"):
        gathered(replace(plain, labels={"ratings": 4}))
    with pytest.raises(GuandianError, match=r"review 7, labels\.rating: unknown class '6'.*1, 2"):
        gathered(replace(plain, labels={"rating": 6}))
    with pytest.raises(GuandianError, match=r"labels\.topics: needs a list of classes, got 'a'"):
        gathered(replace(plain, labels={"topics": "a"}))
    with pytest.raises(GuandianError, match=r"labels\.score: 11 is not between 0 and 10"):
        gathered(replace(plain, labels={"score": 11}))
    with pytest.raises(RecipeError, match=r"has the label 'topic'; labels there are: rating"):
        gathered(replace(plain, labels={"rating": 4}))
    with pytest.raises(RecipeError, match=r"crf.*annotate none"):
        gathered(plain, heads=[], tags="crf")
    assert gathered(replace(plain, labels={"topic": "x"}), heads=[]).labels == ()


def test_labels_stand_in_one_window_and_overlapping_entities_are_counted() -> None:
    spec = replace(SPECS["crf"], labels=SPECS["ordinal"].labels)
    entities = tuple(
        Entity(Span(*at), kind, 1.0)
        for at, kind in (((0, 4), "product"), ((0, 2), "brand"), ((7, 9), "brand"))
    )
    row = Labelled(
        "1", "苹果手机好😀用苹果好" + "好" * 30, "own", entities=entities,
        entity_types=("product", "brand"), labels={"rating": 3},
    )  # fmt: skip
    (whole,) = annotate(row, pieces(), spec)
    assert whole.spans == ((2, 1, 4), (3, 8, 9))
    assert whole.lost == 1
    assert annotate(row, pieces(), HeadSpec(("price",)))[0].lost == 0
    cut = annotate(row, pieces(), spec, 24)
    assert sum(window.lost for window in cut) == 1
    assert [window.labels for window in cut].count(((1, 1, 0, 0),)) == 1
    batch = collate([whole], spec, pieces().pad_id)
    assert batch.targets.tags[0, 1:5].nonzero().tolist() == [[0, 1], [1, 2], [2, 2], [3, 2]]
    assert batch.targets.tags[0, [0, -1]].sum() == 0
    assert batch.targets.labels.tolist() == [[1, 1, 0, 0]]


def test_rare_single_classes_count_for_more() -> None:
    spec = SPECS["single"]
    rows = [labelled(1)[0]] * 3 + [labelled(2)[1]]
    examples = [item for row in rows for item in annotate(row, pieces(), spec)]
    weights = class_weights(examples, spec)["label.topic"]
    torch.testing.assert_close(weights, torch.tensor([4 / 6, 2.0]))


def test_a_set_with_some_entity_types_leaves_the_others_open(own: Path) -> None:
    wanted = parse_recipe(asked(own, heads=[], evaluation={}))
    gathered = gather(wanted, own)
    assert gathered.spec.tag_types == ("product", "brand")
    events: list[Event] = []
    prepared = prepare(gathered, pieces(), wanted, events.append)
    assert isinstance(events[0], Ready)
    batch = collate(prepared.examples, gathered.spec, pieces().pad_id)
    open_tags = batch.targets.tags[:, 5].sum(-1)  # behind the entities
    assert open_tags.tolist() == [3 if place % 3 == 0 else 1 for place in range(24)]


def test_a_label_says_what_it_holds() -> None:
    assert Label("4", 0.5) != Label("4", 0.6)
    with pytest.raises(ValueError, match="one class"):
        task_of(LabelHead("a", "single", ("x", "y"))).accept(("x",))
