"""A language model's recipe, end to end: taught, scored, exported, and mining from its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.called import called
from tests.tiny_decoder import write_tiny_decoder

from guandian.data.taxonomy import taxonomy_names
from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.llm.extraction.prompts import question
from guandian.pipelines import open_model
from guandian.pipelines.decoders.train_decoder import DecoderJob, begin_decoder
from guandian.recipes.decoder_recipe import load_decoder_recipe
from guandian.tracking.status import open_folder_of_run

GOOD = {"aspect": [0, 2], "expression": [2, 5], "category": "performance", "polarity": "positive"}


def row(number: int, text: str, *quads: dict[str, Any]) -> str:
    values = {"id": str(number), "text": text, "quads": quads, "sentiment": "positive"}
    return json.dumps(values, ensure_ascii=False) + "\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model, reviews, pairs and a recipe of each."""
    pytest.importorskip("torch")
    root = tmp_path_factory.mktemp("root")
    asked = question("屏幕很清晰", taxonomy_names(), chinese=True)
    write_tiny_decoder(root / "models" / "tiny", [message.content for message in asked] * 2)
    texts = ("屏幕很清晰", "电池很耐用", "声音很好听", "快递到了😀")
    rows = [row(k, text, *[GOOD] * (k < 3)) for k, text in enumerate(texts)]
    (root / "train.jsonl").write_text("".join(rows[:3]), "utf-8")
    (root / "dev.jsonl").write_text(row(9, "做工很精细", GOOD), "utf-8")
    pairs = [
        {"kind": "review", "review": f"坏了{k}", "channel": "public", "language": "zh",
         "draft": "亲", "sent": "抱歉", "breaks": []}
        for k in range(4)
    ]  # fmt: skip
    lines = [*pairs, pairs[0] | {"breaks": ["money"]}, {"kind": "message", "id": "1"}]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (root / "pairs.jsonl").write_text(text, "utf-8")
    (root / "extraction.toml").write_text(EXTRACTION)
    (root / "replies.toml").write_text(REPLIES)
    return root


EXTRACTION = """\
task = "extraction"
name = "tiny-extraction"
base = { model = "tiny" }
data = [{ corpus = "train.jsonl" }]
method = { kind = "lora", rank = 4 }
optimisation = { epochs = 2, batch_tokens = 1500, max_tokens = 2000, learning_rate = 1e-3 }
evaluation = { corpora = ["dev.jsonl"], every = 1, max_tokens = 40 }
"""
REPLIES = """\
task = "replies"
name = "tiny-replies"
base = { model = "tiny" }
data = [{ corpus = "pairs.jsonl" }]
optimisation = { epochs = 3, max_tokens = 2000, learning_rate = 1e-2 }
evaluation = { share = 0.25, every = 4 }
"""


def trained(root: Path, recipe: str, out: Path, *more: str) -> Any:
    return called("train", root / recipe, "--root", root, "-o", out, *more)


@pytest.mark.slow
def test_it_is_taught_and_mines_from_its_folder(root: Path, tmp_path: Path) -> None:
    import transformers

    out = tmp_path / "run"
    done = trained(root, "extraction.toml", out)
    assert done.returncode == 0, done.stderr
    assert str(out / "model.toml") in done.stdout
    events = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    scored = [event for event in events if event["event"] == "scored"]
    assert [event["step"] for event in scored] == [0, 1, 2]
    assert {name.partition("/")[2] for name in scored[0]["scores"]} == {
        "quad", "triplet", "unparsable", "cut", "sentiment", "accuracy"
    }  # fmt: skip
    assert open_folder_of_run(out).state == "finished"
    model = open_model(out / "model.toml")
    (mined,) = model.miner.mine([Review("1", "屏幕很清晰")])
    assert (mined.model, mined.fitted) == ("tiny-extraction", False)
    whole = transformers.AutoModelForCausalLM.from_pretrained(out / "model")
    both = transformers.AutoModelForCausalLM.from_pretrained(out / "adapter")
    ids = whole.dummy_inputs["input_ids"]
    close = (whole.float()(ids).logits - both.float()(ids).logits).abs().max()
    assert float(close.detach()) < 0.05
    again = trained(root, "extraction.toml", out)
    assert again.returncode == 2
    assert "holds a run already" in again.stderr
    assert trained(root, "extraction.toml", out, "--resume").returncode == 0
    other = trained(root, "extraction.toml", out, "--resume", "--set", "method.rank=8")
    assert "begun by another recipe" in " ".join(other.stderr.split())


@pytest.mark.slow
def test_replies_are_taught_by_what_people_sent(root: Path, tmp_path: Path) -> None:
    done = trained(root, "replies.toml", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()]
    ready = next(event for event in events if event["event"] == "ready")
    assert (ready["counts"], ready["held_out"]) == ({"pairs.jsonl": 3}, 1)
    margins = [e["scores"]["replies/margin"] for e in events if e["event"] == "scored"]
    assert margins[0] == pytest.approx(0, abs=0.02)
    assert margins[-1] > margins[0] + 0.05


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("task=talk", "task cannot be 'talk'"),
        ("base.bits=8", "base.bits"),
        ("methods.kind=lora", "did you mean 'method'"),
        ("method.kind=adalora", "known: dora, full, lora"),
        ("data.0.labelled_by=earlier", "labels of people alone"),
        ("base.model=nobody", "no language model 'nobody'"),
    ],
)
def test_a_wrong_recipe_is_told_before_anything_begins(
    root: Path, tmp_path: Path, change: str, words: str
) -> None:
    def begin() -> None:
        recipe = load_decoder_recipe(root / "extraction.toml", (change,))
        begin_decoder(DecoderJob(recipe, root, tmp_path / "run"))

    with pytest.raises(GuandianError, match=words):
        begin()
    assert not (tmp_path / "run").exists()


def test_options_of_other_trainings_are_refused(root: Path, tmp_path: Path) -> None:
    refused = trained(root, "extraction.toml", tmp_path / "run", "--seeds", "1,2")
    assert (refused.returncode, "knows no --seeds" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "no JSON"),
        ("[]", "no object"),
        ('{"kind": "review", "sent": 1}', "has no text under 'review'"),
        ('{"kind": "message"}', "no pair that teaches"),
    ],
)
def test_pairs_that_are_none_are_told(tmp_path: Path, line: str, words: str) -> None:
    from guandian.training.decoding.preferences import read_preferences

    path = tmp_path / "pairs.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(GuandianError, match=words):
        read_preferences(path)
