from __future__ import annotations

import csv
import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from guandian.recipes.recipe import parse_recipe
from guandian.tracking.curves import curves_page, draw_curves, leave_curves
from guandian.tracking.events import (
    Began,
    Ended,
    Event,
    Phase,
    Read,
    Ready,
    Saved,
    Scored,
    Stepped,
)
from guandian.tracking.history import metrics_table, read_history
from guandian.tracking.run_folder import CURVES, DATA, METRICS, Log, open_run
from guandian.tracking.trackers import Tracking, open_tracker

SET = "😀$x_{,<b>.jsonl"
RECIPE = parse_recipe(
    {
        "name": "r",
        "base": {"model": "b"},
        "data": [{"corpus": "laptop"}],
        "optimisation": {"epochs": 2},
        "stages": [
            {"name": "words", "data": [{"corpus": "laptop"}], "optimisation": {"epochs": 1}}
        ],
    }
)
PART = Read("scored", SET, "dev", "", 20, "0" * 64)
EVENTS: tuple[Event, ...] = (
    Began("words", 1, 1),
    Phase("reading"),
    Ready({"laptop": 9}, {}, 0, 0, 100),
    Stepped(4, 4, {"language": 3.0}, 100.0, 1.0),
    Phase("reading"),
    Ready({"laptop": 9}, {}, 0, 0, 100, (), (PART,)),
    Stepped(5, 20, {"spans": 4.0, "pairs": 2.0}, 100.0, 1.0),
    Stepped(10, 20, {"spans": 2.0}, 300.0, 1.5),
    Scored(10, {f"{SET}/quad": 0.25}, 0.25, True),
    Stepped(20, 20, {"spans": 1.0, "pairs": 1.0}, 200.0, 1.5),
    Scored(20, {f"{SET}/quad": 0.5}, 0.5, True),
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder, its log told by hand, one line cut off and one step told again."""
    folder = tmp_path / "r"
    open_run(folder, RECIPE, "new")
    with Log(folder) as log:
        for event in EVENTS[:7]:
            log(event)
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"event": "st')
    with Log(folder) as log:
        for event in EVENTS[:2] + EVENTS[4:]:
            log(event)
    return folder


def test_each_training_of_a_run_is_told_apart(run: Path) -> None:
    history = read_history(run)
    words, own = history.trainings
    assert (words.stage, words.losses("language")) == ("words", [(4, 3.0)])
    assert (own.done, own.steps, own.best) == (20, 20, (20, 0.5))
    assert own.losses("pairs") == [(5, 2.0), (20, 1.0)]
    assert history.own is own and history.minutes < 1
    assert history.parts == [PART]
    assert [asdict(PART)] == json.loads((run / DATA).read_text("utf-8"))["parts"]
    first, second = list(own.by_epoch())
    assert first["loss.spans"] == 3.0 and first["loss.pairs"] == 2.0
    assert (first["step"], first["dev.mean"], second["dev.mean"]) == (10, 0.25, 0.5)


def test_the_epochs_of_what_patience_ended_are_those_of_the_whole_training(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    open_run(folder, RECIPE, "new")
    with Log(folder) as log:
        for step in (4, 6):
            log(Scored(step, {f"{SET}/quad": 0.5}, 0.5, step == 4))
        log(Ended(6, 10, 1))
    (own,) = read_history(folder).trainings
    assert (own.done, own.steps) == (6, 10)
    assert [row["epoch"] for row in own.by_epoch()] == [1, 2]


def test_a_log_that_calls_phases_stages_is_read_as_before(run: Path) -> None:
    """Runs by 0.5.0 and before have such ones."""
    history, log = read_history(run), run / "log.jsonl"
    rows = log.read_text("utf-8")
    assert '"event": "phase"' in rows and '"event": "stage"' not in rows
    log.write_text(rows.replace('"event": "phase"', '"event": "stage"'), encoding="utf-8")
    before = read_history(run)
    assert "phase:reading" in before.events and before == history


def test_curves_and_metrics_are_left_with_any_name(run: Path) -> None:
    leave_curves(run, "r")
    rows = list(csv.DictReader((run / METRICS).read_text("utf-8").splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "1", "2"]
    assert rows[2][f"dev.{SET}/quad"] == "0.5"
    png, svg, page = (run / name for name in CURVES)
    assert png.read_bytes().startswith(b"\x89PNG")
    assert b"</svg>" in svg.read_bytes()
    text = page.read_text("utf-8")
    assert "<svg" in text and "&lt;b&gt;" in text and "<b>.jsonl" not in text
    assert "<td>words</td>" in text and "<td>0.25</td>" in text
    assert draw_curves(read_history(run), "r", "svg") == svg.read_bytes()


def test_a_run_that_told_nothing_has_empty_curves(tmp_path: Path) -> None:
    open_run(tmp_path / "r", RECIPE, "new")
    with Log(tmp_path / "r"):
        pass
    history = read_history(tmp_path / "r")
    assert metrics_table(history) == "epoch\n"
    assert b"</svg>" in draw_curves(history, "r", "svg")
    assert "<th" in curves_page(history, "r", draw_curves(history, "r", "svg"))


class Remembering:
    def __init__(self) -> None:
        self.told: list[tuple[str, float, int]] = []
        self.finished: bool | None = None

    def parameters(self, values: object) -> None:
        del values

    def metrics(self, values: dict[str, float], step: int) -> None:
        self.told += [(name, value, step) for name, value in values.items()]

    def close(self, *, finished: bool) -> None:
        self.finished = finished


def test_trackers_are_told_of_every_training_and_how_it_ended() -> None:
    tracker = Remembering()
    with Tracking() as tracking:
        tracking.trackers.append(tracker)  # type: ignore[arg-type]
        for event in EVENTS:
            tracking(event)
    assert ("words/loss/language", 3.0, 4) in tracker.told
    assert ("loss/spans", 1.0, 20) in tracker.told
    assert ("dev/mean", 0.5, 20) in tracker.told and tracker.finished
    assert ("memory/gigabytes", 1.5, 20) in tracker.told
    tracking = Tracking()
    tracking.trackers.append(tracker)  # type: ignore[arg-type]
    tracking.__exit__(KeyboardInterrupt)
    assert tracker.finished is False


def _track(name: str, folder: Path) -> None:
    with Tracking() as tracking:
        tracking.trackers.append(open_tracker(name, folder, RECIPE))
        for event in EVENTS:
            tracking(event)


def test_tensorboard_has_the_figures(tmp_path: Path) -> None:
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    _track("tensorboard", tmp_path)
    (file,) = (tmp_path / "tensorboard").iterdir()
    told = {
        (value.tag, event.step)
        for event in reading.EventFileLoader(str(file)).Load()
        for value in event.summary.value
    }
    assert {("loss/spans", 20), ("dev/mean", 10), ("words/loss/language", 4)} <= told


@pytest.mark.slow
def test_wandb_writes_on_disk_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    _track("wandb", tmp_path)
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    (file,) = folder.glob("*.wandb")
    until = time.monotonic() + 30  # a process of its own writes it
    while b"words/loss/language" not in file.read_bytes() and time.monotonic() < until:
        time.sleep(0.2)
    assert b"words/loss/language" in file.read_bytes()


def test_what_a_checkpoint_holds_is_done(tmp_path: Path) -> None:
    """Of a run that was interrupted between two reports, the steps are those that are kept."""
    open_run(tmp_path / "r", RECIPE, "new")
    with Log(tmp_path / "r") as log:
        for event in (*EVENTS[:7], Saved(6, "checkpoint")):
            log(event)
    own = read_history(tmp_path / "r").trainings[-1]
    assert (own.done, own.steps) == (6, 20)
