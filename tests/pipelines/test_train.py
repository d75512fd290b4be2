"""From labelled files to a bundle that mines: the whole way, with a model of two small layers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file
from tests.pipelines.fixtures import LEARNED, UNSEEN, recipe, write_asqp
from tests.tiny_base import config, reviews, write_base

from guandian.bundle import Bundle, amend_bundle
from guandian.data import write_own
from guandian.domain import Labelled, Review
from guandian.errors import GuandianError
from guandian.evaluation import score_quads
from guandian.files.output.json_record import to_wire
from guandian.modeling.encoders.pretrained import build_encoder
from guandian.pipelines import open_miner, train_bundle
from guandian.recipes.methods import parse_method
from guandian.recipes.sections import Base, Part
from guandian.tracking.events import Event, Phase, Ready, Scored, Stepped, Unfitted, ignore

OTHER_PROCESS = """
import json, sys
from pathlib import Path
from guandian.pipelines import open_miner
from guandian.domain import Review
from guandian.files.output.json_record import to_wire
texts = json.loads(sys.stdin.read())
rows = [Review(str(k), text) for k, text in enumerate(texts)]
mined = open_miner(Path(sys.argv[1]), threads=2).mine(rows)
assert "torch" not in sys.modules
print(json.dumps([to_wire(*pair) for pair in zip(rows, mined)], ensure_ascii=False))
"""


@dataclass(frozen=True)
class Trained:
    """A folder with data and models, the bundle that was trained there, what was told."""

    root: Path
    bundle: Bundle
    events: list[Event]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp("root")
    for name, records in (("train", LEARNED), ("dev", UNSEEN)):
        write_asqp(records, root / "data" / "asqp_zh-FoodBeverage" / f"{name}.txt")
    write_base(root / "models" / "tiny-bert")
    events: list[Event] = []
    bundle = train_bundle(recipe(), root, root / "runs" / "tiny", events.append)
    return Trained(root, bundle, events)


def test_what_was_learned_is_found_again(trained: Trained) -> None:
    mined = open_miner(trained.bundle.path).mine([Review(r.id, r.text) for r in LEARNED])
    scores = score_quads([r.quads or () for r in LEARNED], [m.opinions for m in mined])
    assert scores.quad.f1 > 0.5
    assert scores.triplet.f1 > 0.65
    for review, found in zip(LEARNED, mined, strict=True):
        for opinion in found.opinions:
            assert opinion.evidence.end <= len(review.text)
            assert opinion.category in {q.category for r in LEARNED for q in r.quads or ()}


def test_a_new_process_mines_the_same_without_torch(trained: Trained) -> None:
    rows = [Review(str(k), r.text) for k, r in enumerate(reviews())]
    here = open_miner(trained.bundle.path, threads=1).mine(rows)
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(trained.bundle.path)],
        input=json.dumps([row.text for row in rows]),
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    expected = [to_wire(row, found) for row, found in zip(rows, here, strict=True)]
    assert json.loads(done.stdout) == json.loads(json.dumps(expected))


def test_events_and_the_run_folder(trained: Trained) -> None:
    stages = [event.name for event in trained.events if isinstance(event, Phase)]
    assert stages == ["reading", "confidence", "exporting"]
    (ready,) = (event for event in trained.events if isinstance(event, Ready))
    assert ready.counts == {"food-zh": len(LEARNED)}
    assert ready.bad == ()
    (unfitted,) = (event for event in trained.events if isinstance(event, Unfitted))
    assert (unfitted.held_out, unfitted.candidates, unfitted.needed) == (0, 0, 200)
    assert any(isinstance(event, Stepped) for event in trained.events)
    assert any(isinstance(event, Scored) and event.best for event in trained.events)
    names = {path.name for path in (trained.root / "runs" / "tiny").iterdir()}
    assert names == {"best.safetensors", "checkpoint", "bundle"}


def test_the_bundle_tells_what_it_is(trained: Trained) -> None:
    manifest = trained.bundle.manifest
    assert manifest.id == "tiny@1.0.0"
    assert set(manifest.parity) == {"food-zh", "pooled"}
    assert {"card.md", "tokenizer.json", "model.onnx", "weights.safetensors"} == set(manifest.files)
    card = trained.bundle.file("card.md").read_text("utf-8")
    assert "food-zh" in card
    assert "the confidence is the one that training began with" in card and "可信度" in card
    assert manifest.calibration["opinions"]["fitted"] is False
    assert [row["key"] for row in manifest.labels["categories"]] == sorted(
        {quad.category for review in LEARNED for quad in review.quads or ()}
    )


@pytest.mark.slow
def test_heads_that_nothing_taught_find_nothing(tmp_path: Path) -> None:
    bare = [
        Labelled(r.id, r.text, "own", sentiment=r.quads[0].polarity) for r in LEARNED if r.quads
    ]
    write_own(bare, tmp_path / "train.jsonl")
    write_base(tmp_path / "models" / "tiny")
    asked = recipe(
        base={"model": "tiny"}, data=[{"corpus": "train.jsonl"}], evaluation={},
        optimisation={"epochs": 1},
    )  # fmt: skip
    bundle = train_bundle(asked, tmp_path, tmp_path / "run", ignore)
    assert bundle.manifest.tasks == ("sentiment",)
    (mined,) = open_miner(bundle.path).mine([Review("1", bare[0].text)])
    assert (mined.opinions, mined.entities) == ((), ())
    assert mined.sentiment.positive != mined.sentiment.negative
    write_own(LEARNED, tmp_path / "more.jsonl")
    again = asked.model_copy(update={"data": (Part(corpus="more.jsonl"),)})
    again = again.model_copy(update={"base": Base(model=str(bundle.path))})
    taught = train_bundle(again, tmp_path, tmp_path / "again", ignore)
    assert taught.manifest.tasks == ("opinions", "sentiment")


@pytest.mark.slow
@pytest.mark.parametrize(("family", "kind"), [("bert", "adapter"), ("qwen3", "prefix")])
def test_what_a_method_adds_mines_and_learns_on(family: str, kind: str, tmp_path: Path) -> None:
    write_own(LEARNED, tmp_path / "train.jsonl")
    write_base(tmp_path / "models" / "tiny", family)
    rates = {"learning_rate": 1e-2, "head_learning_rate": 1e-2, "batch_tokens": 400, "epochs": 12}
    asked = recipe(
        base={"model": "tiny"},
        method={"kind": kind},
        data=[{"corpus": "train.jsonl"}],
        optimisation=rates,
        evaluation={},
    )
    events: list[Event] = []
    bundle = train_bundle(asked, tmp_path, tmp_path / "run", events.append)
    (mined,) = open_miner(bundle.path).mine([Review("1", LEARNED[0].text)])
    assert mined.sentiment.positive != mined.sentiment.negative
    assert bundle.manifest.model["method"]["kind"] == kind
    again = recipe(
        base={"model": str(bundle.path)},
        data=[{"corpus": "train.jsonl"}],
        optimisation=rates | {"epochs": 4},
        evaluation={},
        augmentation={"kinds": ["similar", "synonyms"]},
    )
    more: list[Event] = []
    further = train_bundle(again, tmp_path, tmp_path / "again", more.append)
    before, after = (
        [sum(event.losses.values()) for event in told if isinstance(event, Stepped)]
        for told in (events, more)
    )
    assert after[0] < before[0]  # it began where the first run had ended
    (ready,) = (event for event in more if isinstance(event, Ready))
    assert ready.counts["train.jsonl"] > len(LEARNED)  # with the copies
    assert further.manifest.model["method"]["kind"] == kind
    with pytest.raises(GuandianError, match=rf"{kind}.* added, so 'lora' cannot follow"):
        train_bundle(
            again.model_copy(update={"method": parse_method({"kind": "lora"})}),
            tmp_path, tmp_path / "never", ignore,
        )  # fmt: skip


class Enough(Exception):
    """Stops a run."""


def test_training_goes_on_from_a_bundle_with_other_sets_and_fewer_layers(
    trained: Trained, tmp_path: Path
) -> None:
    """What the bundle learned is there from the first score on."""
    write_own(LEARNED, tmp_path / "learned.jsonl")
    write_own(UNSEEN, tmp_path / "train.jsonl")
    asked = recipe(
        base={"model": str(trained.bundle.path)},
        data=[{"corpus": "train.jsonl"}],
        optimisation={"learning_rate": 1e-9, "head_learning_rate": 1e-9},
        evaluation={"corpora": ["learned.jsonl"], "every": 1},
    )
    scores: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, Scored):
            scores.append(event.scores["learned.jsonl/triplet"])
            raise Enough

    for layers in (2, 1):
        base = {"model": str(trained.bundle.path), "layers": layers}
        with pytest.raises(Enough):
            train_bundle(
                asked.model_copy(update={"base": Base.model_validate(base)}),
                tmp_path, tmp_path / f"run{layers}", watch,
            )  # fmt: skip
    assert min(scores) > 0.4
    weights = [load_file(tmp_path / f"run{layers}" / "best.safetensors") for layers in (2, 1)]
    assert ["encoder.encoder.layer.1.output.dense.bias" in one for one in weights] == [True, False]


@pytest.mark.slow
def test_a_teacher_is_asked_and_must_have_the_same_categories(
    trained: Trained, tmp_path: Path
) -> None:
    seen: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, Stepped):
            seen.append(event.losses["imitation"])
            raise Enough

    teacher = {"teacher": str(trained.bundle.path)}
    short = recipe(distillation=teacher, optimisation={"epochs": 1})
    with pytest.raises(Enough):
        train_bundle(short, trained.root, tmp_path / "run", watch)
    assert seen[0] > 0
    write_own(LEARNED, tmp_path / "own.jsonl")
    other = recipe(
        distillation=teacher, base={"model": str(trained.bundle.path)}, categories="default",
        data=[{"corpus": "own.jsonl"}], evaluation={"corpora": []},
    )  # fmt: skip
    with pytest.raises(GuandianError, match=r"other categories or heads than.*\n.*same sets"):
        train_bundle(other, tmp_path, tmp_path / "other", ignore)
    foreign = Bundle.open(shutil.copytree(trained.bundle.path, tmp_path / "foreign"))
    rewritten = json.dumps(json.loads(foreign.tokenizer.read_text("utf-8")), indent=3).encode()
    amend_bundle(foreign, files={"tokenizer.json": rewritten})
    odd = recipe(distillation={"teacher": str(foreign.path)})
    with pytest.raises(GuandianError, match=r"another tokenizer than the base\n.*same base"):
        train_bundle(odd, trained.root, tmp_path / "odd", ignore)
    by_name = recipe(distillation={"teacher": "guandian-small"})
    with pytest.raises(GuandianError, match=r"teacher guandian-small@.* has other categories"):
        train_bundle(by_name, trained.root / "data", tmp_path / "named", ignore)
    missing = recipe(distillation={"teacher": str(tmp_path / "nobody")})
    with pytest.raises(GuandianError, match="nobody"):
        train_bundle(missing, trained.root, tmp_path / "missing", ignore)


def test_the_tokenizer_of_another_model_is_refused(trained: Trained, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base")
    encoder: Any = build_encoder(config() | {"vocab_size": 20})
    encoder.save_pretrained(base)
    asked = recipe(base={"model": str(base)})
    with pytest.raises(GuandianError, match=r"has an id \d+, and its model 20 embeddings"):
        train_bundle(asked, trained.root, tmp_path / "run", ignore)


def test_a_missing_base_or_root_names_the_places_and_the_repair(
    trained: Trained, tmp_path: Path
) -> None:
    asked = recipe(base={"model": "no-such-model"})
    with pytest.raises(GuandianError, match="no base model 'no-such-model'") as error:
        train_bundle(asked, trained.root, tmp_path / "run", ignore)
    assert str(trained.root / "models" / "no-such-model") in str(error.value)
    assert "name the folder where it is" in str(error.value)
    path = tmp_path / "none"  # no id of a hub, and one place
    with pytest.raises(GuandianError, match=r"not in \S+/none, nor.*\n.*check the name") as error:
        train_bundle(recipe(base={"model": str(path)}), trained.root, tmp_path / "run", ignore)
    assert "hf download" not in str(error.value)
    with pytest.raises(GuandianError, match=r"no folder .*nowhere\n.*--root"):
        train_bundle(asked, tmp_path / "nowhere", tmp_path / "run", ignore)
    known = {"model": str(trained.root / "models" / "tiny-bert")}
    with pytest.raises(GuandianError, match=r"there is no food-zh"):
        train_bundle(recipe(base=known), tmp_path, tmp_path / "run", ignore)
