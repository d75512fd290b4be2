"""Smaller forms of a tiny model: made, trained, judged, gone on with, refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from tests.cli.called import called
from tests.tiny_base import reviews, write_base

import guandian
from guandian.bundle import Bundle, precision_of
from guandian.data import write_own
from guandian.errors import GuandianError
from guandian.experiments.ladder.ladder_picture import draw_ladder
from guandian.experiments.ladder.standings import MODEL, NetworkShape, RungStanding, Standings
from guandian.export.parity import parity_of_counts
from guandian.recipes.recipe import load_recipe
from guandian.tracking.events import ignore
from guandian.tracking.subprocesses import Cost

SHAPE = NetworkShape(6, 72, 1536, 34756, 24_000_000)
RECIPE = """
name = "own"
categories = "own"
holdout = 0.0
data = [{ corpus = "train.jsonl" }]
base = { model = "tiny-bert" }
optimisation = { epochs = 30, batch_texts = 8, learning_rate = 4e-3, head_learning_rate = 4e-3 }
evaluation = { corpora = ["dev.jsonl"], every = 1000 }
"""


def standing(
    name: str, right: float, rate: float, megabytes: float, worse: int = 0
) -> RungStanding:
    """A rung that gets `right` of 1,000 reviews as the model does, and the others wrong."""
    rng = np.random.default_rng(1)
    before = np.stack([(rng.random(1000) < 0.8), np.ones(1000), np.ones(1000)], 1).astype(np.int64)
    after = before.copy()
    after[: round(1000 * (1 - right)), 0] = 0
    return RungStanding(
        name, f"ladder/{name}", SHAPE, "int8", megabytes, 0.2, 0, Cost(),
        parity_of_counts({"guandian-wide": before}, {"guandian-wide": after}), rate,
    )  # fmt: skip


def side_by_side(*rungs: RungStanding) -> Standings:
    return Standings("tiny@1.0.0", (standing(MODEL, 1.0, 100, 28), *rungs), 300, {})


def test_the_quickest_that_is_proven_is_taken_and_nearly_so_the_smallest() -> None:
    standings = side_by_side(
        standing("small", 1.0, 99, 14),
        standing("quick", 0.999, 150, 22),
        standing("as-quick-and-small", 1.0, 148, 12),
        standing("quicker-and-worse", 0.9, 300, 10),
    )
    assert standings.pick.name == "as-quick-and-small"
    assert [row.passed for row in standings.rows] == [True, True, True, True, False]
    why = standings.why().en
    assert "take as-quick-and-small" in why and "1.48 times" in why
    assert "surely worse: quicker-and-worse" in why
    told = standings.to_json()
    assert told["pick"] == "as-quick-and-small" and len(told["rungs"]) == 5
    assert told["rungs"][-1]["sets"]["pooled"]["change"]["value"] < -0.05


def test_one_in_doubt_is_not_taken_and_the_model_stays_where_none_is_proven() -> None:
    doubtful = standing("doubtful", 0.989, 200, 12)
    assert doubtful.passed and not doubtful.proven
    standings = side_by_side(doubtful)
    assert standings.pick.name == MODEL
    assert (
        "stay with the model" in standings.why().en and "in doubt: doubtful" in standings.why().en
    )
    assert standings.why().zh.startswith("仍用原模型")


def test_the_picture_is_the_same_each_time_and_inert() -> None:
    rung = standing("layers-4", 0.99, 150, 22)
    standings = replace(side_by_side(rung), of="<script>alert(1)</script>$\\sum$")
    drawn = draw_ladder(standings, "svg")
    assert drawn == draw_ladder(standings, "svg")
    assert not HTMLParser(drawn.decode()).css("script")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with texts, a base, and a bundle that has learned the texts."""
    from guandian.pipelines import train_bundle

    folder = tmp_path_factory.mktemp("ladder")
    write_own(reviews()[:40], folder / "train.jsonl")
    write_own(reviews()[40:], folder / "dev.jsonl")
    (folder / "own.toml").write_text(RECIPE, encoding="utf-8")
    write_base(folder / "models" / "tiny-bert")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("guandian.export.quantize.SMALLEST", 256)
        train_bundle(load_recipe(folder / "own.toml"), folder, folder / "runs" / "own", ignore)
    return folder


def test_rungs_without_training_are_cut_and_judged(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr("guandian.export.quantize.SMALLEST", 256)
    rungs = "int4,layers-1+untrained,heads-50+width-50+untrained"
    line = ["compress", "runs/own", "--root", ".", "--recipe", "own.toml", "-o", "cut"]
    done = called(*line, "--rungs", rungs, language="en")
    assert done.returncode == 0, done.stderr
    rows = json.loads(Path("cut/ladder.json").read_text("utf-8"))["rungs"]
    shapes = [(row["shape"]["layers"], row["shape"]["heads"]) for row in rows]
    assert shapes == [(2, 8), (2, 8), (1, 4), (2, 4)]
    assert len({row["megabytes"] for row in rows}) == 4 and not any(r["tokens"] for r in rows)
    assert all(name in done.stdout for name in ("int4", "layers-1-untrained", "width-50"))


@pytest.mark.slow
def test_rungs_are_made_judged_and_gone_on_with(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr("guandian.export.quantize.SMALLEST", 256)
    line = ["compress", "runs/own", "--root", ".", "--recipe", "own.toml", "--tokens", "1500"]
    rungs = "int4,layers-1+heads-50+width-50+vocabulary-70"
    first = called(*line, "--rungs", rungs, language="en")
    assert first.returncode == 0, first.stderr
    for words in ("layers-1-heads-50-width-50-vocabulary-70: training", "int4: judging"):
        assert words in first.stderr
    assert "judged on 20 reviews" in first.stdout
    figures = json.loads(Path("ladder/ladder.json").read_text("utf-8"))
    model, four, small = figures["rungs"]
    assert four["precision"] == "int4" and four["megabytes"] < model["megabytes"]
    assert small["shape"] | {"parameters": 0, "vocabulary": 0} == {
        "layers": 1, "heads": 2, "width": 32.0, "vocabulary": 0, "parameters": 0,
    }  # fmt: skip
    assert small["shape"]["vocabulary"] < model["shape"]["vocabulary"]
    assert small["processor_minutes"] > 0 and small["tokens"] == 1500
    assert not list(Path("ladder/starts").iterdir())
    assert Path("ladder/ladder.svg").read_bytes().startswith(b"<?xml")
    assert "holds something already" in called(*line, "--rungs", rungs).stderr
    more = called(*line, "--rungs", f"{rungs},float16", "--resume", language="en")
    assert more.returncode == 0, more.stderr
    assert more.stderr.count("finished before") == 2 and "judging" in more.stderr
    other = called(*line[:-1], "999", "--rungs", rungs, "--resume", language="en")
    assert other.returncode == 2 and "a ladder of another kind: tokens differs" in other.stderr
    ladder = guandian.compress(
        "runs/own", ".", "ladder", f"{rungs},float16", 1500, recipe="own.toml"
    )
    assert ladder.names == ["model", "int4", "layers-1-heads-50-width-50-vocabulary-70", "float16"]
    assert ladder.open("int4").mine("屏幕很清晰").text == "屏幕很清晰"
    assert precision_of(Bundle.open("ladder/float16/bundle")) == "float16"
    assert "tuple F1" in repr(ladder) and "<img" in ladder._repr_html_()
    with pytest.raises(GuandianError, match=r"no rung 'int2'\n.*int4"):
        ladder.open("int2")


def test_what_cannot_be_is_refused_before_anything_is_made(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    line = ["compress", "runs/own", "-o", "refused"]
    for more, words in (
        (["--rungs", "half"], "'half' in 'half' means nothing"),
        (["--rungs", "int4", "--root", "nowhere"], "no folder nowhere"),
        (["--rungs", "int4", "--plan", "nowhere.toml"], "no recipe at nowhere.toml"),
        (["--rungs", "int4"], "no set to learn from in"),
        (["--rungs", "layers-3", "--recipe", "own.toml"], "asks for 3 layers, and own@1.0.0 has 2"),
    ):
        done = called(*line, *more, language="en")
        assert done.returncode in (1, 2) and words in done.stderr, done.stderr
        assert not Path("refused/ladder.json").exists()


def test_a_folder_of_something_else_stays_as_it_is(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    Path("kept").mkdir()
    Path("kept/notes.txt").write_text("own\n", encoding="utf-8")
    line = ["compress", "runs/own", "--root", ".", "--recipe", "own.toml", "--rungs", "int4"]
    done = called(*line, "-o", "kept", "--resume", language="en")
    assert done.returncode == 2 and "holds something else than a ladder" in done.stderr
    assert [path.name for path in Path("kept").iterdir()] == ["notes.txt"]
