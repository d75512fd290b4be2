"""Customs of annotation: one model that marks what a set's annotators would, by its first token."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.pipelines.fixtures import LEARNED, recipe, write_asqp
from tests.tiny_base import model, pieces, write_base
from typer.testing import CliRunner

from guandian.bundle import Bundle, amend_bundle, shipped
from guandian.bundle.ensemble import refuse_unlike
from guandian.cli.main import app
from guandian.data import write_own
from guandian.domain import Labelled, Review
from guandian.errors import BundleError, GuandianError, RecipeError
from guandian.evaluation import ask
from guandian.modeling.heads.distillation import TeacherEnsemble
from guandian.pipelines import open_miner, open_model, train_bundle
from guandian.pipelines.miners import read_labels
from guandian.pipelines.stages import own_markers
from guandian.recipes.recipe import parse_recipe
from guandian.recipes.sections import Part
from guandian.tasks.head_spec import Custom, HeadSpec, with_markers
from guandian.tasks.targets import annotate
from guandian.tracking.events import ignore
from guandian.training.data.pseudo_labels import label

LONGER = {"epochs": 50, "learning_rate": 4e-3, "head_learning_rate": 4e-3, "batch_tokens": 400}
SILENT = [replace(review, quads=(), sentiment=None, id=f"s{review.id}") for review in LEARNED]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same texts in two sets: in one every opinion is marked, in the other none."""
    folder = tmp_path_factory.mktemp("root")
    for part in ("train", "dev"):
        write_asqp(LEARNED, folder / "data" / "asqp_zh-FoodBeverage" / f"{part}.txt")
    (folder / "data" / "guandian_written").mkdir()
    write_own(SILENT, folder / "data" / "guandian_written" / "train.jsonl")
    write_base(folder / "models" / "tiny-bert")
    # The dev part would drop these texts from what is learned.
    (folder / "data" / "asqp_zh-FoodBeverage" / "dev.txt").unlink()
    return folder


@pytest.fixture(scope="module")
def bundle(root: Path) -> Bundle:
    asked = recipe(
        customs=["food-zh", "guandian"],
        data=[{"corpus": "food-zh"}, {"corpus": "guandian-written"}],
        evaluation={"every": 1000},
        optimisation=LONGER,
    )
    return train_bundle(asked, root, root / "runs" / "two", ignore)


@pytest.mark.slow
def test_the_same_texts_are_read_by_either_custom(bundle: Bundle) -> None:
    rows = [Review(review.id, review.text) for review in LEARNED]
    gold = sum(len(review.quads or ()) for review in LEARNED)
    speaks, is_silent = open_miner(bundle.path), open_miner(bundle.path, custom="guandian")
    said = sum(len(mined.opinions) for mined in speaks.mine(rows))
    told = sum(len(mined.opinions) for mined in is_silent.mine(rows))
    assert said > 0.4 * gold
    assert told < said / 5
    assert speaks.key != is_silent.key != open_model(bundle.path).key
    assert is_silent.key == open_model(bundle.path, custom="guandian").key
    back = is_silent.by("")
    assert [m.opinions for m in back.mine(rows)] == [m.opinions for m in speaks.mine(rows)]


@pytest.mark.slow
def test_reviews_are_asked_by_the_custom_of_their_set(bundle: Bundle) -> None:
    miner = open_miner(bundle.path)
    mixed = [review for pair in zip(LEARNED, SILENT, strict=True) for review in pair]
    mixed = [replace(r, custom="" if r.quads else "guandian") for r in mixed]
    found = ask(miner, mixed)
    assert sum(len(a.opinions or ()) for a in found[0::2]) > 10
    assert sum(len(a.opinions or ()) for a in found[1::2]) < 5
    unknown = [replace(review, custom="zhijiang") for review in LEARNED]
    assert [a.opinions for a in ask(miner, unknown)] == [a.opinions for a in found[0::2]]


@pytest.mark.slow
def test_a_set_may_stand_for_its_custom_and_an_unknown_one_is_refused(bundle: Bundle) -> None:
    assert open_miner(bundle.path, custom="guandian-wide").reader.custom == "guandian"
    assert open_miner(bundle.path, custom="food-zh").reader.custom == ""
    with pytest.raises(GuandianError, match=r"zhijiang.*\n.*food-zh, guandian"):
        open_miner(bundle.path, custom="zhijiang")
    with pytest.raises(GuandianError, match="did you mean 'guandian-wide'"):  # a set is known too
        open_miner(bundle.path, custom="guandian-wid")
    said = CliRunner().invoke(app, ["mine", "--text", "画质清楚", "--custom", "nobody's"])
    assert "nobody's" in str(said.exception)


@pytest.mark.slow
def test_the_manifest_names_the_customs_and_markers(bundle: Bundle) -> None:
    cls_id, rows = pieces().cls_id, pieces().vocab_size
    assert bundle.manifest.labels["customs"] == {"food-zh": cls_id, "guandian": rows}
    assert bundle.manifest.model["encoder"]["vocab_size"] == rows + 1


@pytest.mark.slow
def test_training_on_keeps_markers_and_takes_up_the_one_custom_of_its_texts(
    bundle: Bundle, root: Path
) -> None:
    on = {"base": {"model": str(bundle.path)}, "evaluation": {"every": 1000}}
    short = {"optimisation": {"epochs": 0.05, "learning_rate": 1e-9, "head_learning_rate": 1e-9}}
    rows = [Review(review.id, review.text) for review in LEARNED]
    silent = recipe(data=[{"corpus": "guandian-written"}], **on, **short)
    # No text of this recipe names a custom, and the base's first one is another.
    alone = train_bundle(silent, root, root / "runs" / "alone", ignore)
    assert read_labels(alone).spec.customs == ()
    both = recipe(
        customs=["guandian", "dianping", "food-zh"],
        data=[{"corpus": "food-zh"}, {"corpus": "guandian-written"}], **on, **short,
    )  # fmt: skip
    found = train_bundle(both, root, root / "runs" / "both", ignore)
    cls_id, size = pieces().cls_id, pieces().vocab_size
    assert read_labels(found).spec.customs == (
        Custom("guandian", cls_id), Custom("dianping", size + 1), Custom("food-zh", size + 2)
    )  # fmt: skip
    assert len(open_miner(found.path).mine(rows)) == len(rows)


def test_markers_of_customs() -> None:
    first = with_markers(("a", "b", "c"), (), cls_id=0, rows=100)
    assert first == (Custom("a", 0), Custom("b", 100), Custom("c", 101))
    again = with_markers(("a", "c", "d"), first, cls_id=0, rows=102)
    assert again == (Custom("a", 0), Custom("c", 101), Custom("d", 102))
    assert with_markers((), first, 0, 102) == ()


def test_the_first_token_tells_the_custom() -> None:
    split = pieces()
    known = with_markers(("all", "few"), (), split.cls_id, split.vocab_size)
    spec = HeadSpec(("price",), customs=known)
    row = replace(LEARNED[0], quads=None)
    ids = {
        custom: annotate(replace(row, custom=custom), split, spec)[0].ids
        for custom in ("", "all", "few", "strange")
    }
    assert ids["few"][0] == split.vocab_size
    assert ids[""][0] == ids["all"][0] == ids["strange"][0] == split.cls_id
    assert all(np.array_equal(each[1:], ids[""][1:]) for each in ids.values())
    assert HeadSpec.of({"span_types": spec.span_types, **spec.extras()}, ("price",)) == spec


def test_a_new_marker_begins_as_the_first_token() -> None:
    split = pieces()
    spec = HeadSpec(("price",), customs=with_markers(("a", "b"), (), split.cls_id, 5000))
    table = model(spec)._table()
    assert len(table) == 5001
    assert (table[5000] == table[split.cls_id]).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"customs": ["guandian", "martian"]}, "martian"),
        ({"customs": ["guandian", "guandian"]}, "twice"),
        ({"customs": ["guandian"], "method": {"kind": "lora"}}, "lora"),
    ],
)
def test_recipes_whose_customs_cannot_be(changes: dict[str, object], message: str) -> None:
    plain = {"name": "x", "base": {"model": "y"}, "data": [{"corpus": "make-up"}]}
    with pytest.raises(RecipeError, match=message):
        parse_recipe(plain | changes)


def test_a_teacher_reads_the_markers_that_it_knows() -> None:
    seen: list[list[int]] = []

    class Teacher(torch.nn.Module):
        def forward(self, ids: torch.Tensor, mask: object) -> dict[str, torch.Tensor]:
            seen.append(ids[:, 0].tolist())
            return {"sentiment": ids[:, :1].float()}

    split = pieces()
    learner = HeadSpec(("price",), customs=with_markers(("a", "b", "c"), (), 0, 100))
    knows = HeadSpec(("price",), customs=with_markers(("b", "a"), (), 0, 70))
    panel = TeacherEnsemble(
        [Teacher(), Teacher()],
        [own_markers(learner, knows, 0), own_markers(learner, HeadSpec(("price",)), 0)],
    )
    ids = torch.tensor([[0, 5, 2], [100, 5, 2], [101, 5, 2]])
    panel(ids, None)
    assert seen == [[70, 0, 0], [0, 0, 0]]
    assert ids[:, 0].tolist() == [0, 100, 101]
    assert split.cls_id == 0


def test_bundles_with_other_customs_do_not_answer_together(tmp_path: Path) -> None:
    shutil.copytree(shipped(), tmp_path / "other")
    ours, theirs = Bundle.open(shipped()), Bundle.open(tmp_path / "other")
    plain = {key: value for key, value in ours.manifest.labels.items() if key != "customs"}
    other = amend_bundle(theirs, labels=plain, name="other")
    with pytest.raises(BundleError, match="customs of annotation"):
        refuse_unlike([ours, other])


def test_what_a_model_labels_follows_its_own_custom() -> None:
    miner = open_miner(threads=1)
    rows = [Labelled("1", "屏幕很清晰，电池不耐用", "waimai", custom="two-sided")]
    part = Part(corpus="waimai", surer=0.5, labelled_for=("sentiment",))
    (found,) = label(miner.reader, miner.labels.confidence, part, rows)
    assert found.custom == "guandian"


def test_another_custom_is_named_and_has_no_rates_of_the_first() -> None:
    miner = open_miner(threads=1)
    other = miner.by("zhijiang")
    assert (other.model, other.rates) == (f"{miner.model}/zhijiang", None)
    assert other.by("") is miner
    assert other.by("food-zh").by("zhijiang").key == other.key
    assert open_model(custom="zhijiang").id == other.model
    assert miner.rates is not None
    (mined,) = other.predict(["画质清楚"])
    assert mined.model == other.model
