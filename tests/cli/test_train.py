from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.trainings import RECIPE
from tests.tiny_base import reviews, write_base

from guandian.bundle import Bundle, precision_of, shipped
from guandian.cli import main as cli
from guandian.cli.runners.training_results import tell_bundle
from guandian.data import write_own
from guandian.domain import Polarity
from guandian.pipelines.train import TrainedRun
from guandian.tracking.console import Watching
from guandian.tracking.events import Event, Phase, Stepped
from guandian.tracking.status import open_folder_of_run
from guandian.training import loop


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a recipe, own files and a base."""
    write_own(reviews()[:40], tmp_path / "train.jsonl")
    dev = [replace(r, quads=None, sentiment=Polarity.POSITIVE) for r in reviews()[50:]]
    write_own(dev, tmp_path / "dev.jsonl")
    (tmp_path / "own.toml").write_text(RECIPE, encoding="utf-8")
    write_base(tmp_path / "models" / "tiny-bert")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    """Call `guandian train` in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["guandian", "train", *args])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


@pytest.fixture
def learned_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C when all is learned: what follows, the export, takes the longest of so small a run."""
    show = Watching.__call__

    def stop(watch: Watching, event: Event) -> None:
        show(watch, event)
        if event == Phase("confidence"):
            raise KeyboardInterrupt

    with monkeypatch.context() as pressed:
        pressed.setattr(Watching, "__call__", stop)
        yield


@pytest.mark.slow
def test_an_interrupted_run_tells_how_to_go_on_and_does(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    show = Watching.__call__

    def stop(watch: Watching, event: Event) -> None:
        show(watch, event)
        if isinstance(event, Stepped) and event.step == 7:
            raise KeyboardInterrupt

    with monkeypatch.context() as pressed:
        pressed.setattr(Watching, "__call__", stop)
        assert train(monkeypatch, "own.toml", "--set", "seed=5") == 130
    said = capsys.readouterr().err
    assert "interrupted at step 7" in said
    assert "checkpoint: 6" in said
    again = re.search(r"go on with: guandian train (.*)", said)
    assert again
    assert again[1] == "own.toml --set seed=5 --resume"
    run = place / "runs" / "own"
    assert not (run / "bundle").exists()

    assert train(monkeypatch, "own.toml", "--resume") == 2
    told = capsys.readouterr().err
    assert "begun by another recipe; seed: 5 then, 1 now" in told and "no run at" not in told
    assert train(monkeypatch, *again[1].split()) == 0
    told = capsys.readouterr()
    assert "done: own@1.0.0 → runs/own/bundle" in told.out
    assert "sentiment " in told.err
    assert "the confidence needs 200 candidate opinions to be fitted" in told.err
    manifest = json.loads((run / "bundle" / "manifest.json").read_text("utf-8"))
    assert manifest["parity"] == {}  # no opinions to compare the two forms on
    assert "40 条文本 texts" in told.err
    events = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    steps = [event["step"] for event in events if event["event"] == "stepped"]
    assert steps == list(range(1, 11))[:7] + list(range(7, 11))
    assert {"started", "phase", "ready", "scored", "saved"} <= {event["event"] for event in events}
    assert json.loads((run / "recipe.json").read_text("utf-8"))["seed"] == 5

    assert train(monkeypatch, *again[1].split()) == 0
    again = capsys.readouterr().out
    assert "finished before: own@1.0.0" in again and "of float32" not in again
    assert train(monkeypatch, "own.toml", "--set", "seed=5") == 2
    assert "holds a run already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("full_at", "kept", "repair"),
    [
        (1, "", "run the same command again"),
        (2, "; the checkpoint of before is kept", "run the same command with --resume"),
    ],
)
def test_a_full_disk_tells_what_is_kept(
    full_at: int,
    kept: str,
    repair: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A limit on how far files grow stands for the disk."""
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    show, before = Watching.__call__, resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(watch: Watching, event: Event) -> None:
        show(watch, event)
        if isinstance(event, Stepped) and event.step == full_at:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))

    monkeypatch.setattr(Watching, "__call__", fill)
    try:
        assert train(monkeypatch, "own.toml") == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    said = capsys.readouterr().err
    written = "runs/own/checkpoint.new/model.safetensors"
    assert f"cannot write {written}: File too large{kept}\n  make room in runs/own" in said
    assert repair in said
    assert not (place / "runs" / "own" / "checkpoint.new").exists()
    state = place / "runs" / "own" / "checkpoint" / "state.json"
    assert bool(kept) == (state.is_file() and json.loads(state.read_text("utf-8"))["step"] == 1)


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """What pressing it does; the workers of pytest-xdist ignore it otherwise."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_keeps_the_step_that_it_falls_into(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ctrl_c: Callable[[], None],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    show = Watching.__call__

    def press(watch: Watching, event: Event) -> None:
        show(watch, event)
        if isinstance(event, Stepped) and event.step == 3:
            ctrl_c()

    with monkeypatch.context() as pressed:
        pressed.setattr(Watching, "__call__", press)
        assert train(monkeypatch, "own.toml") == 130
    said = capsys.readouterr().err
    assert "press again to stop at once" in said
    assert re.search(
        r"^中断于第 3 步 interrupted at step 3; 检查点 checkpoint: 3; "
        r"继续 go on with: guandian train own.toml --resume$",
        said,
        re.MULTILINE,
    )
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    capsys.readouterr()
    request.getfixturevalue("learned_alone")
    assert train(monkeypatch, "own.toml", "--resume") == 130
    log = (place / "runs" / "own" / "log.jsonl").read_text("utf-8")
    events = [json.loads(line) for line in log.splitlines()]
    assert [each["step"] for each in events if each["event"] == "stepped"] == list(range(1, 11))
    (resumed,) = (each for each in events if each["event"] == "resumed")
    assert (resumed["step"], resumed["steps"]) == (3, 10)
    assert "从第 3 步继续 going on behind step 3/10\n" in capsys.readouterr().err


@pytest.mark.usefixtures("learned_alone")
def test_ctrl_c_in_the_export_keeps_what_patience_has_ended(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = [f"optimisation.{part}learning_rate=1e-12" for part in ("", "head_")]
    ended += ["evaluation.every=1", "evaluation.patience=2"]
    asked = ["own.toml", *(word for change in ended for word in ("--set", change))]
    assert train(monkeypatch, *asked) == 130
    said = capsys.readouterr().err
    place_told = "interrupted after step 3, fitting the confidence; "
    assert f"{place_told}检查点 checkpoint: 3; 继续 go on with: guandian train" in said
    assert "scorings without a better one: 2; ended at step 3 of 10\n" in said
    assert train(monkeypatch, *asked, "--resume") == 130
    said = capsys.readouterr().err
    assert f"{place_told}保留此前的检查点 the checkpoint of before is kept; " in said
    assert "going on behind step 3/10, 最好 best " in said
    log = (place / "runs" / "own" / "log.jsonl").read_text("utf-8")
    events = [json.loads(line) for line in log.splitlines()]
    assert [each["step"] for each in events if each["event"] == "scored"] == [1, 2, 3]


def test_ctrl_c_before_anything_is_kept_says_so(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ctrl_c: Callable[[], None],
) -> None:
    show = Watching.__call__

    def press(watch: Watching, event: Event) -> None:
        show(watch, event)
        if isinstance(event, Stepped):
            for _ in range(2):  # the second time it is meant at once
                ctrl_c()

    with monkeypatch.context() as pressed:
        pressed.setattr(Watching, "__call__", press)
        assert train(monkeypatch, "own.toml") == 130
    said = capsys.readouterr().err
    assert re.search(
        r"interrupted at step \d; 什么也没有保留 nothing is kept; "
        r"重新开始 begin again with: guandian train own.toml$",
        said,
        re.MULTILINE,
    )
    assert not (place / "runs" / "own").exists()


def test_ctrl_c_while_the_data_is_read_leaves_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def press(watch: Watching, event: Event) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Watching, "__call__", press)
    for more in ((), ("--seeds", "1,2")):
        assert train(monkeypatch, "own.toml", *more, "--resume") == 130
        again = " ".join(("guandian train own.toml", *more))
        assert (
            "在第一步之前中断 interrupted before the first step; 什么也没有保留 nothing is kept; "
            f"重新开始 begin again with: {again}\n"
        ) in capsys.readouterr().err
        assert not any((place / "runs").rglob("*"))


@pytest.mark.parametrize("more", [(), ("--seeds", "1,2")])
def test_a_training_that_fails_at_its_start_leaves_nothing(
    place: Path,
    more: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lacking = ("--set", "data.0.corpus=gone.jsonl")
    late = ("--set", 'data.0.leave_out=["sound"]')  # told when the set has been read
    for change in (lacking, late):
        assert train(monkeypatch, "own.toml", *more, *change) == 2
        assert not any((place / "runs").rglob("*"))
    said = capsys.readouterr().err
    assert "there is no gone.jsonl\n" in said
    assert "train.jsonl has no group 'sound'" in said


@pytest.mark.usefixtures("learned_alone")
def test_a_run_is_not_given_up_for_one_that_cannot_begin(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(monkeypatch, "own.toml", "--set", "optimisation.epochs=0.3") == 130
    best = place / "runs" / "own" / "best.safetensors"
    before = best.read_bytes()
    for change in ("data.0.corpus=gone.jsonl", 'data.0.leave_out=["sound"]', "base.layers=9"):
        assert train(monkeypatch, "own.toml", "--overwrite", "--set", change) == 2
        assert best.read_bytes() == before


@pytest.mark.usefixtures("learned_alone")
def test_a_training_that_breaks_says_so_wherever_runs_are_shown(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    settings = ("optimiser=sgd", "learning_rate=100", "clip=1e9")  # without a bound to a step
    breaks = [word for name in settings for word in ("--set", f"optimisation.{name}")]
    assert train(monkeypatch, "own.toml", *breaks) == 2
    assert "the loss is not a number" in capsys.readouterr().err
    run = open_folder_of_run(place / "runs" / "own")
    assert run.state == "failed"
    assert run.failure.startswith("the loss is not a number at step ")
    assert train(monkeypatch, "own.toml", "--set", "optimisation.epochs=0.3") == 130
    assert open_folder_of_run(place / "runs" / "own").state == "interrupted"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("none.toml",), r"no recipe at none\.toml\n.*own\.toml"),
        (("own.toml", "--set", "optimisation.epoch=1"), r"unknown key 'optimisation\.epoch'"),
        (("own.toml", "--root", "elsewhere"), r"no folder elsewhere\n.*--root"),
        (
            ("own.toml", "--set", "base.model=gone"),
            r"no base model 'gone': not in gone, mod",
        ),
        (("own.toml", "--set", "data.0.corpus=makeup"), r"no data set 'makeup'\n.*make-up"),
        (
            ("own.toml", "--set", "data.0.corpus=make-up"),
            r"there is no make-up \(zhijiang",
        ),
        (("own.toml", "--set", "data.0.corpus=gone.jsonl"), r"there is no gone\.jsonl"),
        (("own.toml", "--resume", "--overwrite"), "exclude each other"),
        (("own.toml", "-o", "."), r"\. is not a run's folder"),
        (
            ("own.toml", "--resume", "--set", "base.model=gone"),
            r"there is no run at runs/own to go on with, so one begins\n(.|\n)*no base model",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_repair(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    words: str,
) -> None:
    assert train(monkeypatch, *args) == 2
    said = capsys.readouterr().err
    assert re.search(words, said), said
    assert "Traceback" not in said


def test_training_without_its_packages_names_them(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("guandian.pipelines.train.find_spec", {}.get)
    assert train(monkeypatch, "own.toml") == 2
    assert "pip install 'guandian[train]'" in capsys.readouterr().err


STAGED = """
[[stages]]
name = "mood"
method = { kind = "lora", rank = 2 }
"""


@pytest.mark.slow
def test_a_dry_run_tells_of_each_training_and_leaves_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "own.toml").write_text(RECIPE + STAGED, encoding="utf-8")
    before = sorted(place.rglob("*"))
    assert train(monkeypatch, "own.toml", "--dry-run", "--json", "told.json") == 0
    assert sorted(place.rglob("*")) == sorted([*before, place / "told.json"])
    said = capsys.readouterr().out
    for word in ("mood", "own", "lora, ", "步数", "optimiser", "rate of 5 real steps"):
        assert word in said
    stage, own = json.loads((place / "told.json").read_text(encoding="utf-8"))["trainings"]
    assert stage["parameters"]["added"] > 0 == own["parameters"]["added"]
    assert own["parameters"]["learned"] == own["parameters"]["all"] == own["bytes"]["gradients"] / 4
    assert own["bytes"]["optimiser"] == pytest.approx(2 * own["bytes"]["gradients"], rel=0.01)
    assert own["steps"] == 10
    assert own["pace"]["by"] == "steps"
    assert own["minutes"]["clock"] > 0 < own["scoring_minutes"]["clock"]


@pytest.mark.parametrize(
    ("launched", "args", "told"),
    [
        (False, ("--json", "told.json"), "--json tells what --dry-run finds"),
        (False, ("--dry-run", "--seeds", "1,2"), "what one training takes"),
        (False, ("--dry-run", "--workers", "2"), "what one process takes"),
        (False, ("--dry-run", "--parallel", "shards"), "what one process takes"),
        (False, ("--dry-run", "--set", "base.layers=9"), "asks for 9 layers"),
        (True, ("--dry-run",), "leave --workers"),
        (True, ("--workers", "2"), "a launcher has started this one"),
    ],
)
def test_what_does_not_go_together_is_refused(
    launched: bool,
    args: tuple[str, ...],
    told: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if launched:
        monkeypatch.setenv("WORLD_SIZE", "2")
    assert train(monkeypatch, "own.toml", *args) == 2
    assert told in capsys.readouterr().err


@pytest.mark.slow
def test_too_much_is_refused_at_once_and_too_little_is_told_before(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.process_time()
    for change, words in (
        ("optimisation.epochs=1e9", "optimisation.epochs takes a number of 10000 or less, found"),
        ("data.0.times=1000000000", "data.0.times takes a number of 1000 or less, found"),
        ("optimisation.batch_tokens=1e30", "optimisation.batch_tokens takes a whole number"),
    ):
        assert train(monkeypatch, "own.toml", "--dry-run", "--set", change) == 2
        assert words in capsys.readouterr().err
    many = ("--set", "optimisation.epochs=10000", "--set", "data.0.times=1000")
    assert train(monkeypatch, "own.toml", "--dry-run", *many) == 2
    assert re.search(
        r"own would see 400,000,000 texts in 10000 epochs, and 50,000,000 are the most\n.*lower",
        capsys.readouterr().err,
    )
    assert time.process_time() - began < 20
    assert train(monkeypatch, "own.toml", "--dry-run") == 0
    said = capsys.readouterr().err
    assert "2 epochs of 40 texts are 10 steps alone" in said
    assert "set optimisation.epochs = 20\n" in said
    assert train(monkeypatch, "own.toml", "--dry-run", "--set", "optimisation.epochs=20") == 0
    assert "too few to learn much" not in capsys.readouterr().err


def test_figures_of_model_and_bundle_say_why_they_differ_from_those_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_bundle(TrainedRun(Bundle.open(shipped()), fresh=True, main=True))
    shown = capsys.readouterr().out
    assert "pooled" in shown and "those of model and bundle are of float32" in shown


@pytest.mark.slow
def test_a_bundle_may_keep_its_weights_whole_also_afterwards(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("guandian.export.quantize.SMALLEST", 256)  # the base is tiny
    whole = ("own.toml", "--resume", "--precision", "float32")
    run = place / "runs" / "own"
    assert train(monkeypatch, "own.toml", "--set", "optimisation.epochs=0.3") == 0
    assert precision_of(Bundle.open(run / "bundle")) == "int8"
    small = (run / "bundle" / "weights.safetensors").stat().st_size
    assert train(monkeypatch, *whole, "--set", "optimisation.epochs=0.3") == 0
    assert precision_of(Bundle.open(run / "bundle")) == "float32"
    assert (run / "bundle" / "weights.safetensors").stat().st_size > 2 * small
    capsys.readouterr()
    assert train(monkeypatch, *whole, "--set", "optimisation.epochs=0.3") == 0
    assert "finished before: own@1.0.0" in capsys.readouterr().out


@pytest.mark.slow
def test_a_run_may_have_a_chinese_name(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    named = RECIPE.replace('"own"', '"耳机-2026"', 1) + STAGED.replace("mood", "情感")
    (place / "耳机.toml").write_text(named, encoding="utf-8")
    assert train(monkeypatch, "耳机.toml") == 0
    told = capsys.readouterr()
    assert "done: 耳机-2026@1.0.0 → runs/耳机-2026/bundle" in told.out
    run = place / "runs" / "耳机-2026"
    assert (run / "stage-1-情感" / "best.safetensors").is_file()
    assert "耳机-2026" in (run / "curves.html").read_text("utf-8")
    assert (run / "curves.png").is_file()
    assert "too few to learn much" in told.err
    assert (run / "log.jsonl").read_text("utf-8").count('"event": "few"') == 2


def test_a_dry_run_needs_no_weights(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "models" / "tiny-bert" / "model.safetensors").unlink()
    changes = ("--set", "method.kind=frozen", "--set", "optimisation.epochs=0.25")
    assert train(monkeypatch, "own.toml", "--dry-run", "--json", "told.json", *changes) == 0
    said = capsys.readouterr()
    assert "products of matrices as wide" in said.out
    assert "states of frozen layers on disk" in said.out
    (told,) = json.loads((place / "told.json").read_text(encoding="utf-8"))["trainings"]
    assert f"{told['tokens_an_epoch']:,} tokens an epoch" in said.err
