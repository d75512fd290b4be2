"""The range test finds where a model learns and where it diverges, and draws it."""

from __future__ import annotations

import json
import re
import sys
from math import isfinite, nan
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from tests.tiny_base import model, pieces, reviews, write_base
from tests.training.fixtures import SPEC, prepared, recipe

from guandian.cli import main as cli
from guandian.data import write_own
from guandian.errors import GuandianError
from guandian.tracking.events import Event
from guandian.training.lr_finder import DIVERGED, RangeTest, RateRange, find_rate, judge, smooth
from guandian.training.lr_plot import draw_lr_curve
from guandian.training.step import TrainingInputs, TrainState, train_step

DATA = prepared(False)
WIDE = RateRange(1e-5, 1e3, 60)
RECIPE = """
name = "own"
categories = "own"
holdout = 0.0
data = [{ corpus = "train.jsonl" }]
base = { model = "tiny-bert", layers = 1 }
optimisation = { batch_texts = 8, head_learning_rate = 6e-4 }
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> RangeTest:
    asked = recipe(optimisation={"head_learning_rate": 3e-3, "batch_texts": 8})
    folder = tmp_path_factory.mktemp("rates")
    events: list[Event] = []
    with TrainState(
        asked, TrainingInputs(model(SPEC, seed=3), pieces(), DATA), WIDE.steps, folder
    ) as learner:
        learner.share = WIDE.share
        test = find_rate(learner, WIDE, events.append)
    assert len(events) == len(test.rates)
    assert not list(folder.iterdir())
    return test


def test_rates_rise_by_one_factor_and_the_heads_along(tmp_path: Path) -> None:
    asked = recipe(optimisation={"head_learning_rate": 3e-3})
    with TrainState(asked, TrainingInputs(model(SPEC), pieces(), DATA), 60, tmp_path) as learner:
        learner.share = WIDE.share
        groups = learner.optimiser.param_groups
        seen = []
        for done in (0, 1, 59):
            train_step(learner, [], done)
            seen.append({group["lr"] for group in groups})
    for step, rates in zip((0, 1, 59), seen, strict=True):
        assert sorted(rates) == pytest.approx([WIDE.rate(step), 3 * WIDE.rate(step)])
    assert WIDE.rate(0) == WIDE.lowest
    assert WIDE.rate(59) == pytest.approx(WIDE.highest)


def test_a_tiny_model_learns_below_the_rate_at_which_it_diverges(found: RangeTest) -> None:
    assert len(found.rates) < WIDE.steps  # it stopped
    assert found.steepest
    assert found.diverged
    assert 1e-4 < found.steepest < found.diverged
    assert found.suggested == min(found.steepest, found.diverged / 10)
    assert min(found.smoothed) < 0.9 * found.smoothed[0]
    told = found.to_json()
    assert told["head_learning_rate"] == pytest.approx(3 * found.suggested)
    json.dumps(told, allow_nan=False)


def test_the_curve_is_judged_as_it_says() -> None:
    """On a valley whose steepest place and whose doubling are known."""
    rates = tuple(10.0 ** (k / 10 - 6) for k in range(60))
    falls = 2 - np.tanh((np.arange(60) - 25) / 4)
    curve = np.where(np.arange(60) > 45, 1.0 + (np.arange(60) - 45) * 0.25, falls)
    test = judge(rates, 2.0, tuple(curve), curve, None)
    assert test.steepest == pytest.approx(rates[25])
    assert test.diverged == pytest.approx(rates[45 + int(np.ceil((DIVERGED - 1) / 0.25))], rel=0.3)
    rising = np.linspace(1, 1.5, 60)
    flat = judge(rates, 2.0, tuple(rising), rising, None)
    assert (flat.steepest, flat.diverged, flat.suggested) == (None, None, None)
    assert flat.to_json()["learning_rate"] is None


def test_heads_that_a_batch_tells_nothing_do_not_shake_the_curve() -> None:
    told = [{"spans": 2.0} | ({"sentiment": 1.0} if k % 3 else {}) for k in range(40)]
    assert smooth(told, recipe(weights={"sentiment": 0.5}), 40) == pytest.approx(np.full(40, 2.5))


@pytest.mark.parametrize(
    "asked",
    [(1e-3, 1e-3, 60), (0.0, 1.0, 60), (1e-6, 1.0, 9), (1e-6, 1.0, 10**9), (1e-6, np.inf, 60)],
)
def test_what_is_no_range_is_refused(asked: tuple[float, float, int]) -> None:
    with pytest.raises(GuandianError, match="no range of rates"):
        RateRange(*asked)


def test_the_picture_is_drawn(found: RangeTest, tmp_path: Path) -> None:
    """Also where a batch told a head nothing, and nothing diverged."""
    losses = (nan, *found.losses[1:])
    gap = RangeTest(found.rates, 1.0, losses, found.smoothed, found.steepest, None)
    assert gap.to_json()["losses"][0] is None  # type: ignore[index]
    (tmp_path / "a.png").write_bytes(draw_lr_curve(gap, "tiny", "png"))
    with Image.open(tmp_path / "a.png") as page:
        assert page.size[0] > 1000
        assert len(page.convert("RGB").getcolors(2**24) or ()) > 50
    picture = draw_lr_curve(found, "tiny", "svg")
    assert picture == draw_lr_curve(found, "tiny", "svg")
    assert ET.fromstring(picture).tag.endswith("svg")


def test_the_command_writes_figures_and_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_own(reviews()[:16], tmp_path / "train.jsonl")
    (tmp_path / "own.toml").write_text(RECIPE, encoding="utf-8")
    write_base(tmp_path / "models" / "tiny-bert")
    monkeypatch.chdir(tmp_path)

    def call(*args: str) -> int:
        monkeypatch.setattr(sys, "argv", ["guandian", "rates", "own.toml", *args])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0)

    wide = ("--steps", "30", "--lowest", "1e-5", "--highest", "100")
    assert call(*wide, "--set", "method.kind=lora") == 0
    said = capsys.readouterr().out
    suggested = re.search(r"optimisation.learning_rate=(\S+) .*head_learning_rate=(\S+)", said)
    assert suggested, said
    figures = json.loads((tmp_path / "runs/own-rates/rates.json").read_text("utf-8"))
    assert float(suggested[1]) == pytest.approx(figures["learning_rate"], rel=0.05)
    assert float(suggested[2]) == pytest.approx(2 * figures["learning_rate"], rel=0.05)
    assert all(isfinite(value) for value in figures["smoothed"])
    assert {path.name for path in (tmp_path / "runs/own-rates").iterdir()} == {
        "curve.png", "curve.svg", "rates.json",
    }  # fmt: skip
    assert call(*wide) == 2
    assert "say --overwrite" in capsys.readouterr().err
    assert call("--steps", "3", "-o", "other") == 2
    assert "no range of rates" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
