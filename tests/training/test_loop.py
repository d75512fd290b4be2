from __future__ import annotations

import signal
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.tiny_base import model, pieces
from tests.training.fixtures import REVIEWS, SPEC, prepared, recipe

from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import FEW_STEPS
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.targets import annotate
from guandian.tracking.events import Ended, Event, Resumed, Saved, Scored, Stepped, ignore
from guandian.tracking.run_folder import has_learned
from guandian.training import checkpoint, loop
from guandian.training.data.dataset import Prepared
from guandian.training.loop import few, schedule, train
from guandian.training.step import TrainingInputs
from guandian.training.validation import dev_scores

KILLED = """
import os, sys
from pathlib import Path
from tests.training.killed_runs import killed
for where in ("after", "amid"):
    child = os.fork()
    if not child:
        killed(Path(sys.argv[1]) / where, where)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def run(folder: Path, asked: Recipe | None = None, dev: bool = True) -> list[Event]:
    events: list[Event] = []
    network = model(SPEC, seed=3)
    train(
        asked or recipe(), TrainingInputs(network, pieces(), prepared(dev)), folder, events.append
    )
    assert not network.training
    return events


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    run(folder)
    return folder


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs that were killed."""
    folder = tmp_path_factory.mktemp("killed")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)],
        cwd=Path(__file__).resolve().parents[2], stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [str(-signal.SIGKILL)] * 2
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("where", ["after", "amid"])
def test_a_killed_run_goes_on_to_the_same_bytes(whole: Path, cut_off: Path, where: str) -> None:
    folder = cut_off / where
    assert (folder / "checkpoint").exists() == (where == "after")
    events = run(folder)
    steps = [event.step for event in events if isinstance(event, Scored)]
    assert steps
    assert steps[0] > 4  # it did not begin anew
    (resumed,) = [event for event in events if isinstance(event, Resumed)]
    assert 0 < resumed.step < steps[0] <= resumed.steps
    for name in ("best.safetensors", "checkpoint/model.safetensors"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name


def test_another_seed_gives_other_bytes(whole: Path, tmp_path: Path) -> None:
    run(tmp_path, recipe(seed=2))
    other = (tmp_path / "best.safetensors").read_bytes()
    assert other != (whole / "best.safetensors").read_bytes()


def test_a_finished_run_only_gives_its_best_weights_again(whole: Path) -> None:
    before = (whole / "best.safetensors").read_bytes()
    network = model(SPEC, seed=9)
    events: list[Event] = []
    train(recipe(), TrainingInputs(network, pieces(), prepared()), whole, events.append)
    total = len(schedule(recipe(), prepared()))
    assert [(e.step, e.steps) for e in events if isinstance(e, Resumed)] == [(total, total)]
    assert len(events) == 1
    assert (whole / "best.safetensors").read_bytes() == before
    best = load_file(whole / "best.safetensors")
    assert all(torch.equal(tensor, best[name]) for name, tensor in network.state_dict().items())


def test_a_teacher_is_imitated(tmp_path: Path) -> None:
    teacher = model(SPEC, seed=7)
    example = torch.from_numpy(annotate(REVIEWS[0], pieces(), SPEC)[0].ids)[None]
    apart = {}
    for weight in (None, 1.0):
        asked = recipe(
            weights=dict.fromkeys(("spans", "pairs", "category", "polarity"), 0.0)
            | {"implicit": 0.0, "sentiment": 0.0},
            distillation=weight and {"teacher": "bundle", "weight": weight},
        )
        network = model(SPEC, seed=3)
        events: list[Event] = []
        folder = tmp_path / str(weight)
        train(
            asked,
            TrainingInputs(network, pieces(), prepared(False), teacher),
            folder,
            events.append,
        )
        with torch.inference_mode():
            spans = [one(example)["spans"] for one in (network, teacher)]
        apart[weight] = float((spans[0] - spans[1]).abs().mean())
        stepped = [event for event in events if isinstance(event, Stepped)]
        assert ("imitation" in stepped[-1].losses) == (weight is not None)
    assert apart[1.0] < 0.8 * apart[None]


def test_a_batch_that_tells_nothing_is_passed_over(tmp_path: Path) -> None:
    known = prepared(False)
    silent = [
        replace(item, known=(False,) * len(item.known), readings=None, sentiment=-1)
        for item in known.examples
    ]
    events: list[Event] = []
    data = Prepared([*known.examples[:1], *silent[1:]], known.times, {})
    asked = recipe(optimisation={"batch_texts": 1, "epochs": 1})
    train(asked, TrainingInputs(model(SPEC, seed=3), pieces(), data), tmp_path, events.append)
    assert (tmp_path / "best.safetensors").exists()


def test_events_tell_steps_scores_and_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 3)
    events = run(tmp_path)
    total = len(schedule(recipe(), prepared()))
    stepped = [event for event in events if isinstance(event, Stepped)]
    assert [event.step for event in stepped] == sorted({*range(3, total, 3), total})
    assert all(event.steps == total and event.tokens_per_second > 0 for event in stepped)
    assert {"spans", "pairs", "category", "polarity"} <= set(stepped[-1].losses)
    assert stepped[-1].losses["spans"] < stepped[0].losses["spans"]
    scored = [event for event in events if isinstance(event, Scored)]
    assert [event.step for event in scored] == [*range(4, total, 4), total]
    assert scored[0].best
    assert {"own/quad", "own/triplet", "own/expression"} <= set(scored[0].scores)
    assert isinstance(events[-1], Saved)


def test_it_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    slow = recipe(
        optimisation={"learning_rate": 1e-12, "head_learning_rate": 1e-12},
        evaluation={"every": 1, "patience": 3, "most": 1},
    )
    scored = [event for event in run(tmp_path, slow) if isinstance(event, Scored)]
    assert [event.best for event in scored] == [True, False, False, False]


def test_what_patience_has_ended_is_kept_and_not_trained_again(tmp_path: Path) -> None:
    slow = recipe(
        optimisation={"learning_rate": 1e-12, "head_learning_rate": 1e-12},
        evaluation={"every": 1, "patience": 3, "most": 1},
    )
    assert [event.step for event in run(tmp_path, slow) if isinstance(event, Saved)] == [4]
    assert has_learned(tmp_path)
    before = (tmp_path / "best.safetensors").read_bytes()
    again = run(tmp_path, slow)
    assert again[-1] == Ended(4, len(schedule(slow, prepared())), 3)
    assert not [event for event in again if isinstance(event, Scored | Stepped | Saved)]
    assert (tmp_path / "best.safetensors").read_bytes() == before


def test_without_a_dev_part_the_last_weights_are_kept(tmp_path: Path) -> None:
    events = run(tmp_path, dev=False)
    assert not [event for event in events if isinstance(event, Scored)]
    last = (tmp_path / "checkpoint" / "model.safetensors").read_bytes()
    assert (tmp_path / "best.safetensors").read_bytes() == last


@pytest.mark.filterwarnings("ignore:.*overflow.*")
def test_a_loss_that_is_no_number_stops_and_leaves_the_batch(tmp_path: Path) -> None:
    network = model(SPEC, seed=3)
    with torch.no_grad():
        network.heads.category.weight.fill_(float("nan"))
    with pytest.raises(GuandianError, match=r"not a number at step 1:.*\n.*learning_rate") as error:
        train(recipe(), TrainingInputs(network, pieces(), prepared()), tmp_path, ignore)
    batch = tmp_path / "broken-batch-0.safetensors"
    assert str(batch) in str(error.value)
    first = schedule(recipe(), prepared())[0]
    assert load_file(batch)["ids.0"].shape[0] == len(first[0])
    assert not (tmp_path / "checkpoint").exists()


def test_weights_of_another_model_are_refused(whole: Path) -> None:
    other = model(HeadSpec(("taste",)))
    with pytest.raises(GuandianError, match="does not fit the recipe's model"):
        checkpoint.load_weights(whole / "best.safetensors", other)


def test_damaged_weights_are_told(tmp_path: Path) -> None:
    (tmp_path / "best.safetensors").write_bytes(b"")
    with pytest.raises(GuandianError, match=r"is damaged or does not fit.*\n.*--overwrite"):
        checkpoint.load_weights(tmp_path / "best.safetensors", model(HeadSpec(("taste",))))


def test_the_schedule_shows_each_text_as_often_as_asked() -> None:
    data = prepared()
    asked = recipe(optimisation={"epochs": 2.5})
    shown = np.bincount([k for step in schedule(asked, data) for k in step[0]])
    assert (shown >= 2 * data.times).all()
    assert (shown <= 3 * data.times).all()
    assert shown.sum() == 2 * data.times.sum() + round(0.5 * data.times.sum())
    assert schedule(asked, data) == schedule(asked, data)
    assert schedule(asked, data) != schedule(recipe(optimisation={"epochs": 2.5}, seed=2), data)


def test_a_schedule_of_too_many_steps_or_texts_is_not_made() -> None:
    data = prepared()
    asked = recipe(optimisation={"epochs": 10_000, "batch_texts": 1})
    with pytest.raises(
        GuandianError, match=r"tiny asks for about 1,\d+,000 steps, and 1,000,000 are"
    ):
        schedule(asked, replace(data, times=data.times * 10))
    with pytest.raises(GuandianError, match=r"tiny would see .* texts in 10000 epochs"):
        schedule(asked, replace(data, times=data.times * 1000))


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 1, "batch_texts": 4},
        {"epochs": 3, "batch_texts": None, "batch_tokens": 1600},
        {"epochs": 0.5, "batch_texts": 30, "accumulate": 4},
    ],
)
def test_too_few_steps_are_told_with_what_gives_enough(settings: dict[str, Any]) -> None:
    data, asked = prepared(), recipe(optimisation=settings)
    warning = few(asked, data, schedule(asked, data))
    assert warning is not None
    keys = tomllib.loads(warning.remedy.replace(", ", "\n"))["optimisation"]
    better = recipe(optimisation=settings | keys)
    steps = schedule(better, data)
    assert FEW_STEPS <= len(steps) < 2 * FEW_STEPS
    assert few(better, data, steps) is None


def test_dev_scores_measure_what_is_annotated() -> None:
    network = model(SPEC).eval()
    plain = [
        review.__class__(review.id, review.text, "own", sentiment=None, quads=None, entities=())
        for review in REVIEWS[:4]
    ]
    assert list(dev_scores(network, pieces(), plain)) == ["entities"]
    assert next(iter(dev_scores(network, pieces(), REVIEWS[:1]))) == "quad"


def test_scores_are_of_a_sample_and_not_of_the_first_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, ...]] = []

    def watched(network: object, cut: object, examples: list[Labelled]) -> dict[str, float]:
        seen.append(tuple(example.id for example in examples))
        return {"quad": 0.0}

    monkeypatch.setattr(loop, "dev_scores", watched)
    run(tmp_path)
    assert len(set(seen)) == 1
    assert len(seen[0]) == 3
    assert seen[0] != tuple(review.id for review in REVIEWS[:3])
